// The split walker: writes on every side of a split, and nothing acknowledged lost when the ring is one again.
// `chord_sim walk --splits` is the long form.
#include "tests/sim/split_walker.hpp"

#include <doctest/doctest.h>

namespace chord::sim {
namespace {

SplitReport walk_some(std::uint64_t schedules, std::uint64_t seed, std::uint64_t first_index = 0,
                      std::size_t successors = 3) {
    WalkOptions options;
    options.length_max = successors;
    options.schedules = schedules;
    options.first_index = first_index;
    options.nodes_max = 16;
    options.seed = seed;
    options.failures_told = 1;
    return walk_splits(options);
}

void check(const SplitReport& report) {
    INFO((report.walk.failures.empty() ? "" : report.walk.failures.front().text));
    CHECK(report.walk.converged == report.walk.schedules);
    CHECK(report.keys.lost.empty());
    CHECK(report.keys.foreign.empty());
    CHECK(report.keys.unlisted.empty());
    CHECK(report.keys.stale.empty());
}

TEST_CASE("walk --splits: one ring in the end, no acknowledged value lost, no conflict without a word") {
    const SplitReport report = walk_some(60, 1);
    check(report);
    CHECK(report.walk.rounds_max <= 20);
    CHECK(report.walk.transient[static_cast<std::size_t>(Rule::at_most_one_ring)] > 40);  // they were apart
    CHECK(report.totals.acknowledged > 2000);
    CHECK(report.keys.listed > 50);
    CHECK(report.reads_judged > 50);
}

TEST_CASE("walk --splits: the same seed gives the same trace, another seed another") {
    const std::uint64_t hash = walk_some(4, 5).walk.trace_hash;
    CHECK(hash == walk_some(4, 5).walk.trace_hash);
    CHECK(hash != walk_some(4, 6).walk.trace_hash);
}

TEST_CASE("walk --splits: any part of a schedule is a schedule, and is repeated exactly") {
    WalkOptions options;
    options.nodes_max = 16;
    SplitSchedule schedule = random_split_schedule(options, 3);
    REQUIRE(schedule.actions.size() > 10);
    schedule.actions.erase(schedule.actions.begin() + 2, schedule.actions.begin() + 7);
    const SplitOutcome first = run_split_schedule(options, schedule);
    CHECK_FALSE(failed(first.outcome));
    CHECK(run_split_schedule(options, schedule).outcome.trace_hash == first.outcome.trace_hash);
}

// Every seed that failed once, with what it taught.

TEST_CASE("walk --splits --seed 1 --index 1: a loser that nobody pushes must still be met by the winner") {
    check(walk_some(1, 1, 1));
}

TEST_CASE("walk --splits --seed 1 --index 87: a stray goes to who owns it by its own word, not by a lookup's") {
    check(walk_some(1, 1, 87));
}

TEST_CASE(
    "walk --splits --r 2 --seed 2 --index 570: who lost its disk may have been the only one with strays to offer") {
    check(walk_some(1, 2, 570, 2));
}

TEST_CASE("walk --splits --seed 1 --index 2682: a leaver may hand over an arc that was never its own") {
    check(walk_some(1, 1, 2682));
}

TEST_CASE("walk --splits --r 8 --seed 7 --index 335: a joiner asks the nodes that it has not heard of yet, too") {
    check(walk_some(1, 7, 335, 8));
}

}  // namespace
}  // namespace chord::sim
