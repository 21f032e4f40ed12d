// chordctl's fleet verbs from beginning to end: what an operator does without any node, what he does with one, and the
// results as the devices see them.
#include "net/admission/armor.hpp"
#include "net/admission/invite_desk.hpp"
#include "node/cli/fleet/show_fleet.hpp"
#include "tests/support/cli_fleet_parts.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

using namespace chord;
using namespace chord::cli;
using namespace chord::testing;
namespace admission = chord::net::admission;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a fleet's whole life without a node: init, admit, delegate, invite, revoke, rotate") {
    CliBench bench;
    CHECK(bench.good({"fleet", "init", "farm"}).substr(0, 13) == "fleet \"farm\" ");
    CHECK(contains(bench.notes, "back this file up"));

    const Device barn(1);
    const std::string request = bench.write("barn.request", request_text(barn, "barn-1", "barn"));
    const std::string file = bench.good({"admit", request, "--bootstrap", "192.168.7.14:7400,[fd00::31]:7400"});
    CHECK(file.substr(0, file.find("-----")) == "Fleet: farm\nDevice: barn-1\n");
    const auto entered = opened(file, barn);
    const auto& certificate = entered.file.certificate;
    CHECK(certificate.content.name == "barn-1");
    CHECK(certificate.content.tag == "barn");
    CHECK(certificate.content.lifetime == 366 * kDay);
    CHECK(certificate.content.not_before == kIssued);
    CHECK(entered.file.bootstrap.size() == 2);
    admission::NetworkKeyring keyring(entered.file.fleet_key);
    CHECK(*keyring.offer(entered.network_key.bytes()));
    CHECK(keyring.keys()[0].number == 1);
    CHECK(contains(bench.notes, "admitted barn-1 (" + short_id(certificate) + ")"));

    // An inviter, named by its name.
    const std::string delegated = bench.good({"fleet", "delegate", "barn-1", "--lifetime", "30d"});
    CHECK(contains(delegated, "barn-1 (" + short_id(certificate) + ") may admit devices until 2027-09-"));
    CHECK(contains(delegated, "nothing has changed in the ring until a node gets it"));
    CHECK(contains(bench.notes, "no node of the fleet answers (no daemon at /s)"));
    admission::FleetList list = list_in(bench, bench.key_path("farm.list"));
    CHECK(list.number == 1);
    REQUIRE(list.delegations.size() == 1);
    CHECK(list.delegations[0].inviter == barn.key.public_key());

    // Its desk redeems the invite, as often as the invite says.
    const std::string invite = bench.good({"invite", "--uses", "2", "--ttl", "2d", "--bootstrap", "10.0.0.1:7400"});
    REQUIRE(invite.back() == '\n');
    const auto read = admission::read_invite(invite.substr(0, invite.size() - 1));
    REQUIRE(read.has_value());
    CHECK(read->fleet_name == "farm");
    CHECK(read->token.terms.uses == 2);
    CHECK(read->token.terms.not_after == kIssued + 2 * kDay);
    CHECK(read->token.terms.counter == admission::issuer_id(barn.key.public_key()));
    CHECK(read->token.terms.lifetime == 30 * kDay);
    CHECK(read->network_key.number == 1);
    const admission::FleetTime time(kIssued, Time{});
    const auto fleet_key = key_of(bench).key.public_key();
    admission::InviteDesk desk(barn.key, *admission::InviteLedger::open({}, [](auto) { return Success{}; }));
    const Device pump(2);
    const auto granted = desk.redeem(read->token, pump.signed_request("pump-7"), pump.static_key.public_key(),
                                     {fleet_key, list, time, Time{}});
    REQUIRE(granted.has_value());
    CHECK(standing(*granted, bench, list, kIssued) == admission::Standing::admitted);

    // Another device is lost, and named by the beginning of its id.
    const Device gate(3);
    const auto lost = opened(bench.good({"admit", "-"}, request_text(gate, "gate-9")), gate).file.certificate;
    bench.wall += 3600;
    CHECK(contains(bench.good({"revoke", short_id(lost), "--reason", "lost"}), "revoked gate-9 (" + short_id(lost)));
    list = list_in(bench, bench.key_path("farm.list"));
    CHECK(list.number == 2);
    CHECK(list.issued == kIssued + 3600);
    CHECK(standing(lost, bench, list, bench.wall) == admission::Standing::revoked);
    CHECK(standing(certificate, bench, list, bench.wall) == admission::Standing::admitted);
    CHECK(standing(*granted, bench, list, bench.wall) == admission::Standing::admitted);
    CHECK(list.revocations[0].reason == admission::Reason::lost);
    CHECK(contains(bench.good({"fleet", "show"}), "revoked\n"));

    // The invite, and with it whoever came in by it.
    const std::string number = invite_number_text(read->token.terms.number);
    bench.good({"revoke", "--invite", number});
    list = list_in(bench, bench.key_path("farm.list"));
    CHECK(standing(*granted, bench, list, bench.wall) == admission::Standing::revoked);

    // A new network key goes by file, and is in what is made from then on.
    CHECK(contains(bench.good({"fleet", "rotate-key", "--out", bench.path("key.txt")}), "network key 2 is in "));
    const auto record = admission::unarmored("CHORD NETWORK KEY", bench.read(bench.path("key.txt")));
    REQUIRE(record.has_value());
    CHECK(*keyring.offer(*record));
    CHECK(keyring.keys()[0].number == 2);
    const std::string later = bench.good({"invite", "--bootstrap", "10.0.0.1:7400", "--json"});
    CHECK(contains(later, "\"invite\":\"chord1:farm:"));
    const Device mill(4);
    admission::NetworkKeyring fresh(fleet_key);
    const auto late = opened(bench.good({"admit", "-"}, request_text(mill)), mill);
    CHECK(*fresh.offer(late.network_key.bytes()));
    CHECK(fresh.keys()[0].number == 2);
    // With the newest list, as it was signed.
    CHECK(entered.file.list.empty());
    const auto carried = admission::read_list(late.file.list, fleet_key);
    REQUIRE(carried.has_value());
    CHECK(*carried == list_in(bench, bench.key_path("farm.list")));
}

