// FleetMember among peers that a test plays: what it asks, answers, takes, refuses and saves, and when.
#include "net/admission/fleet_member.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/fleet_parts.hpp"
#include "tests/support/test_identity.hpp"

namespace chord::net::admission {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Device;
using testing::Fleet;
using testing::kDay;
using testing::kIssued;
using Bytes = std::vector<std::uint8_t>;

const Device kOwn(1);
const Device kInviter(20);

NetworkKey network_key(std::uint32_t number) {
    return {number, noise::SecretKey::copy_of(testing::rolled<32>(number))};
}

struct SavedFiles final : FleetSaves {
    Status save(FleetItem item, View bytes) override {
        if (broken) return Error::io;
        files[item].assign(bytes.begin(), bytes.end());
        ++saves[item];
        return Success{};
    }
    FleetFiles files;
    std::map<FleetItem, int> saves;
    bool broken = false;
};

struct Peers final : FleetPeers {
    struct Asked {
        CallId id{};
        Peer to;
        FleetRequest request;
    };
    void ask(CallId id, const Peer& to, View message) override {
        auto request = parse_fleet_request(message);
        REQUIRE(request.has_value());
        asked.push_back({id, to, *request});
    }
    std::vector<Peer> contacts() const override { return near; }
    std::vector<Peer> known() const override { return remembered; }
    void close(const Id& peer) override { closed.push_back(peer); }
    void expel(const Id& peer) override { expelled.push_back(peer); }
    void use_network_keys(std::span<const noise::SecretKey* const> keys, std::size_t begin_with) override {
        key_count = keys.size();
        begins_with = keys[begin_with]->clone();
    }

    template <typename Request>
    std::vector<Asked> take() {
        std::vector<Asked> taken;
        std::erase_if(asked, [&](const Asked& one) {
            const bool is = std::holds_alternative<Request>(one.request);
            if (is) taken.push_back(one);
            return is;
        });
        return taken;
    }

    std::vector<Asked> asked;
    std::vector<Peer> near;
    std::vector<Peer> remembered;
    std::vector<Id> closed;
    std::vector<Id> expelled;
    std::size_t key_count = 0;
    noise::SecretKey begins_with;
};

/// A member, its time and its fleet. The certificate is of the fleet key, for `lifetime`.
struct Member {
    explicit Member(std::uint32_t lifetime = testing::kYear, const Device& own = kOwn)
        : own_seed(&own == &kInviter ? 20 : 1) {
        Certificate content = fleet.admit(own).content;
        content.lifetime = lifetime;
        disk.files[FleetItem::certificate] = encode(issue(content, fleet.key));
        disk.files[FleetItem::list] = fleet.signed_list();
        const auto record = sign_network_key(network_key(1), fleet.key);
        disk.files[FleetItem::network_keys].assign(record.bytes().begin(), record.bytes().end());
        open(own);
    }

    void open(const Device& own = kOwn) {
        auto opened = FleetMember::open({.fleet_key = fleet.key.public_key(), .built = kIssued, .seed = 3}, own.key,
                                        disk.files, disk, now);
        REQUIRE(opened.has_value());
        member = std::move(*opened);
        member->attach(peers);
        at(now);
    }

    void at(Time time) {
        now = time;
        member->begin_turn(
            now, {wall + static_cast<Seconds>(std::chrono::duration_cast<seconds>(now - kStart).count()), true});
        while (member->next_deadline() <= now) member->tick();
    }
    void pass(Duration time) {
        for (const Time end = now + time; now < end;) at(std::min(end, std::max(now, member->next_deadline())));
    }

    /// The device shakes hands with the member.
    Peer let_in(const SignedCertificate& certificate, const Device& device) {
        const auto id = credentials().judge(shown_form(certificate, 0), device.static_key.public_key());
        REQUIRE(id.has_value());
        return {*id, {}};
    }
    Peer let_in(const Device& device) { return let_in(fleet.admit(device), device); }
    Credentials& credentials() {
        held = member->identity(testing::key_pair(own_seed), 1, test_dice(1)).credentials;
        return *held;
    }

