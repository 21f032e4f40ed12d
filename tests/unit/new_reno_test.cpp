// NewReno: RFC 9002 section 7, sentence by sentence.
#include "net/message/new_reno.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kDatagram = 1200;
constexpr Time kNow{std::chrono::hours(1)};

NewReno new_reno() {
    return {kDatagram, 100 * kDatagram};
}

void ack(NewReno& reno, std::size_t datagrams, Time sent_at = kNow, bool limited = true) {
    for (std::size_t i = 0; i < datagrams; ++i) reno.on_ack({kDatagram, sent_at, limited}, sent_at + milliseconds(100));
}

TEST_CASE("new reno: begins with four datagrams and grows by what is acknowledged while in slow start") {
    NewReno reno = new_reno();
    CHECK_EQ(reno.window(), 4 * kDatagram);
    CHECK(reno.in_slow_start());
    CHECK(reno.spacing() == Duration::zero());
    ack(reno, 4);
    CHECK_EQ(reno.window(), 8 * kDatagram);
    ack(reno, 1000);
    CHECK_EQ(reno.window(), 100 * kDatagram);
}

TEST_CASE("new reno: a window that is not used up does not grow (section 7.8)") {
    NewReno reno = new_reno();
    ack(reno, 10, kNow, false);
    CHECK_EQ(reno.window(), 4 * kDatagram);
}

TEST_CASE("new reno: a loss halves the window; then it grows by one datagram a window") {
    NewReno reno = new_reno();
    ack(reno, 16);
    reno.on_loss(kNow, kNow + milliseconds(200));
    CHECK_EQ(reno.window(), 10 * kDatagram);
    CHECK_FALSE(reno.in_slow_start());
    const Time later = kNow + milliseconds(300);
    ack(reno, 9, later);
    CHECK_EQ(reno.window(), 10 * kDatagram);
    ack(reno, 1, later);
    CHECK_EQ(reno.window(), 11 * kDatagram);
    ack(reno, 11, later);
    CHECK_EQ(reno.window(), 12 * kDatagram);
}

TEST_CASE(
    "new reno: a queue of more than half a second ends slow start and shrinks the window by a datagram a window") {
    NewReno reno = new_reno();
    reno.on_rtt(milliseconds(200), kNow);
    ack(reno, 16);
    CHECK_EQ(reno.window(), 20 * kDatagram);
    reno.on_rtt(milliseconds(700), kNow);  // not more: it grows on
    ack(reno, 1);
    CHECK_EQ(reno.window(), 21 * kDatagram);
    reno.on_rtt(milliseconds(701), kNow);
    ack(reno, 1);
    CHECK_EQ(reno.window(), 20 * kDatagram);
    CHECK_FALSE(reno.in_slow_start());
    ack(reno, 19);
    CHECK_EQ(reno.window(), 20 * kDatagram);
    ack(reno, 1, kNow, false);  // used up or not
    CHECK_EQ(reno.window(), 19 * kDatagram);
    ack(reno, 10'000);
    CHECK_EQ(reno.window(), 2 * kDatagram);
    reno.on_rtt(milliseconds(300), kNow);
    ack(reno, 2);
    CHECK_EQ(reno.window(), 3 * kDatagram);
}

TEST_CASE("new reno: one reduction a round trip: what left before the recovery began neither shrinks nor grows") {
    NewReno reno = new_reno();
    ack(reno, 16);
    const Time recovery = kNow + milliseconds(200);
    reno.on_loss(kNow, recovery);
    reno.on_loss(recovery, recovery + milliseconds(50));
    CHECK_EQ(reno.window(), 10 * kDatagram);
    ack(reno, 50, recovery);
    CHECK_EQ(reno.window(), 10 * kDatagram);
    reno.on_loss(recovery + milliseconds(1), recovery + milliseconds(100));
    CHECK_EQ(reno.window(), 5 * kDatagram);
}

TEST_CASE("new reno: the window is never below two datagrams") {
    NewReno reno = new_reno();
    for (int i = 0; i < 5; ++i) reno.on_loss(kNow + milliseconds(2 * i + 1), kNow + milliseconds(2 * i + 1));
    CHECK_EQ(reno.window(), 2 * kDatagram);
}

TEST_CASE("new reno: persistent congestion leaves two datagrams, and slow start up to the threshold (section 7.6.2)") {
    NewReno reno = new_reno();
    ack(reno, 16);
    reno.on_loss(kNow, kNow);
    reno.on_persistent_congestion();
    CHECK_EQ(reno.window(), 2 * kDatagram);
    CHECK(reno.in_slow_start());
    ack(reno, 2);
    CHECK_EQ(reno.window(), 4 * kDatagram);
}

TEST_CASE("new reno: after a pause at most the initial window, and slow start from there") {
    NewReno reno = new_reno();
    ack(reno, 16);
    reno.on_idle();
    CHECK_EQ(reno.window(), 4 * kDatagram);
    CHECK(reno.in_slow_start());
    reno.on_loss(kNow, kNow);
    reno.on_idle();
    CHECK_EQ(reno.window(), 2 * kDatagram);
}

TEST_CASE("new reno: larger datagrams count from then on") {
    NewReno reno = new_reno();
    reno.set_datagram_bytes(1400);
    reno.on_persistent_congestion();
    CHECK_EQ(reno.window(), 2800);
}

}  // namespace
}  // namespace chord::net