TEST_CASE("undelegate ends an inviter's right, and what it issued lives on") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    const Device barn(1);
    bench.good({"admit", "-"}, request_text(barn, "barn-1"));
    bench.bad(ExitCode::negative, {"invite", "--bootstrap", "10.0.0.1"});
    bench.good({"fleet", "delegate", "barn-1", "--tag", "barn"});
    bench.wall += kDay;
    bench.good({"fleet", "undelegate", "barn-1"});
    const auto list = list_in(bench, bench.key_path("farm.list"));
    REQUIRE(list.delegations.size() == 1);
    CHECK(list.delegations[0].from == kIssued);
    CHECK(list.delegations[0].until == kIssued + kDay);
    CHECK(bench.run({"fleet", "undelegate", "barn-1"}).code == ExitCode::negative);
    CHECK(contains(bench.bad(ExitCode::negative, {"invite", "--bootstrap", "10.0.0.1"}), "fleet delegate"));
    // Years later it is of no use to anybody.
    bench.wall += 500 * kDay;
    bench.good({"admit", "-"}, request_text(Device(2), "gate-1"));
    bench.good({"revoke", "gate-1"});
    CHECK(list_in(bench, bench.key_path("farm.list")).delegations.empty());
}

TEST_CASE("a device is named by name, by id or by its file; whoever could be meant is listed") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    const Device one(1), two(2), far(3);
    const std::string file = bench.good({"admit", "-"}, request_text(one, "gate-9"));
    const auto first = opened(file, one).file.certificate;
    const auto second = opened(bench.good({"admit", "-"}, request_text(two, "gate-8")), two).file.certificate;
    const admission::FleetKey key = key_of(bench);

    // A node shows another gate-9, whom an inviter admitted; and one that nobody did.
    CliNode node;
    node.enter(key.key.public_key());
    bench.node = &node;
    admission::AdmissionTerms terms;
    terms.network = key.network();
    terms.name = "gate-9";
    terms.tag = "far";
    terms.issued = kIssued;
    const auto third = *admission::admit(far.request(), terms, key.key);
    terms.name = "gate-8";
    const auto forged = *admission::admit(Device(4).request(), terms, signing_key(66));
    const auto shown = [](const admission::SignedCertificate& certificate) {
        return api::FleetDevice{certificate.content.position(0), certificate, admission::Standing::admitted, false};
    };
    api::FleetDevice silent{Id{}, std::nullopt, admission::Standing::admitted, false};
    node.fleet.devices = std::vector<api::FleetDevice>{shown(third), shown(forged), silent};

    const std::string both = bench.bad(ExitCode::usage, {"revoke", "gate-9"});
    CHECK(contains(both, "'gate-9' fits 2 devices"));
    CHECK(contains(both, first.content.position(0).hex().substr(0, 16)));
    CHECK(contains(both, third.content.position(0).hex().substr(0, 16)));
    CHECK(node.fleet.asked_all == true);
    CHECK(contains(bench.good({"revoke", third.content.position(3).hex().substr(0, 12)}),
                   "revoked gate-9 (" + short_id(third)));
    CHECK(contains(bench.good({"revoke", "gate-8"}), "revoked gate-8 (" + short_id(second)));
    CHECK(contains(bench.good({"revoke", bench.write("g.cert", file)}), "revoked gate-9 (" + short_id(first)));

    CHECK(contains(bench.bad(ExitCode::usage, {"revoke", "gate-7"}), "there is no device, and no file gate-7"));
    CHECK(contains(bench.bad(ExitCode::usage, {"revoke", third.content.position(0).hex().substr(0, 7)}), "no device"));
    CHECK(contains(bench.bad(ExitCode::usage, {"revoke", bench.write("bad",
                                                                     "-----BEGIN CHORD CERTIFICATE-----\nAAAA\n"
                                                                     "-----END CHORD CERTIFICATE-----\n")}),
                   "is damaged"));
    CHECK(bench.run({"revoke"}).code == ExitCode::usage);
    CHECK(bench.run({"revoke", "gate-9", "--invite", "01020304"}).code == ExitCode::usage);
    CHECK(bench.run({"revoke", "--invite", "0"}).code == ExitCode::usage);
    CHECK(bench.run({"revoke", "gate-8", "--reason", "sold"}).code == ExitCode::usage);
}

