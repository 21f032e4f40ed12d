// ReplayWindow: every counter once, late ones within the window, nothing below it, against a plain set.
#include "net/session/replay_window.hpp"

#include <doctest/doctest.h>

#include <set>

#include "node/core/base/rng.hpp"

namespace chord::net {
namespace {

using Arrival = ReplayWindow::Arrival;
constexpr std::uint64_t kMax = UINT64_MAX;

/// The same promise, kept by remembering everything.
class NaiveWindow {
public:
    Arrival accept(std::uint64_t counter) {
        if (seen_.empty() || counter > *seen_.rbegin()) {
            seen_.insert(counter);
            return Arrival::newest;
        }
        if (*seen_.rbegin() - counter >= ReplayWindow::kSize) return Arrival::refused;
        return seen_.insert(counter).second ? Arrival::late : Arrival::refused;
    }
    std::uint64_t greatest() const { return seen_.empty() ? 0 : *seen_.rbegin(); }

private:
    std::set<std::uint64_t> seen_;
};

TEST_CASE("replay_window: in order, each counter is accepted once") {
    ReplayWindow window;
    for (std::uint64_t counter = 0; counter < 5000; ++counter) {
        REQUIRE(window.accept(counter) == Arrival::newest);
        REQUIRE(window.accept(counter) == Arrival::refused);
    }
}

TEST_CASE("replay_window: a first counter other than 0 leaves the ones below it acceptable") {
    ReplayWindow window;
    CHECK(window.accept(7) == Arrival::newest);
    CHECK(window.accept(0) == Arrival::late);
    CHECK(window.accept(0) == Arrival::refused);
}

TEST_CASE("replay_window: exactly the 960 greatest counters can be late, wherever in a block the greatest is") {
    for (std::uint64_t greatest = 5000; greatest < 5130; ++greatest) {
        CAPTURE(greatest);
        ReplayWindow window;
        CHECK(window.accept(greatest) == Arrival::newest);
        CHECK(window.accept(greatest - 960) == Arrival::refused);
        for (std::uint64_t back = 959; back > 0; --back) REQUIRE(window.accept(greatest - back) == Arrival::late);
        for (std::uint64_t back = 0; back < 1100; ++back) REQUIRE(window.accept(greatest - back) == Arrival::refused);
    }
}

TEST_CASE("replay_window: a far jump forgets the old counters and refuses them all") {
    for (const std::uint64_t jump :
         {std::uint64_t{1023}, std::uint64_t{1024}, std::uint64_t{1025}, std::uint64_t{1} << 40, kMax - 100}) {
        CAPTURE(jump);
        ReplayWindow window;
        for (std::uint64_t counter = 0; counter <= 100; ++counter) {
            REQUIRE(window.accept(counter) == Arrival::newest);
        }
        CHECK(window.accept(100 + jump) == Arrival::newest);
        for (std::uint64_t counter = 0; counter <= 100; ++counter) {
            REQUIRE(window.accept(counter) == Arrival::refused);
        }
        CHECK(window.accept(100 + jump - 1) == Arrival::late);  // the entered blocks are empty
        CHECK(window.accept(100 + jump - 959) == Arrival::late);
    }
}

TEST_CASE("replay_window: counters up to 2^64 - 1, and no way round from there") {
    ReplayWindow window;
    CHECK(window.accept(kMax - 1) == Arrival::newest);
    CHECK(window.accept(kMax) == Arrival::newest);
    CHECK(window.accept(kMax) == Arrival::refused);
    CHECK(window.accept(0) == Arrival::refused);
    CHECK(window.accept(1) == Arrival::refused);
    CHECK(window.accept(kMax - 959) == Arrival::late);
    CHECK(window.accept(kMax - 960) == Arrival::refused);
}

TEST_CASE("replay_window: judging changes nothing") {
    ReplayWindow window;
    CHECK(window.judge(9) == Arrival::newest);
    CHECK(window.judge(9) == Arrival::newest);
    CHECK(window.accept(3) == Arrival::newest);
    CHECK(window.judge(3) == Arrival::refused);
    CHECK(window.judge(2) == Arrival::late);
    CHECK(window.accept(2) == Arrival::late);
}

TEST_CASE("replay_window: random arrivals are judged as by a set of all counters") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Rng rng(seed);
        ReplayWindow window;
        NaiveWindow naive;
        if (seed % 4 == 1) REQUIRE(window.accept(kMax - 3000) == naive.accept(kMax - 3000));
        for (int i = 0; i < 2000; ++i) {
            const std::uint64_t greatest = naive.greatest();
            std::uint64_t counter = greatest + 1;
            switch (rng.below(8)) {
                case 0: counter = greatest + rng.below(3); break;
                case 1: counter = greatest + rng.below(rng.chance(1, 10) ? 3000 : 80); break;
                case 2: counter = rng.chance(1, 100) ? greatest + rng.below(1U << 30) : greatest; break;
                default: counter = greatest - rng.below(rng.chance(1, 2) ? 1100 : 70); break;
            }
            // Around zero and around 2^64 the sums above wrap to the other end: those counters are tried as well,
            // except that a jump to the end would leave nothing to test.
            if (counter > greatest && counter - greatest > kMax / 2) counter = rng.below(greatest + 1);
            CAPTURE(seed);
            CAPTURE(counter);
            REQUIRE(window.accept(counter) == naive.accept(counter));
        }
    }
}

TEST_CASE("replay_window: 136 bytes a session") {
    CHECK_EQ(sizeof(ReplayWindow), 136);
}

}  // namespace
}  // namespace chord::net