    FleetResponse ask(const Peer& from, const FleetRequest& request) {
        auto response = parse_fleet_response(member->on_request(from, encode(request)));
        REQUIRE(response.has_value());
        return std::move(*response);
    }
    Error refusal(const Peer& from, const FleetRequest& request) {
        const FleetResponse response = ask(from, request);
        REQUIRE(std::holds_alternative<Refused>(response));
        return std::get<Refused>(response).error;
    }
    void answer(const Peers::Asked& asked, const FleetResponse& response) {
        member->on_answer(asked.id, asked.to, encode(response));
    }
    /// Plays a peer that has `list` until nothing more is asked of it.
    void serve_list(View list, std::uint32_t number) {
        for (auto asked = peers.take<ListQuery>(); !asked.empty(); asked = peers.take<ListQuery>()) {
            for (const auto& one : asked) {
                const std::uint32_t offset = std::get<ListQuery>(one.request).offset;
                ListSlice slice{number, static_cast<std::uint32_t>(list.size()), offset, {}};
                const View rest = list.subspan(std::min<std::size_t>(offset, list.size()));
                const View part = rest.first(std::min(rest.size(), kListSliceBytesMax));
                slice.bytes.assign(part.begin(), part.end());
                answer(one, slice);
            }
        }
    }
    Bytes next_list(std::initializer_list<VerifyKey> revoked) {
        for (const VerifyKey& key : revoked) {
            REQUIRE(fleet.list.revoke(Revocation::of_key(key, Reason::lost, kIssued)));
        }
        ++fleet.list.number;
        return fleet.signed_list();
    }