TEST_CASE("admit: names are given once, a device keeps its place, a revoked one stays out") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    const Device gate(1), other(2);
    const auto first = opened(bench.good({"admit", "-"}, request_text(gate, "gate-9")), gate).file.certificate;
    CHECK(
        contains(bench.bad(ExitCode::usage, {"admit", "-"}, request_text(other, "gate-9")), "the name gate-9 is that"));
    const auto again = opened(bench.good({"admit", "-", "--tag", "yard"}, request_text(gate)), gate).file.certificate;
    CHECK(again.content.name == "gate-9");
    CHECK(again.content.tag == "yard");
    CHECK(again.content.position(0) == first.content.position(0));
    const std::string named =
        bench.good({"admit", "-", "--name", "gate-10", "--lifetime", "10d", "--json"}, request_text(other, "x", "y"));
    CHECK(contains(named, "{\"v\":1,\"name\":\"gate-10\",\"id\":\""));
    CHECK(contains(named, "\"tag\":\"y\""));
    CHECK(contains(named, "\"not_after\":" + std::to_string(kIssued + 10 * kDay)));
    CHECK(contains(named, "\"file\":\"Fleet: farm\\nDevice: gate-10\\n-----BEGIN CHORD CERTIFICATE-----\\n"));

    bench.good({"revoke", "gate-9", "--reason", "stolen"});
    CHECK(contains(bench.bad(ExitCode::negative, {"admit", "-"}, request_text(gate)), "was revoked on 2026-09-"));
    bench.good({"admit", "-"}, request_text(Device(3), "gate-9"));  // the name is free again

    // Devices without a wish get a name of their own.
    CHECK(contains(bench.good({"admit", "-", "--json"}, request_text(Device(5))), "\"name\":\"node-"));
}

