#include "node/daemon/newcomer_port.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "net/admission/admission_file.hpp"
#include "net/admission/armor.hpp"
#include "tests/support/fleet_parts.hpp"
#include "tests/support/temp_dir.hpp"

using namespace chord;
using namespace chord::daemon;
using namespace chord::testing;
using api::FleetFault;
using api::FleetPhase;
using std::chrono::milliseconds;
using std::chrono::seconds;
namespace fs = std::filesystem;

namespace {

/// A device that waits, and the fleet that may admit it.
struct Waiting {
    using Answer = api::OrFleetFault<api::FleetAdmission>;

    Waiting() : port(dir.path(), DeviceSecrets{device.key.clone(), device.static_key.clone()}, net::RpcOptions{}, log) {
        port.begin_turn(now);
    }

    void join(std::string_view what) {
        port.begin_turn(now);
        port.join(what, [this](Answer given) { answer.emplace(std::move(given)); });
        turn();
    }
    void turn() {
        port.begin_turn(now);
        port.tick();
        for (const net::Datagram& datagram : port.take_datagrams()) sent.push_back(datagram.to);
    }
    void wait(Duration duration) {
        for (const Time end = now + duration; now < end; now += milliseconds(100)) turn();
        turn();
    }
    /// The fault of the answer that has come since.
    FleetFault fault() {
        REQUIRE(answer);
        REQUIRE_FALSE(*answer);
        const FleetFault given = answer->fault();
        answer.reset();
        return given;
    }
    void refuses(FleetFault::Kind kind, const std::string& phrase, std::string_view what) {
        join(what);
        const FleetFault given = fault();
        CHECK(given.kind == kind);
        CHECK_MESSAGE(given.sentence.find(phrase) != std::string::npos, given.sentence);
    }

    std::string file_for(const Device& to) const {
        net::admission::NetworkKey key;
        key.number = 3;
        key.key = net::noise::SecretKey::copy_of(rolled<32>(5));
        const net::admission::AdmissionFile content{fleet.key.public_key(), fleet.admit(to), {}, {}};
        const auto bytes = admission_file(content, key, fleet.key, key_pair(77));
        return net::admission::armored(net::admission::kCertificateArmor, *bytes);
    }

    test::TempDir dir;
    Fleet fleet;
    Device device{21};
    Time now{seconds(5)};
    std::string lines;
    Log log{LogLevel::notice,
            Log::Style::journal,
            {[this] { return now; }, [] { return WallMs{}; }},
            [this](std::string_view line) { lines += line; }};
    NewcomerPort port;
    std::optional<Answer> answer;
    std::vector<Endpoint> sent;
};

}  // namespace

TEST_CASE("newcomer: what is neither an invite nor a file for this device is refused, and nothing is kept") {
    Waiting one;
    using Kind = FleetFault::Kind;
    const std::string text = invite_text(invite(one.fleet, one.fleet.invite_terms()));
    one.refuses(Kind::bad_input, "neither an invite", "");
    one.refuses(Kind::bad_input, "neither an invite", "hello");
    one.refuses(Kind::bad_input, "neither an invite", text.substr(0, text.size() - 1));
    one.refuses(Kind::bad_input, "damaged or was made for another device", one.file_for(Device(22)));
    std::string damaged = one.file_for(one.device);
    damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
    one.refuses(Kind::bad_input, "damaged or was made for another device", damaged);
    net::admission::Invite nowhere = invite(one.fleet, one.fleet.invite_terms());
    nowhere.bootstrap.clear();
    one.refuses(Kind::bad_input, "names no address", invite_text(nowhere));
    CHECK(one.port.phase() == FleetPhase::unadmitted);
    CHECK(fs::is_empty(one.dir.path()));
    one.wait(seconds(60));
    CHECK(one.sent.empty());
}

TEST_CASE("newcomer: a file admits at once; its fleet has the name that stands above it, if that can be one") {
    for (const auto& [head, name] : {std::pair<std::string, std::string>{"", ""},
                                     {"Fleet: farm\nDevice: pump-1\n", "farm"},
                                     {"Some words\r\nFleet: mill\r\n", "mill"},
                                     {"Fleet: two words\n", ""},
                                     {"Fleet: \n", ""},
                                     {"The Fleet: farm\n", ""}}) {
        const std::string& above = head;  // clang 14 captures no structured binding
        CAPTURE(above);
        Waiting one;
        one.join(head + one.file_for(one.device));
        REQUIRE(one.answer);
        REQUIRE_MESSAGE(*one.answer, one.answer->fault().sentence);
        CHECK((*one.answer)->name == name);
        CHECK((*one.answer)->fleet_key == one.fleet.key.public_key());
        CHECK(one.port.admitted());
        OrFault<FleetState> state = read_fleet_state(
            one.dir.path(), DeviceKeys{one.device.key.public_key(), one.device.static_key.public_key()});
        REQUIRE_MESSAGE(state, state.fault().sentence);
        CHECK(state->origin.name == name);
        CHECK(one.lines.find("<5>admitted as 'pump-1' (tag barn) to fleet") != std::string::npos);
        one.refuses(FleetFault::Kind::try_again, "being admitted", one.file_for(one.device));
    }
}

