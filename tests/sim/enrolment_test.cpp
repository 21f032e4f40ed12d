// Enrolment by invite with whole stacks: a newcomer, the inviter's engine, and the way from guest to member.
#include "node/engine/enrolment.hpp"

#include <doctest/doctest.h>

#include "net/address.hpp"
#include "tests/sim/fleet.hpp"
#include "tests/support/test_identity.hpp"

namespace chord::sim {
namespace {

using namespace std::chrono_literals;
using admission::FleetItem;
using admission::Newcomer;

constexpr std::size_t kDesk = 0;
constexpr Duration kHop = 5ms;

Endpoint endpoint(std::uint8_t number) {
    Endpoint made;
    made.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, number};
    made.port = 7400;
    return made;
}

/// The desk's engine at endpoint(1), a newcomer at endpoint(2), and what flies between them.
class Office {
public:
    Office() : devices_({.desks = {kDesk}}), disk_(storage::MemoryStore::CommitMode::on_request) { open(); }

    void open() {
        EngineOptions options;
        options.node.self = Peer{devices_.id(kDesk), endpoint(1)};
        options.rpc.self = options.node.self.id;
        ++lives_;
        desk_ = devices_.engine(kDesk, lives_, options, disk_, 77 + lives_, now_);
        desk_->start(now_, wall(), {});
    }

    std::string invite(std::uint16_t uses, admission::Seconds expires_in = 3600) {
        admission::InviteOrder order;
        order.fleet_name = "farm";
        order.uses = uses;
        order.expires_in = expires_in;
        order.tag = "barn";
        order.bootstrap = {endpoint(9), endpoint(1)};  // nobody is at the first
        desk_->begin_turn(now_, wall());
        const auto made = desk_->fleet()->invite(order, test_dice(++dice_));
        REQUIRE(made.has_value());
        number_ = made->token.terms.number;
        return invite_text(*made);
    }

    /// Knocks with `invite` for so long; the newcomer at its end.
    const Enrolment& knock(const std::string& invite, std::uint64_t device, Duration how_long = 30s) {
        auto read = admission::read_invite(invite);
        REQUIRE(read.has_value());
        return knock(std::move(*read), device, how_long);
    }
    const Enrolment& knock(admission::Invite invite, std::uint64_t device, Duration how_long = 30s) {
        newcomer_.reset();
        EnrolmentOptions options;
        options.newcomer.invite = std::move(invite);
        options.newcomer.built = FleetDevices::kBegin;
        options.newcomer.seed = device;
        options.first_initiation = ++lives_ << 32;
        newcomer_ = std::make_unique<Enrolment>(std::move(options), testing::signing_key(device),
                                                testing::key_pair(device), test_dice(++dice_), now_);
        const Time end = now_ + how_long;
        while (now_ < end && newcomer_->status().state != Newcomer::State::admitted) step();
        return *newcomer_;
    }

    /// The certificate of who is let in arrives, and nothing of the desk's after it.
    void keep_the_list_back(bool back) { list_kept_back_ = back; }

    void offer(const std::vector<std::uint8_t>& list) {
        desk_->begin_turn(now_, wall());
        REQUIRE(*desk_->fleet()->offer_list(list));
    }

    void step() {
        now_ += kHop;
        steps_since_grant_ += desk_->fleet()->issued().empty() ? 0 : 1;
        const bool is_lost = list_kept_back_ && steps_since_grant_ > 1;
        if (desk_->next_deadline() <= now_) desk_->tick(now_, wall());
        if (newcomer_ && newcomer_->next_deadline() <= now_) newcomer_->tick(now_);
        disk_.commit();
        for (const Commit& commit : disk_.take_commits()) desk_->committed(now_, wall(), commit);
        for (net::Datagram& datagram : desk_->take_datagrams()) {
            if (datagram.to == endpoint(2) && newcomer_ && !is_lost)
                newcomer_->receive(now_, endpoint(1), datagram.bytes);
        }
        if (!newcomer_) return;
        for (net::Datagram& datagram : newcomer_->take_datagrams()) {
            if (datagram.to == endpoint(1)) desk_->receive(now_, wall(), endpoint(2), datagram.bytes);
        }
    }

