// CHORD.STATUS and CHORD.FINGERS: the shape that scripts rely on (DESIGN 7).
#include "tests/support/api_client.hpp"

#include <doctest/doctest.h>

using namespace chord;
using chord::testing::ApiClient;
using chord::testing::test_peer;

namespace {

std::string text(std::string_view value) {
    return "$" + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
}

std::string number(std::string_view name, int value) {
    return text(name) + ":" + std::to_string(value) + "\r\n";
}

std::string peer(std::uint8_t id) {
    return text("id") + text(test_peer(id).id.hex()) + text("address") + text("10.0.0." + std::to_string(id) + ":7400");
}

/// `null`, `real` and `map` as the protocol at hand writes them.
template <typename Map, typename Real>
std::string expected_status(const std::string& null, Map map, Real real) {
    return map(11) + text("version") + text("0.1.0") + text("state") + text("ready") + text("node") + map(4) +
           text("id") + text(test_peer(1).id.hex()) + text("name") + text("barn-3") + text("address") +
           text("10.0.0.1:7400") + number("position", 0) + text("ring") + map(5) + text("name") + text("farm") +
           text("one_ring") + null + text("size_estimate") + real("5.5") + text("predecessor") + map(3) + peer(9) +
           text("rtt_ms") + null + text("successors") + "*2\r\n" + map(3) + peer(2) + text("rtt_ms") + real("0.25") +
           map(3) + peer(3) + text("rtt_ms") + null + text("fleet") + null + text("keys") + map(3) +
           number("owned", 10) + number("held", 30) + number("bytes", 300) + text("traffic") + map(4) +
           number("tx_bytes", 4) + number("rx_bytes", 2) + number("tx_datagrams", 5) + number("rx_datagrams", 3) +
           text("store") + map(3) + number("map_bytes", 1000) + number("used_bytes", 500) +
           number("bytes_written", 700) + number("uptime_s", 61) + text("counters") + map(5) + number("lookups_ok", 1) +
           number("rx_bytes", 2) + number("rx_datagrams", 3) + number("tx_bytes", 4) + number("tx_datagrams", 5) +
           text("notes") + "*0\r\n";
}

}  // namespace

TEST_CASE("CHORD.STATUS has exactly the promised shape") {
    ApiClient api;
    NodeView& view = api.client.shown;
    view.self = test_peer(1);
    view.phase = Phase::member;
    view.predecessor = NeighborView{test_peer(9), std::nullopt};
    view.successors = {NeighborView{test_peer(2), Duration(250)}, NeighborView{test_peer(3), std::nullopt}};
    view.size_estimate = 5.5;
    view.keys_owned = 10;
    view.keys_held = 30;
    view.bytes_held = 300;
    view.store.map_bytes = 1000;
    view.store.used_bytes = 500;
    view.store.bytes_written = 700;
    view.uptime = std::chrono::milliseconds(61'999);
    view.counters = {{"lookups_ok", 1}, {"rx_bytes", 2}, {"rx_datagrams", 3}, {"tx_bytes", 4}, {"tx_datagrams", 5}};

    CHECK(api.ask("CHORD.STATUS") == expected_status(
                                         "$-1\r\n", [](int pairs) { return "*" + std::to_string(2 * pairs) + "\r\n"; },
                                         [](std::string_view value) { return text(value); }));
    api.ask("HELLO 3");
    CHECK(api.ask("CHORD.STATUS") == expected_status(
                                         "_\r\n", [](int pairs) { return "%" + std::to_string(pairs) + "\r\n"; },
                                         [](std::string_view value) { return "," + std::string(value) + "\r\n"; }));
}

TEST_CASE("the states have DESIGN's words") {
    ApiClient api;
    for (const auto& [phase, word] : {std::pair{Phase::joining, "joining"},
                                      {Phase::solo, "solo"},
                                      {Phase::member, "ready"},
                                      {Phase::leaving, "leaving"},
                                      {Phase::gone, "gone"}}) {
        api.client.shown.phase = phase;
        CHECK(api.ask("CHORD.STATUS").find(text("state") + text(word)) != std::string::npos);
    }
}

TEST_CASE("a node alone has neither predecessor nor successors nor counters") {
    ApiClient api;
    const std::string status = api.ask("CHORD.STATUS");
    CHECK(status.find(text("predecessor") + "$-1\r\n" + text("successors") + "*0\r\n") != std::string::npos);
    CHECK(status.find(number("tx_bytes", 0)) != std::string::npos);
    CHECK(status.find(text("counters") + "*0\r\n") != std::string::npos);
}

TEST_CASE("CHORD.STATUS notes what the operator should know") {
    ApiClient api;
    NodeView& view = api.client.shown;
    const auto notes = [&] {
        const std::string status = api.ask("CHORD.STATUS");
        return status.substr(status.find(text("notes")) + text("notes").size());
    };
    const auto only = [](std::string_view note) { return "*1\r\n" + text(note); };

    view.phase = Phase::solo;
    CHECK(notes() == "*0\r\n");
    view.ring_size_confirmed = 2;
    CHECK(notes() == only("alone; at least 1 other node is missing, writes are refused until one returns"));
    view.ring_size_confirmed = 3;
    api.context.peers_configured = 1;
    CHECK(notes() == only("alone; at least 2 other nodes are missing, writes are refused until one returns"));
    view.ring_size_confirmed = 1;
    CHECK(notes().find("alone: none of 1 --peer answers") != std::string::npos);
    view.counters = {{"answers", 1}};
    CHECK(notes() == "*0\r\n");  // it did answer, and left
    view.phase = Phase::member;
    view.ring_size_confirmed = 3;
    CHECK(notes() == "*0\r\n");
    api.context.store_full = true;
    CHECK(notes().find("full: writes are refused") != std::string::npos);
    api.context.store_full = false;
    view.phase = Phase::gone;
    CHECK(notes() == only("this node has left the ring; restart chordd to rejoin"));
}

TEST_CASE("CHORD.FINGERS") {
    ApiClient api;
    CHECK(api.ask("CHORD.FINGERS") == "*0\r\n");
    api.client.shown.fingers = {FingerView{0, 250, test_peer(2)}, FingerView{251, 255, test_peer(9)}};
    CHECK(api.ask("CHORD.FINGERS") == "*2\r\n*8\r\n" + number("first", 0) + number("last", 250) + peer(2) + "*8\r\n" +
                                          number("first", 251) + number("last", 255) + peer(9));
}
