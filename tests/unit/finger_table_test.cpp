// FingerTable: which fingers are kept (ToN section IV-D), and in what order.
#include "node/core/ring/finger_table.hpp"

#include <doctest/doctest.h>

namespace chord {
namespace {

Peer peer(std::uint64_t top) {
    return Peer{Id{{top << 56, 0, 0, 0}}, {}};
}

std::vector<int> exponents(const FingerTable& table) {
    std::vector<int> list;
    for (const FingerTable::Finger& finger : table.fingers()) {
        list.push_back(finger.exponent);
    }
    return list;
}

TEST_CASE("finger_table: wants the fingers whose target lies beyond the first successor, largest first") {
    const FingerTable table(peer(0x10).id);
    // 0x10 + 2^252 is 0x20 and belongs to the first successor, 0x10 + 2^253 is 0x30 and does not.
    CHECK(table.wanted(peer(0x20).id) == std::vector<int>{255, 254, 253});
    CHECK(table.wanted(peer(0x2f).id) == std::vector<int>{255, 254, 253});
    CHECK(table.wanted(peer(0x30).id) == std::vector<int>{255, 254});
}

TEST_CASE("finger_table: a first successor more than half the ring away leaves none to keep") {
    const FingerTable table(peer(0x10).id);
    CHECK(table.wanted(peer(0x91).id).empty());
    CHECK(table.wanted(peer(0x90).id).empty());
    CHECK(table.wanted(peer(0x8f).id) == std::vector<int>{255});
}

TEST_CASE("finger_table: wants all 256 when the next node is the next point") {
    const FingerTable table(Id{});
    CHECK(table.wanted(Id{{0, 0, 0, 1}}).size() == 255);  // finger 0 is the successor itself
    const FingerTable last(Id{{~0ULL, ~0ULL, ~0ULL, ~0ULL}});
    CHECK(last.wanted(Id{}).size() == 255);
}

TEST_CASE("finger_table: set keeps the order and replaces") {
    FingerTable table(peer(0x10).id);
    table.set(253, peer(0x40));
    table.set(255, peer(0x90));
    table.set(254, peer(0x50));
    CHECK(exponents(table) == std::vector<int>{255, 254, 253});
    table.set(254, peer(0x60));
    CHECK(exponents(table) == std::vector<int>{255, 254, 253});
    CHECK(table.fingers()[1].peer == peer(0x60));
}

TEST_CASE("finger_table: nodes are told once each, the furthest first") {
    FingerTable table(peer(0).id);
    CHECK(table.nodes(8).empty());
    table.set(3, peer(8));
    table.set(4, peer(16));
    table.set(5, peer(32));
    table.set(2, peer(8));
    CHECK(table.nodes(8) == std::vector<Peer>{peer(32), peer(16), peer(8)});
    CHECK(table.nodes(2) == std::vector<Peer>{peer(32), peer(16)});
}

TEST_CASE("finger_table: forget drops every finger at a peer, keep_only what is not wanted, clear all") {
    FingerTable table(peer(0x10).id);
    table.set(255, peer(0x90));
    table.set(254, peer(0x90));
    table.set(253, peer(0x40));
    table.set(252, peer(0x20));
    table.forget(peer(0x90).id);
    CHECK(exponents(table) == std::vector<int>{253, 252});
    table.keep_only({255, 254, 253});
    CHECK(exponents(table) == std::vector<int>{253});
    table.clear();
    CHECK(table.fingers().empty());
}

}  // namespace
}  // namespace chord
