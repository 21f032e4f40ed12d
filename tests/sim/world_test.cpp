// Whole engines in virtual time: rings of every small size, restarts, splits, and 200 nodes.
#include "tests/sim/world.hpp"

#include "tests/sim/key_audit.hpp"

#include <doctest/doctest.h>

namespace chord::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

WorldOptions options(std::uint64_t seed) {
    WorldOptions made;
    made.seed = seed;
    return made;
}

void grow(World& world, std::size_t nodes, Duration spacing = milliseconds(50)) {
    for (std::size_t i = 0; i < nodes; ++i) {
        world.add();
        world.run_for(spacing);
    }
}

bool becomes_ideal(World& world, Duration limit = minutes(10)) {
    const bool ideal = world.run_until([&] { return world.ideal(); }, limit).has_value();
    if (!ideal) {
        MESSAGE(world.dump());
    }
    return ideal;
}

// Reads everything back; returns how many acknowledged keys were not there.
std::size_t lost_keys(KeyAudit& keys) {
    const KeyAudit::Findings findings = keys.read_all();
    for (const std::string& key : findings.lost) {
        MESSAGE("lost: " << key);
    }
    for (const std::string& key : findings.unreadable) {
        MESSAGE("unreadable: " << key);
    }
    return findings.lost.size() + findings.unreadable.size();
}

TEST_CASE("world: the same seed gives the same trace, another seed another") {
    const auto hash = [](std::uint64_t seed) {
        WorldOptions harsh = options(seed);
        harsh.network.loss = harsh.network.duplicate = harsh.network.reorder = 50'000;
        World world(harsh);
        grow(world, 12);
        KeyAudit keys(world, seed);
        keys.write(20);
        world.kill(3);
        world.run_for(minutes(2));
        world.restart(3);
        world.run_for(minutes(2));
        return world.trace_hash();
    };
    const std::uint64_t first = hash(1);
    CHECK(first == hash(1));
    CHECK(first != hash(2));
}

TEST_CASE("world: 200 nodes become an ideal ring") {
    World world(options(1));
    grow(world, 200);
    REQUIRE(becomes_ideal(world));
    CHECK(world.violations().empty());
    CHECK(world.live_count() == 200);
    CHECK(world.statistics().ring_checks > 200);
    CHECK(world.now() - Time{} < minutes(5));
}

TEST_CASE("world: 200 nodes that start at one instant become an ideal ring") {
    World world(options(2));
    grow(world, 200, Duration{});
    CHECK(becomes_ideal(world));
    CHECK(world.violations().empty());
}

TEST_CASE("world: rings of 1 to 16 nodes become ideal, and again after a crash, a return and a leave") {
    for (std::size_t nodes = 1; nodes <= 16; ++nodes) {
        CAPTURE(nodes);
        WorldOptions lossy = options(nodes);
        lossy.network.loss = 20'000;
        World world(lossy);
        grow(world, nodes, seconds(1));
        REQUIRE(becomes_ideal(world));
        if (nodes > 1) {
            world.kill(nodes - 1);
            world.run_for(seconds(1));
            REQUIRE(becomes_ideal(world));
            world.restart(nodes - 1);
            world.run_for(seconds(1));
            REQUIRE(becomes_ideal(world));
            world.leave(0);
            world.run_for(minutes(1));
            CHECK_FALSE(world.alive(0));
            REQUIRE(becomes_ideal(world));
            CHECK(world.live_count() == nodes - 1);
        }
        CHECK(world.violations().empty());
    }
}

TEST_CASE("world: a device killed and back at once takes its place again") {
    World world(options(3));
    grow(world, 10);
    REQUIRE(becomes_ideal(world));
    for (std::size_t i = 0; i < 10; ++i) {
        world.kill(i);
        world.restart(i);
        world.run_for(seconds(20));
    }
    CHECK(becomes_ideal(world));
    CHECK(world.violations().empty());
}

TEST_CASE("world: all devices lose power and come back together: one ring, and every key is there") {
    World world(options(4));
    grow(world, 16);
    REQUIRE(becomes_ideal(world));
    KeyAudit keys(world, 4);
    keys.write(100);
    for (std::size_t i = 0; i < 16; ++i) {
        world.kill(i);
    }
    world.run_for(minutes(1));
    for (std::size_t i = 0; i < 16; ++i) {
        world.restart(i);
    }
    REQUIRE(becomes_ideal(world));
    world.run_until([&] { return world.settled(); }, minutes(10));
    CHECK(keys.read_all().acknowledged == 100);
    CHECK(lost_keys(keys) == 0);
}

TEST_CASE("world: 8 of 32 nodes killed 5 s apart: no acknowledged key is lost") {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
        World world(options(seed));
        grow(world, 32);
        REQUIRE(becomes_ideal(world));
        REQUIRE(world.run_until([&] { return world.settled(); }, minutes(10)));
        KeyAudit keys(world, seed);
        keys.write(300);
        for (std::size_t i = 0; i < 8; ++i) {
            world.kill(4 * i);
            world.run_for(seconds(5));
        }
        REQUIRE(becomes_ideal(world));
        CHECK(keys.read_all().acknowledged == 300);
        CHECK(lost_keys(keys) == 0);
    }
}

