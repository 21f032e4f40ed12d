// The message-level walker: whole cores under loss, duplicates and reordering. `chord_sim walk --messages` is the long
// form.
#include "tests/sim/message_walker.hpp"

#include <doctest/doctest.h>

namespace chord::sim {
namespace {

WalkReport walk_some(std::size_t length_max, std::uint64_t schedules, std::uint64_t seed = 1) {
    WalkOptions options;
    options.schedules = schedules;
    options.length_max = length_max;
    options.seed = seed;
    options.failures_told = 1;
    return walk_messages(options);
}

TEST_CASE("walk --messages: every random schedule converges and breaks no local rule, for lists of 2, 3 and 8") {
    for (const std::size_t length_max : {2U, 3U, 8U}) {
        const WalkReport report = walk_some(length_max, 400);
        INFO((report.failures.empty() ? "" : report.failures.front().text));
        CHECK(report.converged == report.schedules);
        CHECK(report.broken == 0);
        CHECK(report.events > report.schedules * 300);
        CHECK(report.rounds_p99 <= 20);
    }
}

TEST_CASE("walk --messages: the same seed gives the same trace, another seed another") {
    const std::uint64_t hash = walk_some(3, 10, 5).trace_hash;
    CHECK(hash == walk_some(3, 10, 5).trace_hash);
    CHECK(hash != walk_some(3, 10, 6).trace_hash);
}

MessageWorldOptions quiet_world() {
    MessageWorldOptions options;
    options.network.latency = std::chrono::milliseconds(10);
    options.network.jitter = Duration{};
    options.node.successors = 3;
    return options;
}

std::vector<Id> spread(std::size_t count) {
    std::vector<Id> ids;
    for (std::size_t i = 0; i < count; ++i) {
        ids.push_back(Id{{(i + 1) << 56, 0, 0, 0}});
    }
    return ids;
}

TEST_CASE("message_world: a call to nobody ends in a timeout and the node goes on: a ring of one") {
    MessageWorld world(quiet_world(), spread(2));
    world.start(0, {1});
    world.run_until(Time{} + std::chrono::seconds(30));
    CHECK(world.member(0));
    CHECK(world.ideal());
}

TEST_CASE("message_world: with every message lost, two nodes are two rings; they are one when messages pass") {
    MessageWorldOptions deaf = quiet_world();
    deaf.network.loss = kAlways;
    MessageWorld world(deaf, spread(2));
    world.start(0, {1});
    world.start(1, {0});
    world.run_until(Time{} + std::chrono::minutes(5));
    CHECK(world.member(0));
    CHECK(world.member(1));
    CHECK_FALSE(world.ideal());

    MessageWorld hearing(quiet_world(), spread(2));
    hearing.start(0, {1});
    hearing.start(1, {0});
    hearing.run_until(Time{} + std::chrono::minutes(5));
    CHECK(hearing.ideal());
}

TEST_CASE("message_world: nobody may vanish who is the last live entry of another") {
    MessageWorld world(quiet_world(), spread(3));
    world.start(0, {});
    CHECK_FALSE(world.may_vanish(0));  // the only one
    world.start(1, {0});
    world.run_until(Time{} + std::chrono::minutes(1));
    REQUIRE(world.ideal());
    CHECK(world.may_vanish(0));  // one member is left: a ring of one
    world.start(2, {0});
    world.run_until(Time{} + std::chrono::minutes(2));
    REQUIRE(world.ideal());
    CHECK(world.may_vanish(1));
    world.kill(1);
    CHECK(world.may_vanish(2));
}

}  // namespace
}  // namespace chord::sim
