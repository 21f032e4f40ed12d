// ByteBudget: against a bucket that counts.
#include "net/message/byte_budget.hpp"

#include <doctest/doctest.h>

#include <chrono>

#include "node/core/base/rng.hpp"

namespace chord::net {
namespace {

using std::chrono::milliseconds;

constexpr Time kStart{std::chrono::hours(1)};

TEST_CASE("byte budget: a burst, then the rate") {
    ByteBudget budget({.per_second = 1000, .burst = 3000});
    CHECK(budget.take(2000, kStart));
    CHECK(budget.take(1000, kStart));
    CHECK_FALSE(budget.take(1, kStart));
    CHECK(budget.available_at(500) == kStart + milliseconds(500));
    CHECK_FALSE(budget.take(500, kStart + milliseconds(499)));
    CHECK(budget.take(500, kStart + milliseconds(500)));
    CHECK(budget.available_at(3000) == kStart + milliseconds(3500));
    CHECK(budget.take(3000, kStart + std::chrono::hours(1)));
    CHECK_FALSE(budget.take(1, kStart + std::chrono::hours(1)));
}

TEST_CASE("byte budget: no rate is no limit, and more than the burst never passes") {
    ByteBudget none({.per_second = 0, .burst = 1});
    for (int i = 0; i < 1000; ++i) CHECK(none.take(1'000'000, kStart));
    CHECK(none.available_at(1'000'000) <= kStart);
    ByteBudget some({.per_second = 1000, .burst = 3000});
    CHECK_FALSE(some.take(3001, kStart));
    CHECK(some.available_at(3001) == kNever);
}

TEST_CASE("byte budget: random takes fare as with a bucket that counts") {
    Rng rng(1);
    ByteBudget budget({.per_second = 10'000, .burst = 5000});
    std::int64_t level = 5000 * 100;  // bytes times 100: one for each microsecond
    Time now = kStart;
    int taken = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto step = static_cast<std::int64_t>(rng.below(200'000));
        now += Duration(step);
        level = std::min<std::int64_t>(5000 * 100, level + step);
        const auto bytes = static_cast<std::int64_t>(1 + rng.below(3000));
        const bool expected = level >= bytes * 100;
        if (expected) level -= bytes * 100;
        REQUIRE_EQ(budget.take(static_cast<std::size_t>(bytes), now), expected);
        taken += expected ? 1 : 0;
    }
    CHECK_GT(taken, 1000);
    CHECK_LT(taken, 19'000);
}

}  // namespace
}  // namespace chord::net
