// What time it is without a right clock: each sentence of the header's rules, and the clocks that issue 4 names.
#include "net/admission/fleet_time.hpp"

#include <doctest/doctest.h>

#include <initializer_list>

namespace chord::net::admission {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kStart{};
constexpr Seconds kFloor = 1'790'000'000;  // September 2026
constexpr Seconds kDay = 86400;
constexpr Seconds kTrue = kFloor + 100 * kDay;

Id peer(std::uint64_t number) {
    return Id{{number, 0, 0, 0}};
}

/// Each tells its time; 0 for who does not know.
void hear_all(FleetTime& time, std::initializer_list<Seconds> told, Time now) {
    std::uint64_t number = 1;
    for (const Seconds each : told) time.hear(peer(number++), each, now);
}

/// A node whose clock says `wall`, with three peers that are right.
FleetTime among_three(Seconds wall) {
    FleetTime time(kFloor, kStart);
    hear_all(time, {kTrue, kTrue + 5, kTrue - 5}, kStart);
    time.update({wall, false}, kStart);
    return time;
}

TEST_CASE("fleet_time: alone, only the floor counts, moved on by node time") {
    FleetTime time(kFloor, kStart);
    time.update({}, kStart);
    CHECK_FALSE(time.is_known());
    CHECK_EQ(time.estimate(kStart), kFloor);
    CHECK_EQ(time.estimate(kStart + hours(5)), kFloor + 5 * 3600);
    CHECK_EQ(time.told(kStart), 0);
    time.update({}, kStart + hours(5));
    CHECK_EQ(time.floor(), kFloor + 5 * 3600);
}

TEST_CASE("fleet_time: what the fleet key signed raises the floor at once, never lowers it") {
    FleetTime time(kFloor, kStart);
    time.learn_signed(kTrue, kStart + hours(1));
    CHECK_EQ(time.floor(), kTrue);
    CHECK_EQ(time.estimate(kStart + hours(2)), kTrue + 3600);
    time.learn_signed(kFloor, kStart + hours(2));
    CHECK_EQ(time.floor(), kTrue);
    CHECK_EQ(time.estimate(kStart + hours(2)), kTrue + 3600);
    time.learn_signed(kSecondsMax, kStart + hours(2));
    CHECK_EQ(time.floor(), kTrue);
}

TEST_CASE("fleet_time: what was signed with a clock far ahead raises nothing") {
    FleetTime time(kFloor, kStart);
    time.learn_signed(kFloor + FleetTime::kLeapMax + 1, kStart);
    CHECK_EQ(time.floor(), kFloor);
    FleetTime known = among_three(0);
    known.learn_signed(known.estimate(kStart) + kDay + 1, kStart);
    CHECK_EQ(known.floor(), kFloor);
    known.learn_signed(known.estimate(kStart) + kDay, kStart);
    CHECK_EQ(known.floor(), known.estimate(kStart));
    time.learn_signed(kFloor + FleetTime::kLeapMax, kStart);
    CHECK_EQ(time.floor(), kFloor + FleetTime::kLeapMax);
}

TEST_CASE("fleet_time: an unsynchronised clock alone is not believed, whatever it says, but told when plausible") {
    for (const Seconds wall : {Seconds{0}, Seconds{1000}, kTrue, Seconds{1} << 31, Seconds{1} << 32, kSecondsMax}) {
        CAPTURE(wall);
        FleetTime time(kFloor, kStart);
        time.update({wall, false}, kStart);
        CHECK_FALSE(time.is_known());
        CHECK_EQ(time.estimate(kStart), kFloor);
        CHECK_EQ(time.told(kStart), wall == kTrue ? kTrue : 0);
    }
}

TEST_CASE("fleet_time: a synchronised clock is believed within five years of the floor") {
    FleetTime time(kFloor, kStart);
    time.update({kTrue, true}, kStart);
    CHECK(time.is_known());
    CHECK_EQ(time.estimate(kStart + minutes(1)), kTrue + 60);
    CHECK_EQ(time.told(kStart), kTrue);
    CHECK_EQ(time.floor(), kFloor);  // nothing irrevocable
    for (const Seconds wall : {kFloor - FleetTime::kAgreement - 1, kFloor + FleetTime::kLeapMax + 1, Seconds{1000}}) {
        FleetTime other(kFloor, kStart);
        other.update({wall, true}, kStart);
        CHECK_FALSE(other.is_known());
        CHECK_EQ(other.estimate(kStart), kFloor);
    }
}

TEST_CASE("fleet_time: clocks at 1970, at 2038 and later, right, and a year back learn the same from three peers") {
    for (const Seconds wall :
         {Seconds{0}, Seconds{77}, Seconds{1} << 31, Seconds{1} << 33, kTrue, kTrue - 366 * kDay}) {
        CAPTURE(wall);
        const FleetTime time = among_three(wall);
        CHECK(time.is_known());
        CHECK_GE(time.estimate(kStart), kTrue - 5);
        CHECK_LE(time.estimate(kStart), kTrue + 5);
    }
}

TEST_CASE("fleet_time: three voices at least, this node's own plausible clock included") {
    FleetTime time(kFloor, kStart);
    hear_all(time, {kTrue, kTrue}, kStart);
    time.update({}, kStart);
    CHECK_FALSE(time.is_known());
    time.update({1000, false}, kStart);
    CHECK_FALSE(time.is_known());
    time.update({kTrue, false}, kStart);
    CHECK(time.is_known());
}

TEST_CASE("fleet_time: more than half of all that are heard must agree, those that do not know included") {
    FleetTime time(kFloor, kStart);
    hear_all(time, {kTrue, kTrue, kTrue, 0, 0, 0}, kStart);
    time.update({}, kStart);
    CHECK_FALSE(time.is_known());
    time.hear(peer(9), kTrue + FleetTime::kAgreement, kStart);
    time.update({}, kStart);
    CHECK(time.is_known());
    FleetTime split(kFloor, kStart);
    hear_all(split, {kTrue, kTrue, kTrue + kDay, kTrue + kDay}, kStart);
    split.update({}, kStart);
    CHECK_FALSE(split.is_known());
}

TEST_CASE("fleet_time: a minority, however loud, moves nothing") {
    FleetTime time(kFloor, kStart);
    hear_all(time, {kTrue, kTrue, kTrue, kTrue + 900 * kDay, kTrue + 900 * kDay}, kStart);
    time.hear(peer(4), kTrue + 900 * kDay, kStart);  // again: still one voice
    time.update({}, kStart);
    CHECK_EQ(time.estimate(kStart), kTrue);
}

TEST_CASE("fleet_time: a majority is not believed below the floor nor beyond five years") {
    for (const Seconds told : {Seconds{5000}, kFloor - kDay, kFloor + FleetTime::kLeapMax + kDay, kSecondsMax}) {
        CAPTURE(told);
        FleetTime time(kFloor, kStart);
        hear_all(time, {told, told, told, told}, kStart);
        time.update({}, kStart);
        CHECK_FALSE(time.is_known());
        CHECK_EQ(time.estimate(kStart), kFloor);
    }
}

TEST_CASE("fleet_time: peers that only repeat what nobody measured tell nothing") {
    FleetTime time(kFloor, kStart);
    hear_all(time, {0, 0, 0}, kStart);
    time.update({}, kStart);
    CHECK_EQ(time.told(kStart), 0);
}

TEST_CASE("fleet_time: voices are forgotten after half an hour, what was learnt of them is not") {
    FleetTime time = among_three(0);
    const Time later = kStart + FleetTime::kVoiceLifetime;
    time.update({}, later);
    CHECK(time.is_known());
    CHECK_GE(time.estimate(later), kTrue + 1800 - 5);
    hear_all(time, {kTrue - 50 * kDay, kTrue - 50 * kDay, kTrue - 50 * kDay}, later);
    time.update({}, later);
    CHECK_EQ(time.estimate(later), kTrue - 50 * kDay);  // a wrong majority's time was not for ever
}

TEST_CASE("fleet_time: agreement raises the floor after an hour, a day less, and a year at a time") {
    FleetTime time(kFloor, kStart);
    const Seconds ahead = kFloor + 800 * kDay;
    Time now = kStart;
    const auto run = [&](Duration for_how_long) {
        for (const Time end = now + for_how_long; now < end; now += minutes(10)) {
            const auto passed = static_cast<Seconds>(std::chrono::duration_cast<seconds>(now - kStart).count());
            hear_all(time, {ahead + passed, ahead + passed, ahead + passed}, now);
            time.update({}, now);
        }
    };
    run(minutes(60));
    CHECK_LT(time.floor(), kFloor + kDay);
    run(minutes(10));
    CHECK_GE(time.floor(), kFloor + FleetTime::kFloorStepMax);
    CHECK_LT(time.floor(), kFloor + FleetTime::kFloorStepMax + kDay);
    run(hours(23));
    CHECK_LT(time.floor(), kFloor + FleetTime::kFloorStepMax + 2 * kDay);
    run(hours(72));
    CHECK_GE(time.floor(), ahead - kDay);
    CHECK_LT(time.floor(), ahead + 4 * kDay);
    const FleetTime restarted(time.floor(), kStart);
    CHECK_GE(restarted.estimate(kStart), ahead - kDay);
}

TEST_CASE("fleet_time: a plausible synchronised clock wins over any number of voices, and no floor rises above it") {
    FleetTime time(kFloor, kStart);
    for (Time now = kStart; now < kStart + hours(60); now += minutes(10)) {
        const auto passed = static_cast<Seconds>(std::chrono::duration_cast<seconds>(now - kStart).count());
        const Seconds wrong = kTrue + 900 * kDay + passed;
        hear_all(time, {wrong, wrong, wrong, wrong, wrong}, now);
        time.update({kTrue + passed, true}, now);
        REQUIRE_EQ(time.estimate(now), kTrue + passed);
        REQUIRE_EQ(time.told(now), kTrue + passed);
        REQUIRE_LE(time.floor(), kFloor + passed);  // its own uptime, no more
    }
    // What both say raises it.
    const Time later = kStart + hours(60);
    for (Time now = later; now <= later + hours(1); now += minutes(10)) {
        const auto passed = static_cast<Seconds>(std::chrono::duration_cast<seconds>(now - kStart).count());
        const Seconds told = kTrue + passed + FleetTime::kAgreement;
        hear_all(time, {told, told, told, told, told}, now);
        time.update({kTrue + passed, true}, now);
    }
    CHECK_EQ(time.floor(), kTrue + 61 * 3600 - FleetTime::kFloorSlack);
    // No clock, or one that is not plausible, contradicts nobody.
    FleetTime other(kFloor, kStart);
    hear_all(other, {kTrue, kTrue, kTrue}, kStart);
    other.update({1000, true}, kStart);
    CHECK_EQ(other.estimate(kStart), kTrue);
}

TEST_CASE("fleet_time: a forgotten device has no voice") {
    FleetTime time(kFloor, kStart);
    hear_all(time, {kTrue, kTrue, kTrue}, kStart);
    time.forget(peer(2));
    time.update({}, kStart);
    CHECK_FALSE(time.is_known());
    time.hear(peer(4), kTrue, kStart);
    time.update({}, kStart);
    CHECK(time.is_known());
}

TEST_CASE("fleet_time: short agreement raises nothing for good") {
    FleetTime time = among_three(0);
    CHECK_EQ(time.floor(), kFloor);
    time.update({}, kStart + minutes(29));
    CHECK_LT(time.floor(), kFloor + kDay);
}

TEST_CASE("fleet_time: agreement that was interrupted begins its hour anew") {
    FleetTime time = among_three(0);
    const auto agree = [&](Time now) {
        const auto passed = static_cast<Seconds>(std::chrono::duration_cast<seconds>(now - kStart).count());
        hear_all(time, {kTrue + passed, kTrue + passed, kTrue + passed}, now);
        time.update({}, now);
    };
    agree(kStart + minutes(20));
    time.update({}, kStart + minutes(51));  // nobody is heard any more
    agree(kStart + minutes(61));
    CHECK_LT(time.floor(), kFloor + kDay);
    agree(kStart + minutes(90));
    agree(kStart + minutes(119));
    CHECK_LT(time.floor(), kFloor + kDay);
    agree(kStart + minutes(121));
    CHECK_GE(time.floor(), kTrue - kDay);
}

TEST_CASE("fleet_time: at most 64 voices; the one heard longest ago goes first") {
    FleetTime time(kFloor, kStart);
    for (std::uint64_t i = 1; i <= 64; ++i) time.hear(peer(i), kTrue + 900 * kDay, kStart);
    for (std::uint64_t i = 65; i <= 128; ++i) time.hear(peer(i), kTrue, kStart);
    time.update({}, kStart);
    CHECK_EQ(time.estimate(kStart), kTrue);
}

TEST_CASE("fleet_time: expired ten minutes after the end, never earlier; not-yet only when the time is known") {
    FleetTime base(kFloor, kStart);
    base.update({}, kStart);
    CHECK_FALSE(base.is_expired(kFloor, kStart));
    CHECK_FALSE(base.is_expired(kFloor - 599, kStart));
    CHECK(base.is_expired(kFloor - 600, kStart));
    CHECK_FALSE(base.is_not_yet(kTrue, kStart));
    const FleetTime known = among_three(0);
    CHECK(known.is_expired(kFloor, kStart));
    CHECK_FALSE(known.is_not_yet(kTrue + kDay - 10, kStart));
    CHECK(known.is_not_yet(kTrue + kDay + 10, kStart));
}

TEST_CASE("fleet_time: the ends of its range overflow nowhere") {
    FleetTime time(kSecondsMax, kStart);
    hear_all(time, {kSecondsMax, kSecondsMax, kSecondsMax}, kStart);
    time.update({kSecondsMax, true}, kStart);
    CHECK_LE(time.estimate(kStart + hours(1'000'000)), kSecondsMax);
    CHECK_LE(time.told(kStart), kSecondsMax);
    CHECK_LE(time.floor(), kSecondsMax);
}

}  // namespace
}  // namespace chord::net::admission
