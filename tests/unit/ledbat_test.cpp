// Ledbat: the rules of draft-irtf-iccrg-ledbat-plus-plus one by one.
#include "net/message/ledbat.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kDatagram = 1200;
constexpr Time kStart{std::chrono::hours(1)};

/// A flow whose acks come one a `rtt`/(datagrams of the window), as over a link that is not full.
struct Flow {
    Ledbat ledbat{kDatagram, 1000 * kDatagram};
    Time now = kStart;

    /// Acks for one window, spread over one round trip.
    void round(Duration rtt, bool limited = true) {
        const std::size_t datagrams = std::max<std::size_t>(ledbat.window() / kDatagram, 1);
        for (std::size_t i = 0; i < datagrams; ++i) {
            now += rtt / static_cast<Duration::rep>(datagrams);
            ledbat.on_rtt(rtt, now);
            ledbat.on_ack({kDatagram, now - rtt, limited}, now);
        }
    }

    /// Round trips until a slowdown goes on, or none does.
    void rounds_until(bool slowdown, Duration rtt) {
        for (int i = 0; i < 1000 && ledbat.in_slowdown() != slowdown; ++i) round(rtt);
        REQUIRE_EQ(ledbat.in_slowdown(), slowdown);
    }

    /// Out of the first slow start, and the initial slowdown over.
    void settle(Duration base) {
        for (int i = 0; i < 4; ++i) round(base);
        round(base + milliseconds(50));
        round(base + milliseconds(50));
        rounds_until(true, base);
        rounds_until(false, base);
    }
};

TEST_CASE("ledbat: the gain is 1/min(16, ceil(2 target / base))") {
    for (const auto& [base, divisor] :
         {std::pair(1, 16U), {7, 16U}, {8, 15U}, {40, 3U}, {60, 2U}, {119, 2U}, {120, 1U}, {500, 1U}}) {
        Ledbat ledbat(kDatagram, 100 * kDatagram);
        ledbat.on_rtt(milliseconds(base), kStart);
        CHECK_EQ(ledbat.gain_divisor(), divisor);
    }
    CHECK_EQ(Ledbat(kDatagram, 100 * kDatagram).gain_divisor(), 16);
}

TEST_CASE("ledbat: the queueing delay is the least recent sample above the base") {
    Ledbat ledbat(kDatagram, 100 * kDatagram);
    CHECK(ledbat.queueing_delay() == Duration::zero());
    ledbat.on_rtt(milliseconds(100), kStart);
    CHECK(ledbat.queueing_delay() == Duration::zero());
    for (int i = 1; i <= 3; ++i) ledbat.on_rtt(milliseconds(150), kStart + milliseconds(i));
    CHECK(ledbat.queueing_delay() == Duration::zero());  // the first is among the last four
    ledbat.on_rtt(milliseconds(140), kStart + milliseconds(4));
    CHECK(ledbat.queueing_delay() == milliseconds(40));
    ledbat.on_rtt(milliseconds(170), kStart + milliseconds(200));
    CHECK(ledbat.queueing_delay() == milliseconds(70));  // the others are older than a round trip
}

TEST_CASE("ledbat: the base is forgotten after ten minutes, not before") {
    Ledbat ledbat(kDatagram, 100 * kDatagram);
    ledbat.on_rtt(milliseconds(50), kStart);
    for (int minute = 1; minute <= 9; ++minute) ledbat.on_rtt(milliseconds(100), kStart + minutes(minute));
    CHECK(ledbat.queueing_delay() == milliseconds(50));
    ledbat.on_rtt(milliseconds(100), kStart + minutes(10));
    CHECK(ledbat.queueing_delay() == Duration::zero());
    ledbat.on_rtt(milliseconds(170), kStart + minutes(50));  // a long pause
    CHECK(ledbat.queueing_delay() == Duration::zero());
}

TEST_CASE("ledbat: slow start doubles the window times gain and ends at 3/4 of the target") {
    Flow flow;
    CHECK_EQ(flow.ledbat.window(), 2 * kDatagram);
    flow.round(milliseconds(200));
    CHECK_EQ(flow.ledbat.window(), 4 * kDatagram);
    flow.round(milliseconds(244));
    CHECK_GT(flow.ledbat.window(), 4 * kDatagram);
    Flow slow;  // base 30 ms: gain 1/4
    slow.round(milliseconds(30));
    CHECK_EQ(slow.ledbat.window(), 2 * kDatagram + kDatagram / 2);

    Flow ended;
    ended.round(milliseconds(200));
    ended.now += seconds(1);
    ended.ledbat.on_rtt(milliseconds(246), ended.now);
    const std::size_t before = ended.ledbat.window();
    ended.ledbat.on_ack({kDatagram, kStart, true}, ended.now);
    CHECK_EQ(ended.ledbat.window(), before);
}