TEST_CASE("admit: by the local node where there is no fleet key, or with --node") {
    CliBench bench;
    CliNode node;
    bench.node = &node;
    const std::string request = request_text(Device(1));
    const std::string file = admission::armored(admission::kCertificateArmor, std::vector<std::uint8_t>(9, 1));
    node.fleet.admitted_file = file;
    CHECK(bench.good({"admit", "-", "--name", "gate-9", "--tag", "gate", "--lifetime", "30d"}, request) == file);
    CHECK(node.fleet.given == request);
    CHECK(node.fleet.admit_wish.name == "gate-9");
    CHECK(node.fleet.admit_wish.tag == "gate");
    CHECK(node.fleet.admit_wish.lifetime == 30 * kDay);
    bench.good({"fleet", "init", "farm"});
    CHECK(bench.good({"admit", "-", "--node"}, request) == file);
    CHECK(bench.good({"admit", "-"}, request) != file);
    bench.bad(ExitCode::usage, {"admit", "-", "--node", "--roles", "admin"}, request);
    node.fleet.admitted_file = api::FleetFault{api::FleetFault::Kind::bad_input, "no request"};
    bench.bad(ExitCode::usage, {"admit", "-", "--node"}, "hello");
}

TEST_CASE("renew: the same device for longer, by a file that it can take without leaving its place") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    const Device gate(1);
    const auto old =
        opened(bench.good({"admit", "-", "--lifetime", "90d"}, request_text(gate, "gate-9")), gate).file.certificate;
    CHECK(bench.run({"renew", "gate-9"}).code == ExitCode::negative);  // it would end at the same second
    bench.wall += 60 * kDay;
    const auto renewed = opened(bench.good({"renew", "gate-9"}), gate).file.certificate;
    CHECK(admission::is_renewal(old.content, renewed.content));
    CHECK(renewed.content.serial() == old.content.serial());
    CHECK(renewed.content.not_after() == old.content.not_after() + 60 * kDay);
    const auto longer = opened(bench.good({"renew", "gate-9", "--lifetime", "366d"}), gate).file.certificate;
    CHECK(longer.content.lifetime == 366 * kDay);
    bench.good({"revoke", "gate-9"});
    const RunResult refused = bench.run({"renew", "gate-9"});
    CHECK(refused.code == ExitCode::negative);
    CHECK(contains(refused.err, "was revoked"));
}

