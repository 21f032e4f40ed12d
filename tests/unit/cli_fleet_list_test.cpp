// Which FleetList chordctl goes on from, what it signs, and which node it believes.
#include <doctest/doctest.h>

#include <cstdio>

#include "net/admission/armor.hpp"
#include "tests/support/cli_fleet_parts.hpp"

using namespace chord;
using namespace chord::cli;
using namespace chord::testing;
namespace admission = chord::net::admission;

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("the operator's list goes on from the ring's, and back to it") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    const Device barn(1), gate(2), other(3);
    bench.good({"admit", "-"}, request_text(barn, "barn-1"));
    bench.good({"admit", "-"}, request_text(gate, "gate-9"));
    const admission::FleetKey key = key_of(bench);
    CliNode node;
    node.enter(key.key.public_key());
    bench.node = &node;

    // Another machine with a copy of the key was here before: list 6 is in the ring.
    admission::FleetList ring;
    ring.network = key.network();
    ring.number = 6;
    ring.issued = kIssued - kDay;
    REQUIRE(ring.revoke(admission::Revocation::of_key(other.key.public_key(), admission::Reason::lost, kIssued)));
    const auto signed_ring = sign_list(ring, key.key);
    node.fleet.list_bytes.assign(signed_ring.begin(), signed_ring.end());

    CHECK(contains(bench.good({"revoke", "gate-9"}), "list 7 is with the ring"));
    CHECK_FALSE(contains(bench.notes, "no node"));
    const auto given = admission::read_list(as_bytes(node.fleet.given), key.key.public_key());
    REQUIRE(given.has_value());
    CHECK(given->number == 7);
    CHECK(given->revocation_of_key(gate.key.public_key()) != nullptr);
    CHECK(given->revocation_of_key(other.key.public_key()) != nullptr);
    CHECK(list_in(bench, bench.key_path("farm.list")) == *given);

    SUBCASE("two lists of one number: the next one has what both say") {
        ring.number = 7;
        const Device third(5);
        REQUIRE(ring.revoke(admission::Revocation::of_key(third.key.public_key(), admission::Reason::left, kIssued)));
        const auto forked = sign_list(ring, key.key);
        node.fleet.list_bytes.assign(forked.begin(), forked.end());
        bench.good({"fleet", "delegate", "barn-1"});
        CHECK(contains(bench.notes, "two different lists 7 were signed"));
        const auto next = admission::read_list(as_bytes(node.fleet.given), key.key.public_key());
        REQUIRE(next.has_value());
        CHECK(next->number == 8);
        CHECK(next->revocations.size() == 3);
        CHECK(next->delegations.size() == 1);
    }
    SUBCASE("the ring is behind: what was signed and not delivered is in the next one") {
        bench.good({"fleet", "delegate", "barn-1"});
        const auto next = admission::read_list(as_bytes(node.fleet.given), key.key.public_key());
        REQUIRE(next.has_value());
        CHECK(next->number == 8);
        CHECK(next->revocation_of_key(gate.key.public_key()) != nullptr);
    }
    SUBCASE("--out gives it to nobody") {
        node.fleet.given.clear();
        CHECK(contains(bench.good({"fleet", "delegate", "barn-1", "--out", bench.path("l")}), "fleet list set FILE"));
        CHECK(node.fleet.given.empty());
        CHECK(list_in(bench, bench.path("l")).number == 8);
        bench.node = nullptr;
        bench.bad(ExitCode::unreachable, {"fleet", "list", "set", bench.path("l")});
        bench.node = &node;
        node.fleet.number = std::uint32_t{8};
        CHECK(bench.good({"fleet", "list", "set", bench.path("l")}) == "list 8 is with the ring\n");
        CHECK(admission::read_list(as_bytes(node.fleet.given), key.key.public_key()).has_value());
    }
    SUBCASE("a node that does not take it: signed, kept, and said so") {
        node.fleet.number = api::FleetFault{api::FleetFault::Kind::refused, "an older list"};
        const RunResult result = bench.run({"fleet", "delegate", "barn-1"});
        CHECK(result.code == ExitCode::try_again);
        CHECK(contains(result.err, "list 8 is signed, but the node did not take it (an older list)"));
        CHECK(list_in(bench, bench.key_path("farm.list")).number == 8);
    }
    SUBCASE("the newest list is out of reach: nothing is signed") {
        bench.node = nullptr;
        REQUIRE(std::remove(bench.key_path("farm.list").c_str()) == 0);
        CHECK(contains(bench.bad(ExitCode::try_again, {"revoke", "barn-1"}), "this key has signed list 7"));
        CHECK(key_of(bench).list_number == 7);
        bench.node = &node;
        CHECK(bench.run({"revoke", "barn-1"}).code == ExitCode::try_again);  // the ring has 6
        const std::string carried =
            bench.write("seven", admission::armored(admission::kFleetListArmor, as_bytes(node.fleet.given)));
        bench.good({"revoke", "barn-1", "--list", carried});
        CHECK(list_in(bench, bench.key_path("farm.list")).number == 8);
        CHECK(list_in(bench, bench.key_path("farm.list")).revocations.size() == 3);
    }
    SUBCASE("--force accepts the loss") {
        bench.node = nullptr;
        REQUIRE(std::remove(bench.key_path("farm.list").c_str()) == 0);
        bench.good({"revoke", "barn-1", "--force"});
        CHECK(list_in(bench, bench.key_path("farm.list")).number == 8);  // never a number twice
    }
    SUBCASE("fleet list get prints the ring's") {
        const auto bytes = admission::unarmored(admission::kFleetListArmor, bench.good({"fleet", "list", "get"}));
        REQUIRE(bytes.has_value());
        CHECK(as_text(*bytes) == node.fleet.list_bytes);
        node.fleet.list_bytes.clear();
        bench.bad(ExitCode::negative, {"fleet", "list", "get"});
    }
}

