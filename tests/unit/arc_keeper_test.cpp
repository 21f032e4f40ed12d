// ArcKeeper, through whole nodes: what settled() promises. It is said only when every replica has what the owner has.
// `chord_sim swarm` found each of these: keys lacked a copy in a ring where everybody was settled.
#include "node/core/data/arc_keeper.hpp"

#include <doctest/doctest.h>

#include "node/core/base/hash.hpp"
#include "tests/support/node_world.hpp"

namespace chord {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kNodes = 5;

// Node 0 owns half of the ring; its replicas are nodes 1 and 2.
NodeWorld ring() {
    NodeWorld world;
    for (std::size_t i = 0; i < kNodes; ++i) {
        world.add(Id{{(i + 8) << 60, 0, 0, 0}});
        world.start(i, i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
    }
    REQUIRE(world.run_until([&] { return world.settled(); }));
    return world;
}

// The first key with this prefix that node 0 owns.
Bytes key_of_first(const NodeWorld& world, const Bytes& prefix) {
    for (int number = 0;; ++number) {
        const Bytes key = prefix + std::to_string(number);
        if (in_open_closed(key_id(key), world.peer(kNodes - 1).id, world.peer(0).id)) return key;
    }
}

TEST_CASE("arc_keeper: what the last replica alone knew reaches the replicas asked before it") {
    NodeWorld world = ring();
    const Bytes key = key_of_first(world, "late ");
    Record record;
    record.key = key;
    record.value = "only at node 3";
    record.version = {1, 1};
    world.store(3).put(key_id(key), record);
    world.kill(1);  // now nodes 2 and 3 are asked, in this order
    REQUIRE(world.run_until([&] { return world.node(0).ring().successors().front().id == world.peer(2).id; }));
    REQUIRE(world.run_until([&] { return world.settled(); }));
    CHECK(world.copies(key_id(key)) == 3);
}

TEST_CASE("arc_keeper: not settled for as long as a replica cannot be reached, not even while it is tried again") {
    NodeWorld world = ring();
    const Bytes key = key_of_first(world, "thin ");
    world.cut(0, 2);  // the others vouch for it, so it stays a replica
    REQUIRE(world.set(1, key, "at two of three"));
    REQUIRE(world.copies(key_id(key)) == 2);
    REQUIRE(world.run_until([&] { return !world.node(0).settled(); }, seconds(2)));
    CHECK_FALSE(world.run_until([&] { return world.node(0).settled() && world.copies(key_id(key)) < 3; }, minutes(5)));
    world.mend();
    REQUIRE(world.run_until([&] { return world.settled(); }));
    CHECK(world.copies(key_id(key)) == 3);
}

}  // namespace
}  // namespace chord
