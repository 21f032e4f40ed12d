// Walks: shares of the ring, and what a check of a broken one finds.
#include "node/api/ring_walk.hpp"

#include "tests/support/fake_client.hpp"

#include <doctest/doctest.h>

using namespace chord;
using namespace chord::api;
using chord::testing::test_peer;

namespace {

NodeView self_between(std::uint8_t self, std::uint8_t predecessor, std::uint8_t successor) {
    NodeView view;
    view.self = test_peer(self);
    view.predecessor = NeighborView{test_peer(predecessor), std::nullopt};
    view.successors = {NeighborView{test_peer(successor), std::nullopt}};
    return view;
}

Client::WalkedNode node(std::uint8_t id, std::uint8_t predecessor) {
    return {test_peer(id), test_peer(predecessor), true};
}

constexpr std::size_t kAll = 1000;

}  // namespace

TEST_CASE("fractions of the circle") {
    CHECK(arc_fraction(test_peer(0).id, test_peer(0x80).id) == 0.5);
    CHECK(arc_fraction(test_peer(0xc0).id, test_peer(0x40).id) == 0.5);
    CHECK(arc_fraction(test_peer(1).id, test_peer(1).id) == 1.0);
}

TEST_CASE("an ideal ring is one ring, whether or not the walk lists this node first or last") {
    const NodeView self = self_between(0x10, 0xc0, 0x40);
    const std::vector<Client::WalkedNode> others = {node(0x40, 0x10), node(0x80, 0x40), node(0xc0, 0x80)};
    for (const bool first : {false, true}) {
        for (const bool last : {false, true}) {
            auto walked = others;
            if (first) walked.insert(walked.begin(), node(0x10, 0xc0));
            if (last) walked.push_back(node(0x10, 0xc0));
            const RingWalk walk = arrange_walk(self, walked, kAll);
            REQUIRE(walk.nodes.size() == 4);
            CHECK(walk.nodes[0].peer == self.self);
            const RingCheck check = check_ring(walk);
            CHECK(check.one_ring == true);
            CHECK(check.nodes == 4);
            CHECK(check.gaps == 0);
            CHECK(check.overlaps == 0);
            double sum = 0;
            for (std::size_t i = 0; i < 4; ++i) sum += owned_fraction(walk, i);
            CHECK(sum == 1.0);
        }
    }
}

TEST_CASE("a node alone is one ring and owns it all") {
    NodeView self;
    self.self = test_peer(9);
    for (const bool itself : {false, true}) {
        if (itself) self.successors = {NeighborView{self.self, std::nullopt}};
        const RingWalk walk = arrange_walk(self, {}, kAll);
        CHECK(check_ring(walk).one_ring == true);
        CHECK(check_ring(walk).nodes == 1);
        CHECK(owned_fraction(walk, 0) == 1.0);
    }
    self.predecessor = NeighborView{self.self, std::nullopt};
    CHECK(check_ring(arrange_walk(self, {}, kAll)).one_ring == true);
}

TEST_CASE("a gap: a node whose predecessor the walk did not meet") {
    const RingWalk walk = arrange_walk(self_between(0x10, 0xc0, 0x40), {node(0x40, 0x30), node(0xc0, 0x40)}, kAll);
    const RingCheck check = check_ring(walk);
    CHECK(check.one_ring == false);
    CHECK(check.gaps == 1);
    CHECK(check.overlaps == 0);
}

TEST_CASE("an overlap: a node that claims its predecessor's arc too") {
    const RingWalk walk =
        arrange_walk(self_between(0x10, 0xc0, 0x40), {node(0x40, 0x10), node(0x80, 0x10), node(0xc0, 0x80)}, kAll);
    const RingCheck check = check_ring(walk);
    CHECK(check.one_ring == false);
    CHECK(check.gaps == 0);
    CHECK(check.overlaps == 1);
}

TEST_CASE("a node without a predecessor is a gap") {
    const RingWalk walk =
        arrange_walk(self_between(0x10, 0xc0, 0x40), {{test_peer(0x40), std::nullopt, true}, node(0xc0, 0x40)}, kAll);
    CHECK(check_ring(walk).gaps == 1);
    CHECK(check_ring(walk).one_ring == false);
}

TEST_CASE("successors that wind around twice are not one ring") {
    const RingWalk walk =
        arrange_walk(self_between(0x10, 0xc0, 0x80), {node(0x80, 0x10), node(0x40, 0x80), node(0xc0, 0x40)}, kAll);
    CHECK(check_ring(walk).overlaps >= 1);
    CHECK(check_ring(walk).one_ring == false);
}

TEST_CASE("what the walk could not see is not judged") {
    const NodeView self = self_between(0x10, 0xf0, 0x40);
    const RingCheck bounded = check_ring(arrange_walk(self, {node(0x40, 0x10), node(0x80, 0x40)}, 2));
    CHECK_FALSE(bounded.one_ring.has_value());
    const RingCheck silent =
        check_ring(arrange_walk(self, {node(0x40, 0x10), {test_peer(0x80), std::nullopt, false}}, kAll));
    CHECK_FALSE(silent.one_ring.has_value());
    REQUIRE(silent.silent.size() == 1);
    const RingCheck stray = check_ring(arrange_walk(self, {node(0x40, 0x10), node(0x80, 0x40)}, kAll));
    CHECK(stray.one_ring == false);
}
