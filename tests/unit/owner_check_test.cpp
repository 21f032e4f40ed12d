// OwnerCheck and the lookup before it, through whole nodes: lookups answer rightly in a ring that has not noticed yet
// who is dead.
#include "node/core/ring/owner_check.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "node/core/ring/state_digest.hpp"
#include "tests/support/node_world.hpp"

namespace chord {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kNodes = 16;

Id spot(std::uint64_t sixteenths, std::uint64_t low = 0) {
    return Id{{sixteenths << 60 | low, 0, 0, 0}};
}

// Node i stands at i sixteenths. Its maintenance sleeps from then on: what it knows gets old.
NodeWorld sleepy_ring(std::size_t successors = 4) {
    NodeWorld world;
    world.options.successors = successors;
    world.options.stabilize_period = hours(2);
    world.options.stabilize_period_unsettled = seconds(5);
    world.options.unsettled_for = minutes(3);
    world.options.probe_period = hours(2);
    world.options.reconcile_period = hours(2);
    world.options.self_tuning = false;
    for (std::size_t i = 0; i < kNodes; ++i) {
        world.add(spot(i));
        world.start(i, i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
        world.run_for(seconds(20));
    }
    REQUIRE(world.run_until([&] { return world.settled(); }));
    world.run_for(minutes(10));
    return world;
}

Result<LookupTrace> lookup_by(NodeWorld& world, std::size_t asker, const Id& target) {
    std::optional<Result<LookupTrace>> ended;
    const Time began = world.now();
    world.turn(asker, [&](Node& node) { node.lookup(target, [&](auto trace) { ended.emplace(std::move(trace)); }); });
    REQUIRE(world.run_until([&] { return ended.has_value(); }, minutes(1)));
    CHECK(world.now() - began <= world.options.operation_timeout + seconds(1));
    return *ended;
}

std::optional<Id> owner_by(NodeWorld& world, std::size_t asker, const Id& target) {
    const Result<LookupTrace> trace = lookup_by(world, asker, target);
    return trace ? std::optional(trace->holders.front().id) : std::nullopt;
}

std::size_t times_asked(const LookupTrace& trace, const Id& id) {
    return static_cast<std::size_t>(
        std::count_if(trace.hops.begin(), trace.hops.end(), [&](const LookupHop& hop) { return hop.peer.id == id; }));
}

// Node 8 ends lookups of the point behind it with this list.
void name_holders(NodeWorld& world, const std::vector<std::size_t>& named) {
    std::vector<Peer> holders;
    for (const std::size_t index : named) holders.push_back(world.peer(index));
    world.lie(8, [holders](const Peer&, const Request& request) -> std::optional<Response> {
        const auto* const step = std::get_if<Step>(&request);
        return step && step->target == spot(8, 1) ? std::optional<Response>(StepReply{true, holders, {}})
                                                  : std::nullopt;
    });
}

TEST_CASE("lookup: the owner is dead and nobody knows: the next node is the owner") {
    NodeWorld world = sleepy_ring();
    world.kill(9);
    for (const std::size_t asker : {0U, 3U, 8U, 10U, 15U}) {
        CAPTURE(asker);
        CHECK(owner_by(world, asker, spot(8, 1)) == spot(10));
    }
}

TEST_CASE("lookup: the node before the target is dead and nobody knows: its list is not needed") {
    NodeWorld world = sleepy_ring();
    world.kill(8);
    for (const std::size_t asker : {0U, 3U, 7U, 9U, 15U}) {
        CAPTURE(asker);
        CHECK(owner_by(world, asker, spot(8, 1)) == spot(9));
    }
}

TEST_CASE("lookup: two in a row are dead and nobody knows") {
    NodeWorld world = sleepy_ring();
    world.kill(8);
    world.kill(9);
    CHECK(owner_by(world, 1, spot(7, 1)) == spot(10));
    CHECK(owner_by(world, 2, spot(8, 1)) == spot(10));
    CHECK(owner_by(world, 3, spot(9, 1)) == spot(10));
    CHECK(owner_by(world, 4, spot(10, 1)) == spot(11));
}

TEST_CASE("lookup: a node that has joined is found through its successor before its predecessor knows it") {
    NodeWorld world = sleepy_ring();
    const std::size_t joiner = world.add(spot(8, 1 << 20));
    world.start(joiner, {0});
    REQUIRE(world.run_until([&] {
        const auto& before = world.node(9).ring().predecessor();
        return before && before->id == spot(8, 1 << 20);
    }));
    REQUIRE(world.node(8).ring().successors().front().id == spot(9));  // it does not know yet
    CHECK(owner_by(world, 3, spot(8, 1)) == spot(8, 1 << 20));
    CHECK(owner_by(world, 3, spot(8, 2 << 20)) == spot(9));
}

TEST_CASE("lookup: four dead in a row cost the patience for each, not the time until their calls end") {
    NodeWorld world = sleepy_ring();
    for (const std::size_t dead : {2U, 3U, 4U, 8U}) {
        world.kill(dead);
    }
    const Time began = world.now();
    CHECK(owner_by(world, 0, spot(14, 1)) == spot(15));  // by node 1, the last that node 0 would ask
    CHECK(world.now() - began < milliseconds(500));
}

TEST_CASE("lookup: an owner that lives behind a broken path is named, not the node after it") {
    NodeWorld world = sleepy_ring();
    world.cut(3, 9);
    CHECK(owner_by(world, 3, spot(8, 1)) == spot(9));
    world.cut(10, 9);  // its successor cannot say either, but others can
    CHECK(owner_by(world, 10, spot(8, 1)) == spot(9));
}

TEST_CASE("lookup: the owner is dead and the path to the next one broken: that one is the owner all the same") {
    NodeWorld world = sleepy_ring();
    world.kill(9);
    world.cut(3, 10);
    CHECK(owner_by(world, 3, spot(8, 1)) == spot(10));
}

TEST_CASE("lookup: a node that reaches none of those before it does not take itself for the owner of their arcs") {
    NodeWorld world = sleepy_ring();
    for (const std::size_t before : {6U, 7U, 8U, 9U}) {
        world.cut(10, before);
    }
    CHECK(owner_by(world, 10, spot(5, 1)) != spot(10));
}

TEST_CASE("lookup: all owners that a step names are dead: the one behind them is found") {
    NodeWorld world = sleepy_ring(8);
    for (const std::size_t dead : {9U, 10U, 11U, 12U}) {
        world.kill(dead);
    }
    CHECK(owner_by(world, 3, spot(8, 1)) == spot(13));
}

TEST_CASE("lookup: whatever list a peer makes up, twice the same node or in any order, the owner is found") {
    for (const bool dead : {false, true}) {
        NodeWorld world = sleepy_ring();
        if (dead) world.kill(9);
        const std::vector<std::vector<std::size_t>> lists = {
            {9, 9, 10}, {9, 10, 9, 10}, {10, 9}, {10, 10, 9, 9}, {12, 12, 12}, {8, 8, 9}, {9, 9, 9, 3, 3, 10}, {3, 3}};
        for (std::size_t i = 0; i < lists.size(); ++i) {
            CAPTURE(dead);
            CAPTURE(i);
            name_holders(world, lists[i]);
            world.run_for(minutes(1));  // nobody is suspected any more
            const Result<LookupTrace> trace = lookup_by(world, 3, spot(8, 1));
            REQUIRE(trace);
            CHECK(trace->holders.front().id == spot(dead ? 10 : 9));
            CHECK(times_asked(*trace, spot(9)) <= 1);
            CHECK(times_asked(*trace, spot(10)) <= 2);  // once more when all before it have failed
        }
    }
}

TEST_CASE("lookup: a node is not the owner because another one, that does not know of a joiner, says so") {
    NodeWorld world = sleepy_ring();
    world.lie(8, [](const Peer&, const Request& request) {
        return std::holds_alternative<Nudge>(request) ? std::optional<Response>(Ack{}) : std::nullopt;
    });
    const std::size_t joiner = world.add(spot(8, 1 << 20));
    world.start(joiner, {0});
    REQUIRE(world.run_until([&] {
        const auto& before = world.node(9).ring().predecessor();
        return before && before->id == spot(8, 1 << 20);
    }));
    REQUIRE(world.node(8).ring().successors().front().id == spot(9));  // it does not know yet
    CHECK(owner_by(world, 9, spot(8, 1)) == spot(8, 1 << 20));
}

// A node that names itself as its predecessor, and that the list has twice, was taken for the witness of its second
// entry; and its answer to that for one to a question that had no hop.
TEST_CASE("lookup: nobody is a witness for itself, and a witness's word is not the owner's") {
    NodeWorld world = sleepy_ring();
    world.kill(9);
    name_holders(world, {9, 10, 10});
    std::size_t witnessed = 0;
    world.lie(10, [&](const Peer& asker, const Request& request) -> std::optional<Response> {
        if (asker.id != spot(3)) return std::nullopt;
        if (std::holds_alternative<Witness>(request)) {
            witnessed += std::get<Witness>(request).peer.id == spot(10) ? 1U : 0U;
            return OwnerReply{true, std::nullopt};
        }
        if (std::holds_alternative<OwnerQuery>(request)) return OwnerReply{false, world.peer(10)};
        return std::nullopt;
    });
    const Result<LookupTrace> trace = lookup_by(world, 3, spot(8, 1));
    CHECK(witnessed == 0);
    REQUIRE(trace);
    CHECK(trace->holders.front().id == spot(10));
    CHECK(trace->elapsed >= NodeWorld::kTimeout);  // not before the node ahead of it has had its time
}

TEST_CASE("state_digest: tells apart whatever a state can differ in, and is never 0") {
    const auto peer = [](std::uint64_t number) {
        Peer made;
        made.id = Id{{number, 0, 0, 0}};
        made.address.port = 1;
        return made;
    };
    const StateReply base{peer(1), {peer(2), peer(3)}, {peer(4)}};
    std::vector<StateReply> others(6, base);
    others[0].predecessor.reset();
    others[1].predecessor = peer(5);
    std::swap(others[2].successors[0], others[2].successors[1]);
    others[3].successors.pop_back();
    others[4].known.push_back(peer(6));
    others[5].successors[1].address.port = 2;
    CHECK(digest(base) != 0);
    CHECK(digest(base) == digest(StateReply(base)));
    for (const StateReply& other : others) CHECK(digest(other) != digest(base));
    const StateReply moved{peer(1), {peer(2)}, {peer(3), peer(4)}};  // the same peers in the same order
    CHECK(digest(moved) != digest(base));
    CHECK(digest(StateReply{}) != 0);
}

}  // namespace
}  // namespace chord
