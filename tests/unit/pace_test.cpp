// Pace: the period follows the sessions seen, between the budget and the profile.
#include "node/core/ring/pace.hpp"

#include <doctest/doctest.h>

namespace chord {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kWatched = 8;

NodeOptions options() {
    NodeOptions made;
    made.stabilize_period = seconds(15);
    made.stabilize_period_unsettled = seconds(5);
    made.stabilize_period_min = seconds(2);
    made.unsettled_for = minutes(2);
    return made;
}

// As many departures among `kWatched` nodes as sessions of that mean bring, until one hour is over.
Pace after_an_hour_of(Duration session_mean, const NodeOptions& chosen) {
    Pace pace(chosen);
    pace.began(Time{});
    const Duration between = session_mean / static_cast<std::int64_t>(kWatched);
    for (Time now = Time{} + between; now <= Time{} + hours(1); now += between) {
        pace.on_departures(1, kWatched, now);
        pace.on_change(now);
    }
    return pace;
}

TEST_CASE("pace: the mean session is estimated from who goes among the successors") {
    const NodeOptions chosen = options();
    for (const Duration mean : {Duration(seconds(60)), Duration(seconds(121)), Duration(minutes(20))}) {
        const Pace pace = after_an_hour_of(mean, chosen);
        const Duration estimate = pace.session_mean(Time{} + hours(1));
        CHECK(estimate > mean * 8 / 10);
        CHECK(estimate < mean * 12 / 10);
    }
}

TEST_CASE("pace: short sessions shorten the period, but not below the budget") {
    const NodeOptions chosen = options();
    const Time now = Time{} + hours(1);
    const Duration busy = after_an_hour_of(seconds(90), chosen).period(now);
    CHECK(busy > seconds(2));
    CHECK(busy < seconds(4));
    CHECK(after_an_hour_of(seconds(10), chosen).period(now) == seconds(2));
    CHECK(after_an_hour_of(hours(2), chosen).period(now + minutes(30)) == seconds(15));
}

TEST_CASE("pace: right after a change the ring is looked after sooner, without churn or tuning") {
    NodeOptions chosen = options();
    chosen.self_tuning = false;
    Pace pace = after_an_hour_of(seconds(10), chosen);
    const Time last = Time{} + hours(1);
    CHECK(pace.unsettled(last));
    CHECK(pace.period(last) == seconds(5));
    CHECK(pace.period(last + seconds(15)) == seconds(5));
    CHECK(pace.period(last + seconds(30)) == seconds(10));
    CHECK(pace.period(last + seconds(45)) == seconds(15));
    CHECK(pace.period(last + minutes(3)) == seconds(15));
    pace.on_change(last + minutes(3));
    CHECK(pace.period_of_churn(last + minutes(3)) == seconds(15));
    CHECK(pace.period(last + minutes(3)) == seconds(5));
}

TEST_CASE("pace: when the churn is over, the period grows back") {
    const NodeOptions chosen = options();
    const Pace pace = after_an_hour_of(seconds(60), chosen);
    Duration before{};
    for (int minute = 0; minute <= 15; ++minute) {
        const Duration period = pace.period(Time{} + hours(1) + minutes(minute));
        CHECK(period >= before);
        before = period;
    }
    CHECK(before == seconds(15));
}

TEST_CASE("pace: one departure in a young node's life is no storm") {
    const NodeOptions chosen = options();
    Pace pace(chosen);
    pace.began(Time{});
    pace.on_departures(1, kWatched, Time{} + seconds(1));
    CHECK(pace.period(Time{} + minutes(5)) == seconds(15));
}

}  // namespace
}  // namespace chord
