// FingerRepair, through whole nodes.
#include "node/core/ring/finger_repair.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/support/node_world.hpp"

namespace chord {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kNodes = 8;

// Node i stands at i eighths; node 0's finger half-way round is node 4, which is in none of its lists.
NodeWorld ring() {
    NodeWorld world;
    world.options.successors = 2;
    for (std::size_t i = 0; i < kNodes; ++i) {
        world.add(Id{{i << 61, 0, 0, 0}});
        world.start(i, i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
        world.run_for(seconds(20));
    }
    REQUIRE(world.run_until([&] { return world.settled(); }));
    world.run_for(minutes(10));
    return world;
}

bool has_finger(NodeWorld& world, std::size_t index, const Id& to) {
    const std::vector<FingerView> fingers = world.node(index).view().fingers;
    return std::any_of(fingers.begin(), fingers.end(), [&](const FingerView& finger) { return finger.peer.id == to; });
}

// `chord_sim walk --messages --r 2 --seed 1`: the node asked itself whether it owned a point.
TEST_CASE(
    "finger_repair: a ring that becomes one of oneself while a finger is looked for leaves no finger to oneself") {
    NodeWorld world = ring();
    const Peer self = world.peer(0);
    REQUIRE(has_finger(world, 0, world.peer(4).id));
    bool asked = false, asked_itself = false;
    world.lie(4, [&](const Peer& asker, const Request& request) -> std::optional<Response> {
        if (!std::holds_alternative<OwnerQuery>(request) || asker.id != self.id || asked) return std::nullopt;
        asked = true;
        for (const std::size_t successor : {1U, 2U}) world.tell(0, world.peer(successor), LeaveNotice{});
        return OwnerReply{false, std::nullopt};  // so that the finger is looked for anew
    });
    world.lie(0, [&](const Peer& asker, const Request&) -> std::optional<Response> {
        asked_itself = asked_itself || asker.id == self.id;
        return std::nullopt;
    });
    REQUIRE(world.run_until([&] { return asked; }, minutes(10)));
    CHECK(world.node(0).ring().alone());
    CHECK_FALSE(world.run_until([&] { return has_finger(world, 0, self.id); }, milliseconds(100)));
    world.run_for(minutes(10));
    CHECK_FALSE(asked_itself);
    CHECK(has_finger(world, 0, world.peer(4).id));
}

}  // namespace
}  // namespace chord