    Engine& desk() { return *desk_; }
    FleetDevices& devices() { return devices_; }
    std::uint32_t invite_number() const { return number_; }
    Time now() const { return now_; }

private:
    WallMs wall() const {
        const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - Time{}).count();
        return WallMs{FleetDevices::kBegin * 1000 + static_cast<std::uint64_t>(since)};
    }

    FleetDevices devices_;
    Disk disk_;
    Time now_{};
    std::uint64_t lives_ = 0;
    std::uint64_t dice_ = 0;
    std::uint32_t number_ = 0;
    bool list_kept_back_ = false;
    int steps_since_grant_ = 0;
    std::unique_ptr<Engine> desk_;
    std::unique_ptr<Enrolment> newcomer_;
};

bool is_admitted(const Enrolment& newcomer) {
    return newcomer.status().state == Newcomer::State::admitted;
}

TEST_CASE("enrolment: an invite admits, with certificate, list and network key; the device begins as a member") {
    Office office;
    const Enrolment& newcomer = office.knock(office.invite(1), 500);
    REQUIRE(is_admitted(newcomer));
    const auto certificate = admission::parse_certificate(newcomer.files()[FleetItem::certificate]);
    REQUIRE(certificate.has_value());
    CHECK_EQ(certificate->content.tag, "barn");
    CHECK(is_issued_by(*certificate, office.devices().keys(kDesk).key.public_key()));
    struct NoDisk final : admission::FleetSaves {
        Status save(FleetItem, admission::View) override { return Error::io; }
    } saves;
    const auto member =
        admission::FleetMember::open({.fleet_key = office.devices().fleet().key.public_key(), .seed = 1},
                                     testing::signing_key(500), newcomer.files(), saves, Time{});
    REQUIRE(member.has_value());
    CHECK_EQ((*member)->status().list_number, 1);
    CHECK_EQ((*member)->status().network_keys, std::vector<std::uint32_t>{1});
    CHECK_EQ((*member)->id(), certificate->content.position(0));
    REQUIRE_EQ(office.desk().fleet()->issued().size(), 1);
    CHECK(office.desk().fleet()->issued().front() == *certificate);
}

TEST_CASE("enrolment: a certificate whose signer no list names is none, and the device goes on asking") {
    Office office;
    const std::string invite = office.invite(1);
    office.keep_the_list_back(true);
    const Enrolment& without = office.knock(invite, 500, 200s);
    CHECK_FALSE(is_admitted(without));
    CHECK_EQ(office.desk().fleet()->issued().size(), 1);
    office.keep_the_list_back(false);
    CHECK(is_admitted(office.knock(invite, 500)));
}

TEST_CASE("enrolment: who asks again gets the same certificate; the use counts once, over a restart of the desk too") {
    Office office;
    const std::string invite = office.invite(1);
    const Enrolment& first = office.knock(invite, 500);
    REQUIRE(is_admitted(first));
    const auto once = admission::parse_certificate(first.files()[FleetItem::certificate]);
    office.open();
    const Enrolment& again = office.knock(invite, 500);
    REQUIRE(is_admitted(again));
    const auto twice = admission::parse_certificate(again.files()[FleetItem::certificate]);
    CHECK_EQ(once->content.position(0), twice->content.position(0));
    CHECK_EQ(once->content.serial(), twice->content.serial());
    CHECK_EQ(once->content.sign_key, twice->content.sign_key);

    const Enrolment& other = office.knock(invite, 501);
    CHECK_FALSE(is_admitted(other));
    REQUIRE(other.status().last_error.has_value());
    CHECK_EQ(*other.status().last_error, Error::overloaded);
}