TEST_CASE("ledbat: two round trips after the first slow start the window is two datagrams for two round trips") {
    Flow flow;
    for (int i = 0; i < 4; ++i) flow.round(milliseconds(200));
    flow.now += seconds(1);
    flow.ledbat.on_rtt(milliseconds(250), flow.now);
    flow.ledbat.on_ack({kDatagram, kStart, true}, flow.now);
    const std::size_t reached = flow.ledbat.window();
    CHECK_EQ(reached, 32 * kDatagram);
    const Time left = flow.now;
    flow.rounds_until(true, milliseconds(200));
    CHECK_GE(flow.now - left, milliseconds(2 * 200));
    CHECK_LE(flow.now - left, milliseconds(4 * 250));
    CHECK_EQ(flow.ledbat.window(), 2 * kDatagram);
    const Time began = flow.now;
    flow.round(milliseconds(200));
    CHECK_EQ(flow.ledbat.window(), 2 * kDatagram);
    flow.rounds_until(false, milliseconds(200));
    CHECK_GE(flow.ledbat.window(), reached);
    CHECK_LE(flow.ledbat.window(), reached + 8 * kDatagram);

    // The next one is nine times as far away as this one was long.
    const Duration took = flow.now - began;
    const Time over = flow.now;
    flow.rounds_until(true, milliseconds(200));
    CHECK_GE(flow.now - over, 8 * took);
    CHECK_LE(flow.now - over, 10 * took);
}

TEST_CASE("ledbat: below the target one datagram times gain a round trip, and only if the window is used up") {
    Flow flow;
    flow.settle(milliseconds(200));
    const std::size_t before = flow.ledbat.window();
    flow.round(milliseconds(200));
    CHECK_GE(flow.ledbat.window(), before);
    CHECK_LE(flow.ledbat.window(), before + kDatagram);
    flow.round(milliseconds(200));
    CHECK_GT(flow.ledbat.window(), before);
    const std::size_t limited = flow.ledbat.window();
    for (int i = 0; i < 3; ++i) flow.round(milliseconds(200), false);
    CHECK_EQ(flow.ledbat.window(), limited);
}

TEST_CASE("ledbat: above the target the window shrinks in proportion, at most by half a round trip") {
    const auto after = [](Duration excess) {
        Flow flow;
        flow.settle(milliseconds(200));
        flow.now += seconds(1);
        const std::size_t before = flow.ledbat.window();
        const Duration rtt = milliseconds(260) + excess;
        flow.ledbat.on_rtt(rtt, flow.now);
        for (std::size_t i = 0; i < before / kDatagram; ++i) flow.ledbat.on_ack({kDatagram, kStart, true}, flow.now);
        return 100 * flow.ledbat.window() / before;
    };
    CHECK_GE(after(milliseconds(0)), 100);
    CHECK_GE(after(milliseconds(6)), 88);
    CHECK_LE(after(milliseconds(6)), 92);
    CHECK_GE(after(milliseconds(600)), 48);
    CHECK_LE(after(milliseconds(600)), 54);
}

TEST_CASE("ledbat: a window below one datagram spaces them out, and one below the target again opens it") {
    Flow flow;
    flow.settle(milliseconds(200));
    for (int i = 0; i < 20; ++i) flow.round(milliseconds(800));
    CHECK_EQ(flow.ledbat.window(), kDatagram);  // what path.hpp sees
    CHECK(flow.ledbat.spacing() == Ledbat::kSpacingMax);
    flow.now += seconds(2);
    flow.round(milliseconds(300));
    CHECK(flow.ledbat.spacing() == 4 * milliseconds(300));
    flow.now += seconds(2);
    flow.round(milliseconds(200));
    flow.round(milliseconds(200));
    CHECK(flow.ledbat.spacing() == Duration::zero());
}

TEST_CASE("ledbat: a loss halves the window once a round trip; persistent congestion leaves the least") {
    Flow flow;
    flow.settle(milliseconds(200));
    const std::size_t before = flow.ledbat.window();
    flow.ledbat.on_loss(flow.now, flow.now + milliseconds(1));
    flow.ledbat.on_loss(flow.now, flow.now + milliseconds(2));
    CHECK_EQ(flow.ledbat.window(), before / 2);
    flow.ledbat.on_persistent_congestion();
    CHECK_EQ(flow.ledbat.window(), kDatagram);
    CHECK_GT(flow.ledbat.spacing(), Duration::zero());
    flow.ledbat.on_idle();
    CHECK_EQ(flow.ledbat.window(), kDatagram);
}

}  // namespace
}  // namespace chord::net
