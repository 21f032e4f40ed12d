// The event-level walker: what it finds in the protocol (nothing), what it finds in broken ones (everything), and the
// schedules that once failed, by name. `chord_sim walk --schedules 100000 --r 2` is the long form.
#include "tests/sim/schedule_walker.hpp"

#include <doctest/doctest.h>

namespace chord::sim {
namespace {

constexpr std::uint64_t kSchedules = 4000;

WalkReport walk_some(std::size_t length_max, Variant variant, std::uint64_t schedules, std::uint64_t seed = 1) {
    WalkOptions options;
    options.schedules = schedules;
    options.length_max = length_max;
    options.variant = variant;
    options.seed = seed;
    options.failures_told = 1;
    return walk_schedules(options);
}

std::string told(const WalkReport& report) {
    return report.failures.empty() ? "" : report.failures.front().text;
}

TEST_CASE("walk: every random schedule converges and breaks no rule, for lists of 2, 3 and 8") {
    for (const std::size_t length_max : {2U, 3U, 8U}) {
        const WalkReport report = walk_some(length_max, Variant::correct, kSchedules);
        INFO(told(report));
        CHECK(report.converged == kSchedules);
        CHECK(report.non_converged == 0);
        CHECK(report.broken == 0);
        CHECK(report.events > kSchedules * 20);
        CHECK(report.rounds_p99 <= 16);  // PROTOCOL-NOTES 2.5: p99 7 to 12
    }
}

TEST_CASE("walk: the same seed gives the same trace, another seed another") {
    const WalkReport first = walk_some(3, Variant::correct, 100, 7);
    CHECK(first.trace_hash == walk_some(3, Variant::correct, 100, 7).trace_hash);
    CHECK(first.trace_hash != walk_some(3, Variant::correct, 100, 8).trace_hash);
}

TEST_CASE("walk: notices at once when a pointer is adopted that did not answer") {
    for (const std::size_t length_max : {2U, 3U, 8U}) {
        const WalkReport report = walk_some(length_max, Variant::adopt_unanswered, 100);
        CHECK(report.broken > 0);
        REQUIRE_FALSE(report.failures.empty());
        CHECK(report.failures.front().command.find("--broken adopt-unanswered") != std::string::npos);
    }
}

TEST_CASE("walk: notices when short lists are padded in a join") {
    CHECK(walk_some(2, Variant::padded_join, 300).broken > 0);
    CHECK(walk_some(3, Variant::padded_join, 300).broken > 0);
}

TEST_CASE("walk: notices when a node whose list ran empty does not turn to its predecessor") {
    CHECK(walk_some(3, Variant::lost_regroup, 1500).non_converged > 0);
}

TEST_CASE("walk: a failure is shrunk to a schedule that still fails") {
    WalkOptions options;
    options.schedules = 100;
    options.variant = Variant::adopt_unanswered;
    options.failures_told = 1;
    const WalkReport report = walk_schedules(options);
    REQUIRE_FALSE(report.failures.empty());
    const WalkFailure& failure = report.failures.front();
    Schedule schedule = random_schedule(options, failure.index);
    CHECK(failure.events.size() < schedule.events.size());
    schedule.events = failure.events;
    CHECK(failed(run_schedule(options, schedule)));
}

// ---- Scenarios: schedules that once failed -------------------------------------------------------------------------

Schedule scenario(Start start, std::uint32_t ring, std::vector<Event> events) {
    Schedule schedule;
    schedule.start = start;
    for (std::uint64_t i = 0; i < 14; ++i) {
        schedule.ids.push_back(Id{{(i + 1) << 60, 0, 0, i}});
    }
    schedule.first_ring = ring;
    schedule.events = std::move(events);
    return schedule;
}

std::size_t failures(Variant variant, std::size_t length_max, Schedule schedule) {
    WalkOptions options;
    options.variant = variant;
    options.length_max = length_max;
    std::size_t count = 0;
    for (schedule.quiet_seed = 1; schedule.quiet_seed <= 30; ++schedule.quiet_seed) {
        count += failed(run_schedule(options, schedule)) ? 1U : 0U;
    }
    return count;
}

// Node 9's list has lost node 13 when node 12 joins after it. Padded with 9 itself, 12's list [1 9] skips 2 and 6, and
// the ring of four has fewer principals than r + 1.
TEST_CASE("scenario: a join after a node whose list has lost an entry") {
    const std::uint32_t ring = 1U << 1 | 1U << 2 | 1U << 6 | 1U << 9 | 1U << 13;
    const Schedule schedule = scenario(
        Start::premise, ring, {{EventKind::leave, 13, 0}, {EventKind::revive, 12, 0}, {EventKind::join, 12, 9}});
    CHECK(failures(Variant::correct, 2, schedule) == 0);
    CHECK(failures(Variant::padded_join, 2, schedule) == 30);
}

// 0 joins the only member 7, which dies before it has heard of 0; 3 joins after 0 and inherits a list of which nobody
// lives. Each time 3's list runs empty, 0's list hands it the dead 7 again, unless it takes 0 itself, its predecessor.
TEST_CASE("scenario: a join after the last survivor of a ring") {
    const Schedule schedule = scenario(Start::solo, 1U << 7,
                                       {{EventKind::revive, 0, 0},
                                        {EventKind::join, 0, 7},
                                        {EventKind::revive, 3, 0},
                                        {EventKind::fail, 7, 0},
                                        {EventKind::join, 3, 0}});
    CHECK(failures(Variant::correct, 3, schedule) == 0);
    CHECK(failures(Variant::lost_regroup, 3, schedule) > 0);
}

}  // namespace
}  // namespace chord::sim
