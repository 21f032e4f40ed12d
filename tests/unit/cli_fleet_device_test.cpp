// chordctl on the device itself: join, request, certs, fleet status, and the words of status for a device that nobody
// has admitted; against the real commands of node/api.
#include "net/admission/armor.hpp"
#include "node/cli/help.hpp"
#include "tests/support/cli_bench.hpp"

#include <doctest/doctest.h>

using namespace chord;
using namespace chord::cli;
using chord::testing::CliBench;
using chord::testing::CliNode;
using chord::testing::Device;
using chord::testing::Fleet;
using chord::testing::kDay;
using chord::testing::kIssued;
namespace admission = chord::net::admission;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

struct OnDevice : CliBench {
    OnDevice() { node = &behind; }

    std::string invite() const { return admission::invite_text(chord::testing::invite(fleet, fleet.invite_terms())); }

    Fleet fleet;
    Device device{1};
    CliNode behind;
};

}  // namespace

TEST_CASE("join: by an invite on the command line, from a file or from standard input") {
    OnDevice bench;
    const auto certificate = bench.fleet.admit(bench.device, "barn-7", "barn");
    bench.behind.fleet.admission = api::FleetAdmission{"farm", bench.fleet.key.public_key(), certificate};
    const std::string invite = bench.invite();
    const std::string expected = "admitted as barn-7  tag barn  until 2027-09-22\nfleet \"farm\"  fingerprint " +
                                 admission::fingerprint(bench.fleet.key.public_key()) + "\n";
    CHECK(bench.good({"join", invite}) == expected);
    CHECK(bench.behind.fleet.given == invite);
    bench.behind.fleet.given.clear();
    CHECK(bench.good({"join", "-"}, "  " + invite + "\n") == expected);
    CHECK(bench.behind.fleet.given == invite);
    CHECK(bench.good({"join", bench.write("i", invite + "\n")}) == expected);
    const std::string json = bench.good({"join", invite, "--json"});
    CHECK(contains(json, "{\"v\":1,\"result\":\"admitted\",\"fleet\":\"farm\""));
    CHECK(contains(json, "\"certificate_base64\":\""));

    // Wishes go before it.
    bench.behind.asked.clear();
    bench.good({"join", invite, "--name", "barn-7", "--tag", "barn"});
    REQUIRE(bench.behind.asked.size() == 2);
    CHECK(bench.behind.asked[0] == std::vector<std::string>{"CHORD.REQUEST", "NAME", "barn-7", "TAG", "barn"});
    CHECK(bench.behind.asked[1] == std::vector<std::string>{"CHORD.JOIN", invite});
    bench.bad(ExitCode::usage, {"join", invite, "--name", "Barn"});

    // An admission file goes as it is.
    const std::vector<std::uint8_t> bytes(10, 7);
    const std::string file = admission::armored(admission::kCertificateArmor, bytes);
    bench.good({"join", bench.write("f", file)});
    CHECK(bench.behind.fleet.given == file);
    bench.bad(ExitCode::usage, {"join", bench.path("f"), "--name", "barn-7"});
}

TEST_CASE("join: what is mistyped, cut off or no file does not reach the node; what the node refuses has its code") {
    OnDevice bench;
    const std::string invite = bench.invite();
    std::string mistyped = invite;
    mistyped[40] = mistyped[40] == 'a' ? 'b' : 'a';
    for (const std::string& word :
         {mistyped, invite.substr(0, 100), std::string("chord1:"), bench.path("nosuch"), bench.write("x", "hello"),
          bench.write("empty", ""), bench.home.path(), bench.write("f", "-----BEGIN CHORD CERTIFICATE-----\nAAA")}) {
        CAPTURE(word);
        bench.bad(ExitCode::usage, {"join", word});
    }
    CHECK(bench.behind.fleet.given.empty());
    using Kind = api::FleetFault::Kind;
    for (const auto& [kind, code] :
         std::vector<std::pair<Kind, ExitCode>>{{Kind::bad_input, ExitCode::usage},
                                                {Kind::refused, ExitCode::negative},
                                                {Kind::not_delegated, ExitCode::not_permitted},
                                                {Kind::not_admitted, ExitCode::bad_config},
                                                {Kind::timeout, ExitCode::try_again},
                                                {Kind::no_room, ExitCode::no_room}}) {
        bench.behind.fleet.admission = api::FleetFault{kind, "why"};
        CHECK(bench.bad(code, {"join", invite}) == "chordctl: why\n");
    }
    bench.behind.api.context.fleet = nullptr;
    CHECK(contains(bench.bad(ExitCode::bad_config, {"join", invite}), "trial mode"));
    bench.node = nullptr;
    bench.bad(ExitCode::unreachable, {"join", invite});
}