TEST_CASE("enrolment: an invite of somebody else's making, or that has ended, admits nobody") {
    Office office;
    auto forged = admission::read_invite(office.invite(1));
    forged->token.terms.uses = 9;
    const Enrolment& thief = office.knock(std::move(*forged), 500);
    CHECK_FALSE(is_admitted(thief));
    CHECK_EQ(thief.status().last_error, std::optional(Error::timeout));

    const std::string short_lived = office.invite(1, 60);
    const Time end = office.now() + std::chrono::seconds(60 + admission::FleetTime::kSkew) + 60s;
    while (office.now() < end) office.step();
    CHECK_FALSE(is_admitted(office.knock(short_lived, 501)));
}

TEST_CASE("enrolment: a revoked invite admits nobody, nor is the guest still served that was let in by it") {
    Office office;
    const std::string invite = office.invite(5);
    REQUIRE(is_admitted(office.knock(invite, 500)));
    const Id guest = admission::guest_id(testing::key_pair(500).public_key());
    CHECK(office.desk().has_session(guest));
    admission::FleetList list = office.desk().fleet()->list();
    REQUIRE(list.revoke(
        admission::Revocation::of_invite(office.invite_number(), admission::Reason::stolen, FleetDevices::kBegin)));
    ++list.number;
    office.offer(sign_list(list, office.devices().fleet().key));
    CHECK_FALSE(office.desk().has_session(guest));
    const Enrolment& late = office.knock(invite, 501);
    CHECK_FALSE(is_admitted(late));
    CHECK(late.status().attempts > 1);
}

/// A guest that asks what is none of its business.
struct Nosy final : net::RpcEvents {
    Nosy(const Newcomer& newcomer, std::uint64_t device)
        : rpc(options_of(newcomer), newcomer.identity(testing::key_pair(device), 1, test_dice(9)), *this) {}
    void on_request(Inbound) override { ++requests; }
    void on_answer(CallId, Result<Answer> answer) override { answers.push_back(std::move(answer)); }

    static net::RpcOptions options_of(const Newcomer& newcomer) {
        net::RpcOptions options;
        options.self = newcomer.id();
        return options;
    }

    int requests = 0;
    std::vector<Result<Answer>> answers;
    net::Rpc rpc;
};

TEST_CASE("enrolment: a guest is served nothing but the fleet's messages, and nothing is asked of it") {
    Office office;
    admission::NewcomerOptions options;
    options.invite = std::move(*admission::read_invite(office.invite(1)));
    options.built = FleetDevices::kBegin;
    const Newcomer newcomer(std::move(options), testing::signing_key(500), testing::key_pair(500).public_key(),
                            office.now());
    Nosy guest(newcomer, 500);
    guest.rpc.begin_turn(office.now());
    std::uint64_t call = 0;
    Write write;
    write.key = "key";
    write.value = "value";
    for (const Request& request :
         std::vector<Request>{Ping{}, StateQuery{}, Read{}, Fetch{}, Notify{}, write, Step{}}) {
        guest.rpc.call(CallId{++call}, Callee(endpoint(1)), request);
    }
    for (int i = 0; i < 400; ++i) {
        for (net::Datagram& datagram : guest.rpc.take_datagrams()) {
            office.desk().receive(office.now(), WallMs{FleetDevices::kBegin * 1000}, endpoint(2), datagram.bytes);
        }
        for (net::Datagram& datagram : office.desk().take_datagrams()) {
            if (datagram.to == endpoint(2)) guest.rpc.receive(endpoint(1), datagram.bytes);
        }
        office.step();
        guest.rpc.begin_turn(office.now());
        guest.rpc.tick();
    }
    REQUIRE_EQ(guest.answers.size(), call);
    for (const auto& answer : guest.answers) {
        REQUIRE(answer.has_value());
        REQUIRE(std::holds_alternative<Refusal>(answer->response));
        CHECK_EQ(std::get<Refusal>(answer->response).error, Error::not_admitted);
    }
    CHECK_EQ(guest.requests, 0);
    CHECK(office.desk().node().known().empty());
}

}  // namespace
}  // namespace chord::sim
