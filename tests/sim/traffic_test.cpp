// Traffic: every datagram of a world is counted once, under the name of its kind.
#include "tests/sim/traffic.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/sim/world.hpp"

namespace chord::sim {
namespace {

TEST_CASE("traffic: the kinds add up to what the world sent, headers included, and none is unnamed") {
    WorldOptions options;
    options.network.loss = 100'000;
    World world(options);
    for (int i = 0; i < 5; ++i) {
        world.add();
    }
    world.run_for(std::chrono::minutes(3));
    const Traffic::Count total = world.traffic().total();
    CHECK(total.datagrams == world.statistics().datagrams);
    CHECK(total.bytes == world.statistics().datagram_bytes + kHeaderBytes * world.statistics().datagrams);
    CHECK(total.repeats > 0);
    std::uint64_t counted = 0;
    for (const Traffic::Row& row : world.traffic().rows()) {
        counted += row.count.datagrams;
        CHECK(std::all_of(row.kind.begin(), row.kind.end(),
                          [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == ':'; }));
    }
    CHECK(counted == total.datagrams);
}

TEST_CASE("traffic: since() tells what came between") {
    WorldOptions options;
    World world(options);
    world.add();
    world.add();
    world.run_for(std::chrono::minutes(1));
    const Traffic before = world.traffic();
    CHECK(before.since(before).total().datagrams == 0);
    const std::uint64_t sent = world.statistics().datagrams;
    world.run_for(std::chrono::minutes(1));
    CHECK(world.traffic().since(before).total().datagrams == world.statistics().datagrams - sent);
}

}  // namespace
}  // namespace chord::sim
