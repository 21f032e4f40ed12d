// The checker against rings drawn by hand: each rule broken once, and only that one. A checker that cannot find
// anything would let every walk pass.
#include "tests/sim/ring_checker.hpp"

#include <algorithm>
#include <initializer_list>

#include <doctest/doctest.h>

namespace chord::sim {
namespace {

Id point(std::uint64_t at) {
    return Id{{at << 56, 0, 0, 0}};
}

RingView member(std::uint64_t self, std::uint64_t predecessor, std::initializer_list<std::uint64_t> successors) {
    RingView view{point(self), true, point(predecessor), {}};
    for (const std::uint64_t successor : successors) {
        view.successors.push_back(point(successor));
    }
    return view;
}

std::vector<RingView> ideal_ring(std::size_t nodes, std::size_t length) {
    std::vector<RingView> ring;
    for (std::size_t i = 0; i < nodes; ++i) {
        RingView view{point(10 * (i + 1)), true, point(10 * ((i + nodes - 1) % nodes + 1)), {}};
        for (std::size_t k = 1; k <= std::min(length, nodes - 1); ++k) {
            view.successors.push_back(point(10 * ((i + k) % nodes + 1)));
        }
        ring.push_back(view);
    }
    return ring;
}

std::vector<Rule> broken(const std::vector<RingView>& ring) {
    std::vector<Rule> rules;
    for (const Violation& violation : check_ring(ring).violations) {
        rules.push_back(violation.rule);
    }
    return rules;
}

TEST_CASE("ring_checker: an ideal ring breaks no rule, every member is a principal, and it is ideal") {
    for (std::size_t nodes = 2; nodes <= 16; ++nodes) {
        const std::vector<RingView> ring = ideal_ring(nodes, 3);
        const RingReport report = check_ring(ring);
        CHECK(report.violations.empty());
        CHECK(report.members == nodes);
        CHECK(report.principals == nodes);
        CHECK(report.rings == 1);
        CHECK(is_ideal(ring, 3));
        CHECK(is_ideal(ring, 2) == (nodes <= 3));
    }
}

TEST_CASE("ring_checker: a member without successors is a ring of one") {
    const std::vector<RingView> one{{point(10), true, std::nullopt, {}}};
    const RingReport report = check_ring(one);
    CHECK(report.violations.empty());
    CHECK(report.rings == 1);
    CHECK(is_ideal(one, 3));
    CHECK_FALSE(is_ideal(std::vector<RingView>{member(10, 10, {})}, 3));
    CHECK(check_ring({}).violations.empty());
}

TEST_CASE(
    "ring_checker: a live node that is no member keeps the ring from being ideal, and its entries count as dead") {
    std::vector<RingView> ring = ideal_ring(4, 1);
    ring[1].member = false;
    CHECK_FALSE(is_ideal(ring, 1));
    CHECK(broken(ring) == std::vector<Rule>{Rule::connected_appendages, Rule::connected_appendages,
                                            Rule::connected_appendages, Rule::at_least_one_ring,
                                            Rule::one_live_successor});
}

TEST_CASE("ring_checker: NoDuplicates") {
    std::vector<RingView> ring = ideal_ring(4, 3);
    ring[0].successors = {point(20), point(20)};
    CHECK(broken(ring) == std::vector<Rule>{Rule::ordered_successor_lists, Rule::no_duplicates});
    ring[0].successors = {point(20), point(10)};
    CHECK(broken(ring) == std::vector<Rule>{Rule::ordered_successor_lists, Rule::no_duplicates});
}

TEST_CASE("ring_checker: OrderedSuccessorLists") {
    std::vector<RingView> ring = ideal_ring(4, 3);
    ring[1].successors = {point(30), point(10), point(40)};
    CHECK(broken(ring) == std::vector<Rule>{Rule::ordered_successor_lists});
    CHECK(check_ring(ring).violations.front().node == point(20));
}

TEST_CASE("ring_checker: OneLiveSuccessor needs one, not all") {
    std::vector<RingView> ring = ideal_ring(4, 2);
    ring.erase(ring.begin() + 1);
    CHECK(broken(ring).empty());
    ring.erase(ring.begin() + 1);
    const std::vector<Rule> rules = broken(ring);
    CHECK(std::count(rules.begin(), rules.end(), Rule::one_live_successor) == 1);
    ring.erase(ring.begin() + 1);
    CHECK(broken(ring).empty());  // the only member there is
}

TEST_CASE("ring_checker: AtMostOneRing") {
    const std::vector<RingView> two{member(10, 30, {30}), member(30, 10, {10}), member(20, 40, {40}),
                                    member(40, 20, {20})};
    CHECK(broken(two) == std::vector<Rule>{Rule::at_most_one_ring});
    CHECK(check_ring(two).rings == 2);
}

TEST_CASE("ring_checker: OrderedRing: one ring that winds round twice") {
    const std::vector<RingView> loopy{member(10, 40, {30}), member(30, 10, {20}), member(20, 30, {40}),
                                      member(40, 20, {10})};
    CHECK(broken(loopy) == std::vector<Rule>{Rule::ordered_ring});
}

TEST_CASE("ring_checker: an appendage is no fault as long as it reaches the ring") {
    std::vector<RingView> ring = ideal_ring(3, 2);
    ring.push_back(member(15, 10, {20, 30}));
    CHECK(broken(ring).empty());
    CHECK(check_ring(ring).principals == 3);  // 10 and 30 skip 15
    CHECK_FALSE(is_ideal(ring, 2));
}

TEST_CASE("ring_checker: ConnectedAppendages: a chain that ends nowhere is told for each walk that ends there") {
    std::vector<RingView> ring = ideal_ring(3, 1);
    ring.push_back(member(15, 10, {16}));
    ring.push_back(member(16, 15, {17}));
    const RingReport report = check_ring(ring);
    CHECK_FALSE(report.holds(Rule::connected_appendages));
    CHECK_FALSE(report.holds(Rule::one_live_successor));
    CHECK(report.holds(Rule::at_least_one_ring));
    CHECK(report.holds(Rule::at_most_one_ring));
}

TEST_CASE("ring_checker: a principal is a member skipped by no member") {
    std::vector<RingView> ring = ideal_ring(6, 2);
    CHECK(check_ring(ring).principals == 6);
    ring[0].successors = {point(20), point(40)};  // skips 30
    CHECK(check_ring(ring).principals == 5);
    ring[4].successors = {point(60), point(30)};  // skips 10 and 20, past the end of the circle
    CHECK(check_ring(ring).principals == 3);
    ring[2].successors = {point(35), point(60)};  // a dead entry; skips 40 and 50
    CHECK(check_ring(ring).principals == 1);
}

TEST_CASE("ring_checker: not ideal with a short list, a wrong order, a missing or a wrong predecessor") {
    const std::vector<RingView> ideal = ideal_ring(5, 3);
    std::vector<RingView> ring = ideal;
    ring[2].successors.pop_back();
    CHECK_FALSE(is_ideal(ring, 3));
    ring = ideal;
    ring[2].successors = {point(40), point(50), point(20)};
    CHECK_FALSE(is_ideal(ring, 3));
    ring = ideal;
    ring[2].predecessor.reset();
    CHECK_FALSE(is_ideal(ring, 3));
    ring = ideal;
    ring[2].predecessor = point(10);
    CHECK_FALSE(is_ideal(ring, 3));
}

TEST_CASE("ring_checker: update() tells whether anything changed") {
    RingState state(Peer{point(10), {}}, 3);
    RingView view;
    CHECK(view.update(state, false));
    CHECK_FALSE(view.update(state, false));
    CHECK(view.update(state, true));
    REQUIRE(state.join_after(Peer{point(5), {}}, {Peer{point(20), {}}}));
    CHECK(view.update(state, true));
    CHECK_FALSE(view.update(state, true));
    CHECK(view.successors == std::vector<Id>{point(20)});
    CHECK(view.predecessor == point(5));
    CHECK(state.rectify(Peer{point(7), {}}));
    CHECK(view.update(state, true));
    CHECK(view.predecessor == point(7));
}

}  // namespace
}  // namespace chord::sim
