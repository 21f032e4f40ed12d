// RingState against the papers: each case quotes the sentence that it proves. Z15 is Zave, "How to Make Chord Correct"
// (arXiv 1502.06461); Z17 her TSE paper of 2017; ToN the Chord paper of 2003; the notes are the project's
// PROTOCOL-NOTES.
#include "node/core/ring/ring_state.hpp"

#include "node/core/base/rng.hpp"
#include "node/core/message.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>

namespace chord {
namespace {

Peer peer(std::uint64_t point) {
    Peer made{Id{{point << 48, 0, 0, 0}}, {}};
    made.address.port = static_cast<std::uint16_t>(point);
    return made;
}

std::vector<Peer> peers(std::initializer_list<std::uint64_t> points) {
    std::vector<Peer> list;
    for (const std::uint64_t point : points) {
        list.push_back(peer(point));
    }
    return list;
}

RingState joined(std::uint64_t self, std::size_t length_max, std::uint64_t before,
                 std::initializer_list<std::uint64_t> after) {
    RingState ring(peer(self), length_max);
    REQUIRE(ring.join_after(peer(before), peers(after)));
    return ring;
}

TEST_CASE("notes 2.6: n=1: succ empty, pred unknown, phase SOLO") {
    const RingState ring(peer(50), 3);
    CHECK(ring.alone());
    CHECK_FALSE(ring.predecessor().has_value());
    CHECK(ring.owns(peer(50).id));
    CHECK(ring.owns(peer(51).id));
    CHECK(ring.owns(Id{}));
    CHECK(ring.consistent());
}

TEST_CASE("notes 2.6: first contact: both set succ=[other], pred=other") {
    RingState solo(peer(10), 3);
    const RingState joiner = joined(60, 3, 10, {});
    CHECK(joiner.successors() == peers({10}));
    CHECK(joiner.predecessor() == peer(10));
    CHECK(solo.merge(joiner.self(), joiner.successors()));
    CHECK(solo.rectify(joiner.self()));
    CHECK(solo.successors() == peers({60}));
    CHECK(solo.predecessor() == peer(60));
}

TEST_CASE("Z17, join: the new node gets its first list and predecessor from its predecessor, in one atomic step") {
    const RingState ring = joined(30, 3, 20, {40, 50, 60});
    CHECK(ring.successors() == peers({40, 50, 60}));
    CHECK(ring.predecessor() == peer(20));
}

TEST_CASE("notes 2.4, JOIN: if !between(p, self, s[0]): p's view moved on, and nothing changes") {
    RingState ring(peer(45), 3);
    CHECK_FALSE(ring.join_after(peer(20), peers({40, 50, 60})));
    CHECK(ring.alone());
    CHECK_FALSE(ring.predecessor().has_value());
    CHECK_FALSE(ring.join_after(peer(45), peers({50})));
}

TEST_CASE("Z15: a restarted node may rejoin at once with the same id: its old entry is passed over") {
    const RingState ring = joined(30, 3, 20, {30, 40, 50});
    CHECK(ring.successors() == peers({40, 50}));
    CHECK(joined(30, 3, 20, {30}).successors() == peers({20}));
}

// Found by the schedule walker: 1 to 6 % of its runs lost principals as long as a short list was filled up like this.
TEST_CASE("notes 2.6: lists are never padded: a joiner does not end a list that lost an entry with its predecessor") {
    const RingState ring = joined(30, 3, 20, {40, 50});
    CHECK(ring.successors() == peers({40, 50}));
}

TEST_CASE("Z15, StabilizeFromSuccessor: the list becomes the successor followed by its list, cut to r") {
    RingState ring = joined(10, 3, 90, {20, 30, 40});
    CHECK(ring.stabilize_from_successor(peer(20), peers({25, 30, 40})));
    CHECK(ring.successors() == peers({20, 25, 30}));
}

TEST_CASE("notes 2.4, rule 4: an answer applies only if the precondition still holds") {
    RingState ring = joined(10, 3, 90, {20, 30, 40});
    CHECK_FALSE(ring.stabilize_from_successor(peer(30), peers({40, 50})));
    CHECK_FALSE(ring.stabilize_from_predecessor(peer(15), peers({20}), peer(30)));
    CHECK(ring.successors() == peers({20, 30, 40}));
    RingState solo(peer(10), 3);
    CHECK_FALSE(solo.stabilize_from_successor(peer(20), {}));
    CHECK_FALSE(solo.stabilize_from_predecessor(peer(15), {}, peer(20)));
    CHECK(solo.alone());
}

TEST_CASE("Z15, StabilizeFromPredecessor: a live node between becomes the first successor, with its own list") {
    RingState ring = joined(10, 3, 90, {20, 30, 40});
    CHECK(ring.stabilize_from_predecessor(peer(15), peers({20, 30, 40}), peer(20)));
    CHECK(ring.successors() == peers({15, 20, 30}));
    CHECK_FALSE(ring.stabilize_from_predecessor(peer(95), peers({10}), peer(15)));
    CHECK_FALSE(ring.stabilize_from_predecessor(peer(10), peers({20}), peer(15)));
    CHECK(ring.successors() == peers({15, 20, 30}));
}

TEST_CASE("Z15, fig 4: the successor list must not wrap round the ring in small rings") {
    RingState ring = joined(10, 8, 30, {20, 30});
    CHECK(ring.stabilize_from_successor(peer(20), peers({30, 10})));
    CHECK(ring.successors() == peers({20, 30}));
    CHECK(ring.stabilize_from_successor(peer(20), peers({30, 15, 20})));
    CHECK(ring.successors() == peers({20, 30}));
}

TEST_CASE("notes 2.4, cut: stop at a repeated id, or where order would wrap past self") {
    RingState ring = joined(10, 8, 90, {20});
    CHECK(ring.stabilize_from_successor(peer(20), peers({30, 30, 40})));
    CHECK(ring.successors() == peers({20, 30}));
    CHECK(ring.stabilize_from_successor(peer(20), peers({50, 40, 60})));
    CHECK(ring.successors() == peers({20, 50}));
    CHECK(ring.stabilize_from_successor(peer(20), peers({20, 30})));
    CHECK(ring.successors() == peers({20}));
}

TEST_CASE("Z15, Rectify: the predecessor is replaced by a notifier that is nearer") {
    RingState ring = joined(50, 3, 10, {60});
    CHECK(ring.rectify(peer(40)));
    CHECK(ring.predecessor() == peer(40));
    CHECK(ring.rectify(peer(40)));
}

TEST_CASE("Z15, Rectify: ... or if the present predecessor is dead, which takes a query to know") {
    RingState ring = joined(50, 3, 40, {60});
    CHECK_FALSE(ring.rectify(peer(10)));
    CHECK(ring.predecessor() == peer(40));
    ring.drop_predecessor();
    CHECK(ring.rectify(peer(10)));
    CHECK(ring.predecessor() == peer(10));
    CHECK(ring.rectify(ring.self()));
    CHECK(ring.predecessor() == peer(10));
}

TEST_CASE("notes 9, HINT: ordered union, not replacement") {
    RingState ring = joined(10, 4, 90, {40, 60});
    CHECK(ring.merge(peer(20), peers({30, 50, 5})));
    CHECK(ring.successors() == peers({20, 30, 40, 50}));
    CHECK(ring.consistent());
}

TEST_CASE("notes 9, HINT: dropped if the target already has the candidate (or better) as its first successor") {
    RingState ring = joined(10, 4, 90, {40, 60});
    CHECK_FALSE(ring.merge(peer(40), peers({50})));
    CHECK_FALSE(ring.merge(peer(50), peers({60})));
    CHECK_FALSE(ring.merge(peer(10), peers({60})));
    CHECK(ring.successors() == peers({40, 60}));
}

TEST_CASE("Z17: fail only removes: the entries that stay keep their order") {
    RingState ring = joined(10, 4, 90, {20, 30, 40});
    CHECK(ring.drop(peer(30).id));
    CHECK_FALSE(ring.drop(peer(30).id));
    CHECK_FALSE(ring.drop(peer(90).id));
    CHECK(ring.successors() == peers({20, 40}));
    CHECK(ring.predecessor() == peer(90));
    CHECK(ring.is_neighbor(peer(90).id));
    CHECK(ring.is_neighbor(peer(40).id));
    CHECK_FALSE(ring.is_neighbor(peer(30).id));
}

TEST_CASE("ToN IV-B: a node is responsible for the keys in (predecessor, self]") {
    const RingState ring = joined(50, 3, 40, {60});
    CHECK(ring.owns(peer(41).id));
    CHECK(ring.owns(peer(50).id));
    CHECK_FALSE(ring.owns(peer(40).id));
    CHECK_FALSE(ring.owns(peer(51).id));
    const RingState first = joined(10, 3, 90, {60});
    CHECK(first.owns(peer(95).id));
    CHECK(first.owns(peer(5).id));
    CHECK_FALSE(first.owns(peer(11).id));
}

TEST_CASE("Z15: NoDuplicates and OrderedSuccessorLists hold after every step, whatever peers answer") {
    Rng rng(20261122);
    const auto some = [&rng] {
        std::vector<Peer> list;
        for (std::uint64_t count = rng.below(7); count > 0; --count) {
            list.push_back(peer(1 + rng.below(12)));
        }
        return list;
    };
    int applied = 0;
    for (int run = 0; run < 500; ++run) {
        RingState ring(peer(1 + rng.below(12)), 1 + rng.below(5));
        for (int step = 0; step < 40; ++step) {
            const Peer other = peer(1 + rng.below(12));
            const std::vector<Peer> list = some();
            const bool had_first = !ring.alone();
            const Peer first = had_first ? ring.successors().front() : other;
            switch (rng.below(7)) {
                case 0: applied += ring.join_after(other, list) ? 1 : 0; break;
                case 1: applied += ring.stabilize_from_successor(first, list) ? 1 : 0; break;
                case 2: applied += ring.stabilize_from_predecessor(other, list, first) ? 1 : 0; break;
                case 3: applied += ring.rectify(other) ? 1 : 0; break;
                case 4: applied += ring.merge(other, list) ? 1 : 0; break;
                case 5: applied += ring.drop(other.id) ? 1 : 0; break;
                default: ring.drop_predecessor(); break;
            }
            REQUIRE(ring.consistent());
            REQUIRE(ring.successors().size() <= ring.length_max());
            REQUIRE((!ring.predecessor() || ring.predecessor()->id != ring.self().id));
        }
    }
    CHECK(applied > 5000);
}

}  // namespace
}  // namespace chord