    static constexpr Time kStart{seconds(1000)};
    std::uint64_t own_seed;  // of its keys
    Seconds wall = kIssued + kDay;
    Time now = kStart;
    Fleet fleet;
    SavedFiles disk;
    Peers peers;
    std::shared_ptr<Credentials> held;
    std::unique_ptr<FleetMember> member;
};

TEST_CASE("fleet_member: opens with what it saved; what is not its own, or damaged, is told") {
    Member m;
    CHECK_EQ(m.member->id(), m.fleet.admit(kOwn).content.position(0));
    CHECK_EQ(m.member->status().list_number, 1);
    const auto error = [&](const FleetFiles& files, const VerifyKey& fleet_key, const Device& own) {
        const auto opened = FleetMember::open({.fleet_key = fleet_key, .seed = 1}, own.key, files, m.disk, m.now);
        return opened ? std::optional<Error>() : std::optional(opened.error());
    };
    const VerifyKey fleet_key = m.fleet.key.public_key();
    CHECK_EQ(error(m.disk.files, fleet_key, kOwn), std::nullopt);
    CHECK_EQ(error(m.disk.files, fleet_key, Device(2)), std::optional(Error::wrong_peer));
    CHECK(error(m.disk.files, Fleet(2).key.public_key(), kOwn).has_value());
    for (const FleetItem item :
         {FleetItem::certificate, FleetItem::list, FleetItem::network_keys, FleetItem::time_floor, FleetItem::ledger}) {
        FleetFiles damaged = m.disk.files;
        damaged[item] = {1, 2, 3};
        CHECK_EQ(error(damaged, fleet_key, kOwn), std::optional(Error::corrupt));
    }
    FleetFiles keyless = m.disk.files;
    keyless[FleetItem::network_keys].clear();
    CHECK_EQ(error(keyless, fleet_key, kOwn), std::optional(Error::corrupt));
}

TEST_CASE("fleet_member: a peer with a newer list is asked for it; who is out by it is expelled, and all hear of it") {
    Member m;
    const Peer teller = m.let_in(Device(2));
    const Peer outcast = m.let_in(Device(3));
    m.peers.near = {teller, outcast};
    m.peers.asked.clear();
    const Bytes list = m.next_list({Device(3).key.public_key()});
    const FleetResponse response = m.ask(teller, Hello{2, 0, 1, false, std::nullopt});
    CHECK_EQ(std::get<Hello>(response).list, 1);
    m.serve_list(list, 2);
    CHECK_EQ(m.member->status().list_number, 2);
    CHECK_EQ(m.peers.expelled, std::vector<Id>{outcast.id});
    CHECK(m.disk.files[FleetItem::list] == list);
    const auto told = m.peers.take<Hello>();
    CHECK_EQ(told.size(), 2);
    CHECK(
        std::all_of(told.begin(), told.end(), [](const auto& one) { return std::get<Hello>(one.request).list == 2; }));
    CHECK_FALSE(m.member->is_member(outcast.id));
}

TEST_CASE("fleet_member: a peer that lies about the list costs its own fetch, and another is asked") {
    Member m;
    const Peer liar = m.let_in(Device(2));
    const Peer honest = m.let_in(Device(3));
    Bytes list = m.next_list({Device(9).key.public_key()});
    const Bytes forged = testing::flipped(list, 8 * 30);
    m.ask(liar, Hello{900, 0, 1, false, std::nullopt});
    m.ask(honest, Hello{2, 0, 1, false, std::nullopt});
    REQUIRE_EQ(m.peers.asked.size(), 1);
    CHECK_EQ(m.peers.asked.front().to, liar);
    const auto asked = m.peers.take<ListQuery>();
    m.answer(asked.front(), ListSlice{900, static_cast<std::uint32_t>(forged.size()), 0, forged});
    CHECK_EQ(m.member->status().fetches_failed, 1);
    CHECK_EQ(m.member->status().list_number, 1);
    REQUIRE_EQ(m.peers.asked.size(), 1);
    CHECK_EQ(m.peers.asked.front().to, honest);
    m.serve_list(list, 2);
    CHECK_EQ(m.member->status().list_number, 2);
    for (int i = 0; i < 100; ++i) m.ask(liar, Hello{901, 0, 1, false, std::nullopt});
    CHECK(m.peers.take<ListQuery>().empty());
}

TEST_CASE("fleet_member: a silent peer holds the others up for seconds only") {
    Member m;
    const Peer silent = m.let_in(Device(2));
    const Peer honest = m.let_in(Device(3));
    m.ask(silent, Hello{2, 0, 1, false, std::nullopt});
    m.ask(honest, Hello{2, 0, 1, false, std::nullopt});
    const auto first = m.peers.take<ListQuery>();
    REQUIRE_EQ(first.size(), 1);
    m.pass(ListFetches::kHeadStart);
    const auto second = m.peers.take<ListQuery>();
    REQUIRE_EQ(second.size(), 1);
    CHECK_EQ(second.front().to, honest);
}

TEST_CASE("fleet_member: a new network key is answered at once, begun with a minute later, and never forged") {
    Member m;
    const Peer teller = m.let_in(Device(2));
    m.peers.near = {teller};
    m.peers.asked.clear();
    m.ask(teller, Hello{1, 0, 2, false, std::nullopt});
    m.ask(teller, Hello{1, 0, 2, false, std::nullopt});
    auto asked = m.peers.take<NetworkKeysQuery>();
    REQUIRE_EQ(asked.size(), 1);
    NetworkKeys keys;
    keys.records.push_back(sign_network_key(network_key(2), m.fleet.key));
    m.answer(asked.front(), std::move(keys));
    CHECK_EQ(m.member->status().network_keys, std::vector<std::uint32_t>{2, 1});
    CHECK_EQ(m.peers.key_count, 2);
    CHECK(m.peers.begins_with == network_key(1).key);
    CHECK_EQ(m.peers.take<Hello>().size(), 1);
    CHECK_EQ(m.disk.files[FleetItem::network_keys].size(), 2 * kNetworkKeyBytes);
    m.pass(FleetMember::kKeyGrace - seconds(1));
    CHECK(m.peers.begins_with == network_key(1).key);
    m.pass(seconds(1));
    CHECK(m.peers.begins_with == network_key(2).key);

    m.ask(teller, Hello{1, 0, 7, false, std::nullopt});
    asked = m.peers.take<NetworkKeysQuery>();
    REQUIRE_EQ(asked.size(), 1);
    NetworkKeys forged;
    forged.records.push_back(sign_network_key(network_key(7), Fleet(2).key));
    m.answer(asked.front(), std::move(forged));
    CHECK_EQ(m.member->status().network_keys, std::vector<std::uint32_t>{2, 1});
    m.ask(teller, Hello{1, 0, 8, false, std::nullopt});
    CHECK(m.peers.take<NetworkKeysQuery>().empty());
}

TEST_CASE("fleet_member: a key that came by invite is replaced by its record as soon as somebody has that") {
    Member m;
    NetworkKeyring by_invite(m.fleet.key.public_key());
    by_invite.begin_with(network_key(1));
    m.disk.files[FleetItem::network_keys] = by_invite.saved();
    m.open();
    const Peer teller = m.let_in(Device(2));
    CHECK(std::get<NetworkKeys>(m.ask(teller, NetworkKeysQuery{})).records.empty());
    m.ask(teller, Hello{1, 0, 1, false, std::nullopt});
    const auto asked = m.peers.take<NetworkKeysQuery>();
    REQUIRE_EQ(asked.size(), 1);
    NetworkKeys keys;
    keys.records.push_back(sign_network_key(network_key(1), m.fleet.key));
    m.answer(asked.front(), std::move(keys));
    CHECK_EQ(std::get<NetworkKeys>(m.ask(teller, NetworkKeysQuery{})).records.size(), 1);
    CHECK(m.peers.begins_with == network_key(1).key);
}

TEST_CASE("fleet_member: strangers get nothing, guests the list and enrolment, and both no network key") {
    Member m(testing::kYear, kInviter);
    REQUIRE(m.fleet.list.delegate(m.fleet.delegation(kInviter)));
    REQUIRE(*m.member->offer_list(m.next_list({})));
    const std::vector<FleetRequest> all{Hello{}, ListQuery{}, NetworkKeysQuery{}, Enrol{}, Renew{}, CertificateQuery{}};
    for (const FleetRequest& request : all) CHECK_EQ(m.refusal(Peer{Id{{7}}, {}}, request), Error::wrong_peer);

    const Device newcomer(30);
    const InviteToken token =
        make_token(m.fleet.network, testing::invite_secret(), m.fleet.invite_terms(), m.fleet.key);
    REQUIRE(m.credentials().judge(shown_form(token, testing::invite_secret(), newcomer.static_key.public_key()),
                                  newcomer.static_key.public_key()));
    const Peer guest{guest_id(newcomer.static_key.public_key()), {}};
    CHECK_FALSE(m.member->is_member(guest.id));
    CHECK_EQ(std::get<Hello>(m.ask(guest, Hello{900, 0, 900, false, std::nullopt})).network_key, 0);
    CHECK(m.peers.take<ListQuery>().empty());  // what a guest says is not listened to
    CHECK_EQ(std::get<ListSlice>(m.ask(guest, ListQuery{})).number, 2);
    CHECK_EQ(m.refusal(guest, NetworkKeysQuery{}), Error::wrong_peer);
    CHECK_EQ(m.refusal(guest, Renew{}), Error::wrong_peer);
    CHECK_EQ(m.refusal(guest, CertificateQuery{}), Error::wrong_peer);

    m.disk.broken = true;
    CHECK_EQ(m.refusal(guest, Enrol{newcomer.signed_request()}), Error::io);
    m.disk.broken = false;
    const FleetResponse granted = m.ask(guest, Enrol{newcomer.signed_request()});
    REQUIRE(std::holds_alternative<Granted>(granted));
    CHECK(m.disk.saves[FleetItem::ledger] == 1);
    REQUIRE_EQ(m.member->issued().size(), 1);
    CHECK(encode(m.member->issued().front()) == std::get<Granted>(granted).certificate);
    std::size_t overloaded = 0;
    for (int i = 0; i < 100; ++i) {
        const FleetResponse again = m.ask(guest, Enrol{newcomer.signed_request()});
        overloaded += std::holds_alternative<Refused>(again) ? 1U : 0U;
    }
    CHECK(overloaded >= 100 - static_cast<std::size_t>(FleetMember::kWorkRate.burst));
    CHECK_EQ(m.member->issued().size(), 1);

    // Itself out, it lets nobody in any more.
    REQUIRE(*m.member->offer_list(m.next_list({kInviter.key.public_key()})));
    CHECK_FALSE(m.member->is_in());
    m.pass(minutes(1));
    CHECK_EQ(m.refusal(guest, Enrol{newcomer.signed_request()}), Error::wrong_peer);
    CHECK_FALSE(m.member->invite({.fleet_name = "farm", .tag = "", .bootstrap = {}}, test_dice(1)));
}

TEST_CASE("fleet_member: a certificate is renewed by a desk when due, and only a true renewal is taken") {
    Member m(30 * kDay);
    REQUIRE(m.fleet.list.delegate(m.fleet.delegation(kInviter)));
    REQUIRE(*m.member->offer_list(m.next_list({})));
    const Peer desk = m.let_in(kInviter);
    m.ask(desk, Hello{2, 0, 1, true, std::nullopt});
    m.pass(minutes(10));
    CHECK(m.peers.take<Renew>().empty());
    CHECK_EQ(m.member->renew_now().error(), Error::condition_failed);

    m.wall = kIssued + 20 * kDay + 1;
    m.peers.asked.clear();
    m.pass(FleetMember::kRound * 2);
    auto asked = m.peers.take<Renew>();
    REQUIRE_EQ(asked.size(), 1);
    CHECK_EQ(asked.front().to, desk);
    CHECK(m.member->status().renewal_is_due);
    Certificate renewed = m.member->certificate().content;
    renewed.not_before = kIssued + 20 * kDay;
    m.answer(asked.front(), Granted{encode(issue(renewed, Device(9).key))});  // by nobody
    CHECK_EQ(m.member->status().renewal_error, std::optional(Error::wrong_peer));
    CHECK_EQ(m.disk.saves[FleetItem::certificate], 0);

    m.pass(FleetMember::kRound * 4);
    asked = m.peers.take<Renew>();
    REQUIRE_EQ(asked.size(), 1);
    m.answer(asked.front(), Granted{encode(issue(renewed, kInviter.key))});
    CHECK_EQ(m.member->status().renewed, 1);
    CHECK_FALSE(m.member->status().renewal_is_due);
    CHECK_EQ(m.disk.saves[FleetItem::certificate], 1);
    CHECK_EQ(m.member->certificate().content.not_before, renewed.not_before);
    CHECK(std::ranges::equal(m.credentials().own(), shown_form(m.member->certificate(), 0)));
    m.peers.asked.clear();
    m.pass(hours(1));
    CHECK(m.peers.take<Renew>().empty());
}

TEST_CASE("fleet_member: no desk in reach, it is asked for less and less often; who only says so is no desk") {
    Member m(30 * kDay);
    REQUIRE(m.fleet.list.delegate(m.fleet.delegation(kInviter)));
    REQUIRE(*m.member->offer_list(m.next_list({})));
    const Peer peer = m.let_in(Device(2));
    m.wall = kIssued + 21 * kDay;
    m.ask(peer, Hello{2, 0, 1, true, std::nullopt});
    m.pass(minutes(10));
    CHECK(m.peers.take<Renew>().empty());
    CHECK_EQ(m.member->renew_now().error(), Error::wrong_peer);
    const Peer named{Id{{5}}, {}};
    std::size_t attempts = 0;
    for (const Time end = m.now + hours(5); m.now < end; m.pass(seconds(30))) {
        m.ask(peer, Hello{2, 0, 1, false, Peer{named.id, [] {
                                                   Endpoint made;
                                                   made.ip = {0xfd, 1};
                                                   made.port = 7;
                                                   return made;
                                               }()}});
        for (const auto& asked : m.peers.take<Renew>()) {
            ++attempts;
            m.member->on_failure(asked.id, Error::timeout);
        }
        for (const auto& asked : std::exchange(m.peers.asked, {})) m.member->on_failure(asked.id, Error::timeout);
    }
    CHECK(attempts >= 5);
    CHECK(attempts <= 14);
}

TEST_CASE("fleet_member: a desk renews for its members, and refuses before time") {
    Member m(testing::kYear, kInviter);
    Fleet& fleet = m.fleet;
    REQUIRE(fleet.list.delegate(fleet.delegation(kInviter)));
    REQUIRE(*m.member->offer_list(m.next_list({})));
    Certificate content = fleet.admit(Device(2)).content;
    content.lifetime = 30 * kDay;
    const Peer peer = m.let_in(issue(content, fleet.key), Device(2));
    CHECK_EQ(m.refusal(peer, Renew{}), Error::condition_failed);
    m.wall = kIssued + 21 * kDay;
    m.pass(minutes(2));
    const FleetResponse response = m.ask(peer, Renew{});
    REQUIRE(std::holds_alternative<Granted>(response));
    CHECK(is_renewal(content, parse_certificate(std::get<Granted>(response).certificate)->content));
    CHECK(m.member->issued().empty());
    CHECK_EQ(m.member->renew_now().error(), Error::condition_failed);
    const FleetResponse own = m.ask(peer, CertificateQuery{});
    CHECK(std::get<Granted>(own).certificate == encode(m.member->certificate()));
}

TEST_CASE("fleet_member: time puts out peers and itself within a round; the floor is saved at most hourly") {
    Member m(30 * kDay);
    Certificate content = m.fleet.admit(Device(2)).content;
    content.lifetime = 10 * kDay;
    const Peer peer = m.let_in(issue(content, m.fleet.key), Device(2));
    m.pass(minutes(5));
    CHECK(m.peers.expelled.empty());
    m.wall = kIssued + 10 * kDay + FleetTime::kSkew;
    m.pass(minutes(1));
    CHECK_EQ(m.peers.expelled, std::vector<Id>{peer.id});
    CHECK(m.member->is_in());
    m.wall = kIssued + 30 * kDay + FleetTime::kSkew;
    m.pass(minutes(1));
    CHECK_FALSE(m.member->is_in());
    CHECK_EQ(m.member->status().standing, Standing::expired);
    const int before = m.disk.saves[FleetItem::time_floor];
    m.pass(hours(5));
    CHECK(m.disk.saves[FleetItem::time_floor] - before <= 6);
}

TEST_CASE("fleet_member: new neighbours are greeted once, and not faster than every few seconds") {
    Member m;
    m.pass(minutes(1));
    m.peers.asked.clear();
    for (std::uint64_t i = 0; i < 5; ++i) m.peers.near.push_back(m.let_in(Device(40 + i)));
    const Time begin = m.now;
    m.member->on_contacts_changed();
    m.at(m.now);
    CHECK_EQ(m.peers.take<Hello>().size(), 5);
    m.peers.near.push_back(m.let_in(Device(50)));
    m.member->on_contacts_changed();
    m.at(m.now);
    CHECK(m.peers.take<Hello>().empty());
    m.at(begin + FleetMember::kGreetPause);
    const auto greeted = m.peers.take<Hello>();
    REQUIRE_EQ(greeted.size(), 1);
    CHECK_EQ(greeted.front().to, m.peers.near.back());
}

TEST_CASE("fleet_member: who is remembered and not met is greeted when a list comes") {
    Member m;
    const Peer met = m.let_in(Device(2));
    const Peer unmet{Id{{77}}, {}};
    m.peers.remembered = {met, unmet};
    REQUIRE(*m.member->offer_list(m.next_list({Device(9).key.public_key()})));
    const auto greeted = m.peers.take<Hello>();
    REQUIRE_EQ(greeted.size(), 1);
    CHECK_EQ(greeted.front().to, unmet);
}

TEST_CASE("fleet_member: invites and admission files of a desk admit; without a delegation there are none") {
    Member m(testing::kYear, kInviter);
    const InviteOrder order{.fleet_name = "farm", .uses = 3, .tag = "barn", .bootstrap = {}};
    CHECK_EQ(m.member->invite(order, test_dice(1)).error(), Error::wrong_peer);
    const Device newcomer(30);
    CHECK_EQ(m.member->admit(newcomer.signed_request(), "x", "", 30 * kDay, {}, test_dice(2)).error(),
             Error::wrong_peer);
    REQUIRE(m.fleet.list.delegate(m.fleet.delegation(kInviter)));
    REQUIRE(*m.member->offer_list(m.next_list({})));
    const auto invite = m.member->invite(order, test_dice(1));
    REQUIRE(invite.has_value());
    CHECK_EQ(invite->token.terms.counter, issuer_id(kInviter.key.public_key()));
    CHECK_EQ(invite->token.terms.uses, 3);
    CHECK(invite->token.terms.not_after > m.wall);
    CHECK(read_invite(invite_text(*invite)).has_value());
    InviteOrder bad = order;
    bad.uses = 0;
    CHECK_EQ(m.member->invite(bad, test_dice(1)).error(), Error::bad_message);
    bad = order;
    bad.roles = 2;
    CHECK_EQ(m.member->invite(bad, test_dice(1)).error(), Error::wrong_peer);

    const auto file = m.member->admit(newcomer.signed_request(), "pump-9", "barn", 30 * kDay, {}, test_dice(2));
    REQUIRE(file.has_value());
    const auto opened = open_admission_file(*file, newcomer.static_key);
    REQUIRE(opened.has_value());
    CHECK_EQ(opened->file.certificate.content.name, "pump-9");
    SavedFiles disk;
    const auto member = FleetMember::open({.fleet_key = opened->file.fleet_key, .seed = 1}, newcomer.key,
                                          first_files(*opened), disk, m.now);
    REQUIRE(member.has_value());
    CHECK_EQ((*member)->status().list_number, 2);
    CHECK_EQ(m.member->issued().size(), 1);
}

TEST_CASE("fleet_member: a peer's certificate on demand, with every end of the call") {
    Member m;
    const Peer peer = m.let_in(Device(2));
    std::vector<Result<SignedCertificate>> got;
    const auto done = [&](Result<SignedCertificate> certificate) { got.push_back(std::move(certificate)); };
    m.member->ask_certificate(peer, done);
    m.answer(m.peers.take<CertificateQuery>().front(), Granted{encode(m.fleet.admit(Device(2)))});
    m.member->ask_certificate(peer, done);
    m.member->on_failure(m.peers.take<CertificateQuery>().front().id, Error::timeout);
    m.member->ask_certificate(peer, done);
    m.answer(m.peers.take<CertificateQuery>().front(), Hello{});
    for (std::size_t i = 0; i <= FleetMember::kCallsMax; ++i) m.member->ask_certificate(peer, done);
    REQUIRE(got.size() >= 4);
    CHECK(*got[0] == m.fleet.admit(Device(2)));
    CHECK_EQ(got[1].error(), Error::timeout);
    CHECK_EQ(got[2].error(), Error::bad_message);
    CHECK_EQ(got[3].error(), Error::overloaded);
}

}  // namespace
}  // namespace chord::net::admission