TEST_CASE("request: the armour as it is, with the wishes") {
    OnDevice bench;
    const std::string text = admission::armored(admission::kRequestArmor, bench.device.signed_request("gate-9"));
    bench.behind.fleet.request_text = text;
    CHECK(bench.good({"request", "--name", "gate-9", "--tag", "gate"}) == text);
    CHECK(bench.behind.fleet.given == "gate-9/gate");
    CHECK(bench.good({"request"}) == text);
    CHECK(bench.behind.fleet.given == "/");
    CHECK(contains(bench.good({"request", "--json"}), "{\"v\":1,\"request\":\"-----BEGIN CHORD REQUEST-----\\n"));
    bench.bad(ExitCode::usage, {"request", "--name", "Gate"});
}

TEST_CASE("certs: names, ends and standings in a table") {
    OnDevice bench;
    const auto certificate = bench.fleet.admit(bench.device, "barn-7", "barn");
    bench.behind.fleet.devices = std::vector<api::FleetDevice>{
        {certificate.content.position(0), certificate, admission::Standing::admitted, true},
        {certificate.content.position(1), std::nullopt, admission::Standing::admitted, false}};
    const std::string out = bench.good({"certs"});
    CHECK(bench.behind.fleet.asked_all == false);
    CHECK(contains(out, "barn-7  " + certificate.content.position(0).short_hex() + "  barn  2027-09-22"));
    CHECK(contains(out, "file  admitted\n"));
    CHECK(contains(out, "no answer\n"));
    CHECK(contains(bench.good({"certs", "--all", "--json"}), "{\"v\":1,\"certs\":[{\"id\":\""));
    CHECK(bench.behind.fleet.asked_all == true);
}

TEST_CASE("fleet status and status: a member, a newcomer, one that is shut out") {
    OnDevice bench;
    CHECK(bench.good({"fleet", "status"}) == "fleet    none: chordctl join INVITE|FILE\n");
    const std::string unadmitted = bench.good({"status"});
    CHECK(contains(unadmitted, "   unadmitted\n"));
    CHECK(contains(unadmitted, "note     this device is in no fleet; admit it with: chordctl join INVITE"));
    CHECK_FALSE(contains(unadmitted, "ring  "));
    CHECK(contains(bench.bad(ExitCode::bad_config, {"get", "k"}), "this device is in no fleet"));

    auto& shown = bench.behind.fleet.shown;
    bench.behind.enter(bench.fleet.key.public_key());
    shown.certificate = bench.fleet.admit(bench.device, "barn-7", "barn");
    shown.list_number = 4;
    shown.list_issued = kIssued;
    shown.revocations = 2;
    shown.network_keys = {3, 2};
    shown.inviter = true;
    shown.enrolment = "asked pump-1 for a renewal";
    const std::string member = bench.good({"fleet", "status"});
    CHECK(
        contains(member, "fleet    \"farm\"  " + admission::fingerprint(bench.fleet.key.public_key()) + "   ready\n"));
    CHECK(contains(member, "  tag barn  until 2027-09-22  admitted\n"));
    CHECK(contains(member, "list     4  signed 2026-09-21  2 revoked  0 delegated  this device may invite\n"));
    CHECK(contains(member, "network key 3 2   time not known\n"));
    CHECK(contains(member, "note     asked pump-1"));
    CHECK(contains(bench.good({"fleet", "status", "--json"}), "{\"v\":1,\"mode\":\"ready\",\"name\":\"farm\""));

    shown.phase = api::FleetPhase::shut_out;
    shown.standing = admission::Standing::revoked;
    CHECK(contains(bench.good({"fleet", "status"}), "shut_out\n"));
    CHECK(contains(bench.good({"status"}), "its certificate is revoked"));
}

TEST_CASE("verbs of two words") {
    OnDevice bench;
    CHECK(contains(bench.bad(ExitCode::usage, {"fleet"}), "first word of several commands"));
    CHECK(contains(bench.bad(ExitCode::usage, {"fleet", "dance"}), "unknown command 'fleet dance'"));
    CHECK(contains(bench.bad(ExitCode::usage, {"fleet", "init"}), "usage: chordctl fleet init NAME"));
    bench.good({"fleet", "--json", "status"});
    CHECK(contains(bench.good({"help", "fleet", "delegate"}), "Usage: chordctl [OPTION...] fleet delegate DEVICE"));
    CHECK(contains(bench.good({"help", "invite"}), "--counter DEVICE|any"));
    CHECK(find_verb("fleet") == nullptr);
    CHECK(is_verb_group("fleet"));
    CHECK_FALSE(is_verb_group("flee"));
    CHECK_FALSE(is_verb_group(""));
    CHECK_FALSE(is_verb_group("get"));
    CHECK(verbs().back().name == "help");
}