TEST_CASE("newcomer: an invite is on disk and knocked with; the caller hears in time that nobody answers, it goes on") {
    Waiting one;
    const net::admission::Invite made = invite(one.fleet, one.fleet.invite_terms());
    const std::string text = invite_text(made);
    one.join(text);
    CHECK_FALSE(one.answer);
    CHECK(one.port.phase() == FleetPhase::enrolling);
    CHECK(fs::exists(one.dir.path() + "/joining/invite"));
    CHECK_FALSE(one.sent.empty());
    for (const Endpoint& to : one.sent) CHECK(to == made.bootstrap.front());
    one.wait(api::kFleetPatience - seconds(1));
    CHECK_FALSE(one.answer);
    one.wait(seconds(1));
    const FleetFault late = one.fault();
    CHECK(late.kind == FleetFault::Kind::timeout);
    CHECK(late.sentence.find("no node at 192.168.7.14:7400, [fd00::31]:7400 has let this device in yet") == 0);
    CHECK(one.lines.find(text.substr(12)) == std::string::npos);  // the invite itself is no matter for a log
    CHECK(one.port.phase() == FleetPhase::enrolling);
    const std::size_t before = one.sent.size();
    one.wait(seconds(120));
    CHECK(one.sent.size() > before);
    CHECK(one.port.view().enrolment.find("the last time: no answer in time") != std::string::npos);

    // A file is as good, and ends it.
    one.join(one.file_for(one.device));
    REQUIRE(one.answer);
    CHECK(*one.answer);
    CHECK(one.port.admitted());
    CHECK_FALSE(fs::exists(one.dir.path() + "/joining"));
    CHECK_FALSE(fs::exists(one.dir.path() + "/fleet/invite"));
}

TEST_CASE("newcomer: one caller waits at a time, and is told when the process ends; the invite stays") {
    Waiting one;
    const std::string text = invite_text(invite(one.fleet, one.fleet.invite_terms()));
    one.port.join(text, [&](Waiting::Answer given) { one.answer.emplace(std::move(given)); });
    std::optional<Waiting::Answer> second;
    one.port.join(text, [&](Waiting::Answer given) { second.emplace(std::move(given)); });
    REQUIRE(second);
    CHECK(second->fault().kind == FleetFault::Kind::try_again);
    CHECK_FALSE(one.answer);
    one.port.stop();
    CHECK(one.fault().kind == FleetFault::Kind::try_again);

    OrFault<std::optional<net::admission::Invite>> kept = read_pending_invite(one.dir.path());
    REQUIRE(kept);
    REQUIRE(kept->has_value());
    Waiting next;
    next.port.resume(std::move(**kept), next.now);
    next.turn();
    CHECK(next.port.phase() == FleetPhase::enrolling);
    CHECK_FALSE(next.sent.empty());
}

TEST_CASE("newcomer: its request is its own, and says its wishes; the rest needs a fleet") {
    Waiting one;
    auto made = one.port.request("pump-9", "barn");
    REQUIRE(made);
    const auto bytes = net::admission::unarmored(net::admission::kRequestArmor, *made);
    REQUIRE(bytes);
    const Result<net::admission::Request> request = net::admission::read_request(*bytes);
    REQUIRE(request);
    CHECK(*request == [&] {
        net::admission::Request wanted = one.device.request("pump-9", "barn");
        wanted.capacity = 0;
        return wanted;
    }());
    CHECK(one.port.request("Two Words", "").fault().kind == FleetFault::Kind::bad_input);
    CHECK(one.port.request("", "too-long-a-tag").fault().kind == FleetFault::Kind::bad_input);
    for (const FleetFault& fault : {one.port.invite({}).fault(), one.port.set_list("x").fault(),
                                    one.port.set_network_key("x").fault(), one.port.admit("x", {}).fault()})
        CHECK(fault.kind == FleetFault::Kind::not_admitted);
}
