// The dice: golden values (published for SplitMix64, or computed with another implementation), ranges, independence of
// the machine. A changed value here changes every recorded simulation.
#include "node/core/base/rng.hpp"

#include <array>
#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

namespace chord {
namespace {

TEST_CASE("rng: golden values of SplitMix64") {
    Rng rng(1234567);
    CHECK_EQ(rng.next(), 6457827717110365317U);
    CHECK_EQ(rng.next(), 3203168211198807973U);
    CHECK_EQ(rng.next(), 9817491932198370423U);
    CHECK_EQ(rng.next(), 4593380528125082431U);
    CHECK_EQ(rng.next(), 16408922859458223821U);

    Rng zero(0);
    CHECK_EQ(zero.next(), 0xe220a8397b1dcdafU);
    CHECK_EQ(zero.next(), 0x6e789e6aa1b965f4U);
    CHECK_EQ(zero.next(), 0x06c45d188009454fU);
}

TEST_CASE("rng: golden rolls of a die") {
    Rng rng(42);
    for (const std::uint64_t expected : {1U, 1U, 0U, 0U, 4U, 0U, 1U, 2U, 1U, 2U, 5U, 4U}) {
        CHECK_EQ(rng.below(6), expected);
    }
}

TEST_CASE("rng: the same seed gives the same rolls, a copy goes on alike, another seed does not") {
    Rng a(7);
    Rng b(7);
    Rng other(8);
    int equal = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t roll = a.next();
        REQUIRE_EQ(roll, b.next());
        equal += roll == other.next() ? 1 : 0;
    }
    CHECK_EQ(equal, 0);
    Rng copy = a;
    CHECK_EQ(copy.next(), a.next());
}

TEST_CASE("rng: below stays below and reaches every face about equally often") {
    Rng rng(1);
    CHECK_EQ(rng.below(1), 0U);
    std::array<int, 10> count{};
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t roll = rng.below(10);
        REQUIRE(roll < 10);
        ++count[roll];
    }
    for (const int hits : count) {
        // Five standard deviations of a binomial(100000, 1/10) are 474.
        CHECK(hits > 9'500);
        CHECK(hits < 10'500);
    }
}

TEST_CASE("rng: chance is never at 0, always at 1, and the asked share between") {
    Rng rng(2);
    int hits = 0;
    for (int i = 0; i < 10'000; ++i) {
        REQUIRE_FALSE(rng.chance(0, 10));
        REQUIRE(rng.chance(10, 10));
        hits += rng.chance(1, 4) ? 1 : 0;
    }
    CHECK(hits > 2'280);
    CHECK(hits < 2'720);
}

TEST_CASE("rng: jittered is within 20 % of the mean, on both sides, and zero stays zero") {
    using std::chrono::milliseconds;
    Rng rng(3);
    Duration least = Duration::max();
    Duration most = Duration::min();
    for (int i = 0; i < 10'000; ++i) {
        const Duration period = rng.jittered(milliseconds(1000));
        REQUIRE(period >= milliseconds(800));
        REQUIRE(period <= milliseconds(1200));
        least = period < least ? period : least;
        most = period > most ? period : most;
    }
    CHECK(least < milliseconds(801));
    CHECK(most > milliseconds(1199));
    CHECK_EQ(rng.jittered(Duration::zero()).count(), 0);
    CHECK_EQ(rng.jittered(Duration(1)).count(), 1);
}

}  // namespace
}  // namespace chord
