#include "node/daemon/clock.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace chord;
using namespace chord::daemon;

TEST_CASE("node time survives its eight bytes") {
    const Time time{Duration(0x0102030405060708)};
    CHECK(encode_node_time(time) == std::string("\x01\x02\x03\x04\x05\x06\x07\x08"));
    CHECK(decode_node_time(encode_node_time(time)) == time);
    CHECK(decode_node_time(encode_node_time(Time{})) == Time{});
}

TEST_CASE("node time that cannot be is refused") {
    CHECK_FALSE(decode_node_time(""));
    CHECK_FALSE(decode_node_time("1234567"));
    CHECK_FALSE(decode_node_time("123456789"));
    CHECK_FALSE(decode_node_time(encode_node_time(Time{Duration(-1)})));  // before the first start
    CHECK_FALSE(decode_node_time(encode_node_time(kNever)));              // no room left to grow
}

TEST_CASE("the clock goes on from its base and never backwards") {
    const Time base{std::chrono::hours(1000)};
    const Clock clock(base);
    Time last = clock.now();
    CHECK(last >= base);
    CHECK(last < base + std::chrono::hours(1));
    for (int i = 0; i < 1000; ++i) {
        const Time now = clock.now();
        CHECK(now >= last);
        last = now;
    }
}

TEST_CASE("a node time maps to the steady instant that reads it") {
    const Time base{std::chrono::hours(5)};
    const Clock clock(base);
    CHECK(clock.steady_at(base + std::chrono::seconds(3)) - clock.steady_at(base) == std::chrono::seconds(3));
    CHECK(clock.steady_at(base - std::chrono::hours(5)) < clock.steady_at(base));
    CHECK(clock.steady_at(kNever) == std::chrono::steady_clock::time_point::max());
}
