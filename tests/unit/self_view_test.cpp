// self_view: what a node tells of itself, at a bounded price.
#include "node/core/self_view.hpp"

#include <doctest/doctest.h>

#include "node/core/context.hpp"
#include "tests/support/node_world.hpp"

namespace chord {
namespace {

using std::chrono::milliseconds;

TEST_CASE("self view: who asks often is told of an earlier count of the keys") {
    NodeWorld world;
    world.add(Id{{1, 0, 0, 0}});
    world.start(0);
    REQUIRE(world.run_until([&] { return world.node(0).phase() == Phase::solo; }));
    for (int i = 0; i < 100; ++i) REQUIRE(world.set(0, "key-" + std::to_string(i), "v"));
    CHECK(world.node(0).view().keys_owned == 100);
    REQUIRE(world.set(0, "one more", "v"));
    CHECK(world.node(0).view().keys_owned == 100);  // 100 keys: 5 ms
    world.run_for(milliseconds(5));
    world.turn(0, [](Node&) {});
    CHECK(world.node(0).view().keys_owned == 101);
    CHECK(world.node(0).view().keys_held == 101);
    CHECK(world.node(0).view().bytes_held == 101);
}

TEST_CASE("self view: who is left alone by a crash knows how many there were; who has left has no neighbours") {
    NodeWorld world;
    for (std::size_t i = 0; i < 3; ++i) {
        world.add(Id{{(i + 1) << 60, 0, 0, 0}});
        world.start(i, i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
        REQUIRE(world.run_until([&] { return world.node(i).ring().successors().size() == i && world.settled(); }));
    }
    world.turn(2, [](Node& node) { node.leave([](const Result<Success>&) {}); });
    REQUIRE(world.run_until([&] { return world.node(2).phase() == Phase::gone; }));
    const NodeView left = world.node(2).view();
    CHECK_FALSE(left.predecessor);
    CHECK(left.successors.empty());
    CHECK(left.keys_owned == 0);

    REQUIRE(world.run_until([&] { return world.node(0).ring().successors().size() == 1; }));
    world.kill(1);
    REQUIRE(world.run_until([&] { return world.node(0).phase() == Phase::solo; }));
    CHECK(world.node(0).view().ring_size_confirmed == 2);
    CHECK(world.node(0).given_up(world.peer(1).id));
    CHECK(world.set(0, "k", "v").error() == Error::no_quorum);
    CHECK(world.node(0).counters().no_quorum == 1);
}

}  // namespace
}  // namespace chord