TEST_CASE("invite: who counts, and what an inviter may grant") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    const Device barn(1), mill(2);
    bench.good({"admit", "-"}, request_text(barn, "barn-1"));
    bench.good({"admit", "-"}, request_text(mill, "mill-2"));
    bench.good({"fleet", "delegate", "barn-1", "--tag", "barn", "--lifetime", "20d"});
    const auto made = [&](std::vector<std::string> flags) {
        flags.insert(flags.begin(), {"invite", "--bootstrap", "10.0.0.1:7400"});
        const std::string out = bench.good(flags);
        auto invite = admission::read_invite(out.substr(0, out.find('\n')));
        REQUIRE(invite.has_value());
        return invite->token;
    };
    CHECK(made({}).terms.tag == "barn");
    CHECK(made({}).terms.lifetime == 20 * kDay);
    CHECK(contains(bench.bad(ExitCode::negative, {"invite", "--bootstrap", "10.0.0.1", "--tag", "yard"}), "barn only"));
    bench.good({"fleet", "delegate", "mill-2"});
    CHECK(contains(bench.bad(ExitCode::usage, {"invite", "--bootstrap", "10.0.0.1"}), "--counter"));
    CHECK(made({"--counter", "mill-2", "--lifetime", "7d"}).terms.counter ==
          admission::issuer_id(mill.key.public_key()));
    CHECK(made({"--counter", "any", "--tag", "yard"}).terms.counter == admission::IssuerId{});
    CHECK(contains(bench.notes, "counted by each of 2 inviters for itself"));
    bench.good({"admit", "-"}, request_text(Device(3), "yard-3"));
    CHECK(bench.run({"invite", "--bootstrap", "10.0.0.1", "--counter", "yard-3"}).code == ExitCode::negative);

    for (const std::vector<std::string>& flags : {std::vector<std::string>{"--uses", "0"},
                                                  {"--uses", "1001"},
                                                  {"--uses", "two"},
                                                  {"--ttl", "6y"},
                                                  {"--ttl", "500ms"},
                                                  {"--ttl", "2000d"},
                                                  {"--tag", "Barn"},
                                                  {"--bootstrap", "host:7400"},
                                                  {"--bootstrap", "fe80::1"},
                                                  {"--bootstrap", "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5"}}) {
        CAPTURE(flags[0]);
        CAPTURE(flags[1]);
        std::vector<std::string> arguments{"invite", "--bootstrap", "10.0.0.1", "--counter", "mill-2"};
        arguments.insert(arguments.end(), flags.begin(), flags.end());
        bench.bad(ExitCode::usage, arguments);
    }

    // Without a fleet key, or with --node, the node makes it.
    CliNode node;
    bench.node = &node;
    CHECK(bench.good({"invite", "--node", "--uses", "5", "--ttl", "1h", "--tag", "yard"}) == "chord1:farm:abc\n");
    CHECK(node.fleet.wish.uses == 5);
    CHECK(node.fleet.wish.seconds == 3600);
    CHECK(node.fleet.wish.tag == "yard");
    bench.bad(ExitCode::usage, {"invite", "--node", "--counter", "any"});
    node.fleet.invite_text = api::FleetFault{api::FleetFault::Kind::not_delegated, "this node is no inviter"};
    bench.bad(ExitCode::not_permitted, {"invite", "--node"});
}

TEST_CASE("the QR code of an invite is read back by a program that shares nothing with it") {
    if (std::system("zbarimg --version >/dev/null 2>&1") != 0) {
        MESSAGE("skipped: zbarimg is not installed (Debian: zbar-tools)");
        return;
    }
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    const Device barn(1);
    bench.good({"admit", "-"}, request_text(barn, "barn-1"));
    bench.good({"fleet", "delegate", "barn-1"});
    const std::string out = bench.good({"invite", "--qr", "--bootstrap", "192.168.7.14:7400,[fd00::31]:7400"});
    const std::size_t end = out.rfind('\n', out.size() - 2);
    const std::string invite = out.substr(end + 1, out.size() - end - 2);

    // A bitmap of what the terminal shows: each character is two modules above each other, a block is light.
    std::vector<std::string> rows;
    std::string upper, lower;
    for (std::size_t i = 0; i <= end;) {
        if (out[i] == '\n') {
            rows.push_back(std::exchange(upper, {}));
            rows.push_back(std::exchange(lower, {}));
            ++i;
            continue;
        }
        const std::string character = out.substr(i, out[i] == ' ' ? 1 : 3);
        upper += character == "█" || character == "▀" ? "0" : "1";
        lower += character == "█" || character == "▄" ? "0" : "1";
        i += character.size();
    }
    constexpr std::size_t kScale = 4;
    std::string bitmap = "P1\n" + std::to_string(rows[0].size() * kScale) + " " + std::to_string(rows.size() * kScale);
    for (const std::string& row : rows) {
        std::string line = "\n";
        for (const char module : row) {
            for (std::size_t i = 0; i < kScale; ++i) line += std::string(1, module) + " ";
        }
        for (std::size_t i = 0; i < kScale; ++i) bitmap += line;
    }
    const std::string image = bench.write("invite.pbm", bitmap + "\n");
    const std::string text = bench.path("invite.txt");
    const std::string command =
        "zbarimg --quiet --raw -Sdisable -Sqrcode.enable '" + image + "' >'" + text + "' 2>/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
    CHECK(bench.read(text) == invite + "\n");
}
