// TokenBucket: burst and rate, against a bucket that counts tokens.
#include "net/guard/token_bucket.hpp"

#include <doctest/doctest.h>

#include <chrono>

#include "node/core/base/rng.hpp"

namespace chord::net {
namespace {

using std::chrono::milliseconds;

constexpr Rate kRate{milliseconds(50), 5};
constexpr Time kStart{std::chrono::hours(1)};

int taken(TokenBucket& bucket, int tries, Time now) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += bucket.take(kRate, now) ? 1 : 0;
    return count;
}

TEST_CASE("token_bucket: a burst, then one token an interval, full again after burst times interval") {
    TokenBucket bucket;
    CHECK_EQ(taken(bucket, 100, kStart), 5);
    CHECK_EQ(taken(bucket, 100, kStart + milliseconds(49)), 0);
    CHECK_EQ(taken(bucket, 100, kStart + milliseconds(50)), 1);
    CHECK_EQ(taken(bucket, 100, kStart + milliseconds(160)), 2);
    CHECK(bucket.full_at() == kStart + milliseconds(400));
    CHECK_EQ(taken(bucket, 100, kStart + milliseconds(400)), 5);
    CHECK_EQ(taken(bucket, 100, kStart + std::chrono::hours(9)), 5);
}

TEST_CASE("token_bucket: a bucket is full at time zero") {
    TokenBucket bucket;
    CHECK_EQ(taken(bucket, 100, Time{}), 5);
}

TEST_CASE("token_bucket: who is refused does not wait longer for it") {
    TokenBucket bucket;
    int count = 0;
    for (int ms = 0; ms < 10'000; ++ms) count += taken(bucket, 3, kStart + milliseconds(ms));
    CHECK_EQ(count, 5 + 199);
}

TEST_CASE("token_bucket: random arrivals fare as with a bucket that counts") {
    Rng rng(1);
    TokenBucket bucket;
    const std::int64_t interval = kRate.interval.count();
    std::int64_t level = 5 * interval;  // tokens, in microseconds of growth
    Time now = kStart;
    for (int i = 0; i < 20'000; ++i) {
        const auto step = static_cast<std::int64_t>(rng.below(rng.chance(1, 20) ? 400'000 : 60'000));
        now += Duration(step);
        level = std::min(5 * interval, level + step);
        const bool expected = level >= interval;
        if (expected) level -= interval;
        REQUIRE_EQ(bucket.take(kRate, now), expected);
    }
}

}  // namespace
}  // namespace chord::net