TEST_CASE("world: two halves that lose each other are two rings, and one again when the link is back") {
    World world(options(5));
    grow(world, 24);
    REQUIRE(becomes_ideal(world));
    std::vector<std::uint8_t> sides(24);
    for (std::size_t i = 0; i < sides.size(); ++i) {
        sides[i] = i % 2;
    }
    world.split(sides);
    world.run_for(minutes(5));
    CHECK_FALSE(world.ideal());
    CHECK(world.statistics().broken[static_cast<std::size_t>(Rule::at_most_one_ring)] > 0);
    world.split({});
    CHECK(becomes_ideal(world));
    CHECK(world.violations().empty());
}

TEST_CASE("world: the true owner of a point is the next member clockwise") {
    World world(options(6));
    CHECK_FALSE(world.true_owner(Id{}).has_value());
    grow(world, 3);
    REQUIRE(becomes_ideal(world));
    for (std::size_t i = 0; i < 3; ++i) {
        const RingState& ring = world.node(i).ring();
        CHECK(world.true_owner(ring.self().id) == ring.self().id);
        CHECK(world.true_owner(ring.self().id.plus_power_of_two(0)) == ring.successors().front().id);
    }
}

TEST_CASE("world: a device that lost its disk gets back what it held, and stands in its place") {
    World world(options(31));
    grow(world, 6);
    REQUIRE(becomes_ideal(world));
    KeyAudit keys(world, 1);
    keys.write(60);
    REQUIRE(world.run_until([&] { return world.settled(); }, minutes(10)));
    REQUIRE(world.disk(2).stats().records > 0);
    world.kill(2);
    world.restart(2, {Return::DiskFate::lost, false});
    CHECK(world.disk(2).stats().records == 0);
    REQUIRE(world.run_until([&] { return world.settled(); }, minutes(10)));
    CHECK(world.disk(2).stats().records > 0);
    CHECK(lost_keys(keys) == 0);
}

// Its neighbours have missed nobody, so it has to ask for the copies by itself.
TEST_CASE("world: a device back in a moment without its disk holds what it held for others, once all are settled") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        CAPTURE(seed);
        World world(options(seed));
        grow(world, 12);
        REQUIRE(becomes_ideal(world));
        KeyAudit keys(world, 1);
        keys.write(100);
        REQUIRE(world.run_until([&] { return world.settled(); }, minutes(10)));
        const std::uint64_t before = world.disk(5).stats().records;
        REQUIRE(before > 0);
        world.kill(5);
        world.restart(5, {Return::DiskFate::lost, false});
        REQUIRE(world.run_until([&] { return world.settled(); }, minutes(10)));
        CHECK(world.disk(5).stats().records == before);
    }
}

TEST_CASE("world: a device that returns with an old copy of its disk has what it had then, and catches up") {
    World world(options(32));
    grow(world, 6);
    REQUIRE(becomes_ideal(world));
    KeyAudit keys(world, 1);
    keys.write(30);
    REQUIRE(world.run_until([&] { return world.settled(); }, minutes(10)));
    world.back_up(1);
    const std::uint64_t then = world.disk(1).stats().records;
    keys.write(60);
    REQUIRE(world.disk(1).stats().records > then);
    world.kill(1);
    world.restart(1, {Return::DiskFate::stale, false});
    CHECK(world.disk(1).stats().records == then);
    REQUIRE(world.run_until([&] { return world.settled(); }, minutes(10)));
    CHECK(lost_keys(keys) == 0);
}

TEST_CASE("world: a device that comes back at another address is the same node to the ring") {
    World world(options(33));
    grow(world, 6);
    REQUIRE(becomes_ideal(world));
    const Peer before = world.node(3).ring().self();
    world.kill(3);
    world.restart(3, {Return::DiskFate::old, true});
    const Peer after = world.node(3).ring().self();
    CHECK(after.id == before.id);
    CHECK(after.address != before.address);
    const auto known_at_its_new_address = [&] {
        return std::all_of(world.live().begin(), world.live().end(), [&](std::size_t device) {
            const auto& successors = world.node(device).ring().successors();
            return device == 3 || std::find(successors.begin(), successors.end(), after) != successors.end();
        });
    };
    CHECK(world.run_until(known_at_its_new_address, minutes(5)));
    CHECK(becomes_ideal(world));
}

TEST_CASE("world: clocks that are years wrong lose nothing and tear nothing") {
    World world(options(34));
    grow(world, 5);
    REQUIRE(becomes_ideal(world));
    KeyAudit keys(world, 1);
    keys.write(20);
    world.jump_clock(0, std::chrono::hours(24 * 365 * 20));
    world.jump_clock(1, -std::chrono::hours(24 * 365 * 60));  // before 1970: the clock stands at its beginning
    keys.write(40);
    world.run_for(minutes(5));
    CHECK(world.ideal());
    CHECK(lost_keys(keys) == 0);
}

}  // namespace
}  // namespace chord::sim