TEST_CASE("which node the operator's verbs believe") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    const Device barn(1);
    bench.good({"admit", "-"}, request_text(barn, "barn-1"));
    SUBCASE("another fleet's node: nothing is signed") {
        CliNode node;
        node.enter(signing_key(99).public_key());
        bench.node = &node;
        CHECK(contains(bench.bad(ExitCode::usage, {"revoke", "barn-1"}), "of another fleet"));
        CHECK(key_of(bench).list_number == 0);
        CHECK(contains(bench.bad(ExitCode::usage, {"fleet", "rotate-key"}), "of another fleet"));
        CHECK(key_of(bench).network_keys.front().number == 1);
    }
    SUBCASE("a node in no fleet, or in trial mode, is none") {
        CliNode node;
        bench.node = &node;
        bench.good({"revoke", "barn-1"});
        CHECK(contains(bench.notes, "the node there is in no fleet yet"));
        node.api.context.fleet = nullptr;
        bench.good({"revoke", "barn-1"});
        CHECK(contains(bench.notes, "trial mode"));
    }
    SUBCASE("a node that refuses this user is a failure") {
        CliNode node(false);
        node.enter(key_of(bench).key.public_key());
        bench.node = &node;
        bench.bad(ExitCode::not_permitted, {"revoke", "barn-1"});
    }
    SUBCASE("a list that the key did not sign is not gone on from") {
        CliNode node;
        node.enter(key_of(bench).key.public_key());
        admission::FleetList list;
        list.network = key_of(bench).network();
        list.number = 5;
        const auto forged = sign_list(list, signing_key(7));
        node.fleet.list_bytes.assign(forged.begin(), forged.end());
        bench.node = &node;
        CHECK(contains(bench.bad(ExitCode::protocol, {"revoke", "barn-1"}), "not signed by this fleet key"));
    }
    SUBCASE("rotate-key changes nothing without a node, and --resend makes no new key") {
        bench.bad(ExitCode::unreachable, {"fleet", "rotate-key"});
        CHECK(key_of(bench).network_keys.front().number == 1);
        CliNode node;
        node.enter(key_of(bench).key.public_key());
        bench.node = &node;
        bench.good({"fleet", "rotate-key"});
        CHECK(key_of(bench).network_keys.front().number == 2);
        admission::NetworkKeyring keyring(key_of(bench).key.public_key());
        CHECK(*keyring.offer(as_bytes(node.fleet.given)));
        CHECK(keyring.keys()[0].number == 2);
        node.fleet.number = api::FleetFault{api::FleetFault::Kind::no_room, "the disk is full"};
        CHECK(contains(bench.bad(ExitCode::try_again, {"fleet", "rotate-key", "--resend"}), "--resend"));
        CHECK(key_of(bench).network_keys.front().number == 2);
        node.fleet.number = std::uint32_t{2};
        const std::string file = bench.path("k");
        bench.good({"fleet", "rotate-key", "--resend", "--out", file});
        CHECK(bench.good({"fleet", "key", "set", file}) == "network key 2 is with the ring\n");
        CHECK(contains(bench.bad(ExitCode::usage, {"fleet", "key", "set", bench.write("x", "y")}), "NETWORK KEY"));
    }
}

TEST_CASE("a node that knows the time: what is a day from it is signed only when the clock is vouched for") {
    CliBench bench;
    bench.good({"fleet", "init", "farm"});
    bench.good({"admit", "-"}, request_text(Device(1), "barn-1"));
    bench.good({"admit", "-"}, request_text(Device(2), "gate-9"));
    CliNode node;
    node.enter(key_of(bench).key.public_key());
    node.fleet.shown.time = kIssued;
    bench.node = &node;
    bench.wall = kIssued + 400 * kDay;

    node.fleet.shown.time_known = false;
    bench.good({"fleet", "delegate", "barn-1", "--out", bench.path("unknown")});

    node.fleet.shown.time_known = true;
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"revoke", "gate-9"}, {"renew", "gate-9"}, {"fleet", "undelegate", "barn-1"}}) {
        const std::string why = bench.bad(ExitCode::bad_config, command);
        CHECK(contains(why, "and the fleet's time is"));
        CHECK(contains(why, "--trust-clock"));
    }
    CHECK(key_of(bench).list_number == 1);
    node.fleet.shown.time = bench.wall - kDay;
    bench.good({"revoke", "gate-9"});
    node.fleet.shown.time = bench.wall + kDay + 1;
    bench.bad(ExitCode::bad_config, {"revoke", "barn-1"});
    bench.good({"revoke", "barn-1", "--trust-clock"});
}
