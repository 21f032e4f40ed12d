// CHORD.RING, CHORD.LOOKUP, CHORD.TRACE, reply by reply.
#include "node/core/base/hash.hpp"
#include "tests/support/api_client.hpp"

#include <doctest/doctest.h>

using namespace chord;
using chord::testing::ApiClient;
using chord::testing::test_peer;

namespace {

std::string text(std::string_view value) {
    return "$" + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
}

std::string peer(std::uint8_t id) {
    return text("id") + text(test_peer(id).id.hex()) + text("address") + text("10.0.0." + std::to_string(id) + ":7400");
}

void make_ring_of_two(ApiClient& api) {
    api.client.shown.self = test_peer(0x40);
    api.client.shown.predecessor = NeighborView{test_peer(0x80), Duration(9500)};
    api.client.shown.successors = {NeighborView{test_peer(0x80), Duration(9500)}};
    api.client.walked = std::vector<Client::WalkedNode>{{test_peer(0x80), test_peer(0x40), true}};
}

}  // namespace

TEST_CASE("CHORD.RING lists this node first") {
    ApiClient api;
    make_ring_of_two(api);
    const auto node = [](std::uint8_t id, const std::string& rtt, std::string_view owns, std::string_view state) {
        return "*10\r\n" + peer(id) + text("rtt_ms") + rtt + text("owns") + text(owns) + text("state") + text(state);
    };
    CHECK(api.ask("CHORD.RING") ==
          "*2\r\n" + node(0x40, "$-1\r\n", "0.75", "self") + node(0x80, text("9.5"), "0.25", "alive"));
    CHECK(api.client.walk_count == 10'000);
    api.ask("CHORD.RING COUNT 1");
    CHECK(api.client.walk_count == 1);
    api.ask("CHORD.RING COUNT 1000000000");
    CHECK(api.client.walk_count == 10'000);
    CHECK(api.ask("CHORD.RING COUNT 0") == "-ERR value is not an integer or out of range\r\n");
    CHECK(api.ask("CHORD.RING COUNT x") == "-ERR value is not an integer or out of range\r\n");
    CHECK(api.ask("CHORD.RING FOO") == "-ERR syntax error\r\n");
    api.ask("HELLO 3");
    CHECK(api.ask("CHORD.RING").find(text("rtt_ms") + ",9.5\r\n" + text("owns") + ",0.25\r\n") != std::string::npos);
}

TEST_CASE("CHORD.RING CHECK") {
    ApiClient api;
    make_ring_of_two(api);
    const auto counts = [](int gaps) {
        return text("nodes") + ":2\r\n" + text("gaps") + ":" + std::to_string(gaps) + "\r\n" + text("overlaps") +
               ":0\r\n" + text("silent") + ":0\r\n" + text("silent_nodes") + "*0\r\n" + text("missing") + ":0\r\n";
    };
    CHECK(api.ask("CHORD.RING CHECK") == "*14\r\n" + text("one_ring") + ":1\r\n" + counts(0));
    CHECK(api.client.walk_count == 100'000);
    api.ask("HELLO 3");
    CHECK(api.ask("CHORD.RING check") == "%7\r\n" + text("one_ring") + "#t\r\n" + counts(0));
    api.client.walked = std::vector<Client::WalkedNode>{{test_peer(0x80), test_peer(0x60), true}};
    CHECK(api.ask("CHORD.RING CHECK") == "%7\r\n" + text("one_ring") + "#f\r\n" + counts(1));
    api.client.walked = Error::not_member;
    CHECK(api.ask("CHORD.RING CHECK") ==
          "-NOTJOINED not a member of the ring (still joining, or it left: restart chordd to rejoin)\r\n");
}

TEST_CASE("CHORD.RING CHECK names who is silent and counts who is missing; who has left is told so") {
    ApiClient api;
    make_ring_of_two(api);
    api.client.walked = std::vector<Client::WalkedNode>{{test_peer(0x80), std::nullopt, false}};
    CHECK(api.ask("CHORD.RING CHECK")
              .find(text("silent") + ":1\r\n" + text("silent_nodes") + "*1\r\n*4\r\n" + peer(0x80)) !=
          std::string::npos);

    api.client.shown = NodeView{};
    api.client.shown.phase = Phase::solo;
    api.client.shown.ring_size_confirmed = 3;
    api.client.walked = std::vector<Client::WalkedNode>{};
    CHECK(api.ask("CHORD.RING CHECK").find(text("missing") + ":2\r\n") != std::string::npos);

    api.client.shown.phase = Phase::gone;
    for (const char* command : {"CHORD.RING", "CHORD.RING CHECK"})
        CHECK(api.ask(command) == "-NOTJOINED this node has left the ring; restart chordd to rejoin\r\n");
}

TEST_CASE("CHORD.LOOKUP and CHORD.TRACE") {
    ApiClient api;
    LookupTrace trace;
    trace.holders = {test_peer(1), test_peer(2)};
    trace.hops = {{test_peer(3), RouteSource{12}, Duration(14'200)}, {test_peer(1), RouteSource{259}, std::nullopt}};
    trace.messages = 5;
    trace.elapsed = Duration(38'400);
    api.client.trace = trace;
    const std::string id = text("key_id") + text(key_id("dev/a").hex());
    const std::string holders =
        text("owner") + "*4\r\n" + peer(1) + text("holders") + "*2\r\n*4\r\n" + peer(1) + "*4\r\n" + peer(2);
    CHECK(api.ask("CHORD.LOOKUP dev/a") == "*6\r\n" + id + holders);
    CHECK(api.ask("CHORD.TRACE dev/a") ==
          "*12\r\n" + id + holders + text("hops") + "*2\r\n*8\r\n" + peer(3) + text("via") + text("finger[12]") +
              text("rtt_ms") + text("14.2") + "*8\r\n" + peer(1) + text("via") + text("successor[3]") + text("rtt_ms") +
              "$-1\r\n" + text("messages") + ":5\r\n" + text("elapsed_ms") + text("38.4"));
    api.client.trace = LookupTrace{};
    CHECK(api.ask("CHORD.LOOKUP dev/a") == "*6\r\n" + id + text("owner") + "$-1\r\n" + text("holders") + "*0\r\n");
    api.client.trace = Error::timeout;
    CHECK(api.ask("CHORD.TRACE dev/a") == "-TIMEOUT no answer in time\r\n");
    CHECK(api.ask("CHORD.TRACE " + std::string(4097, 'k')) == "-TOOBIG key is 4097 bytes, limit 4096\r\n");
}
