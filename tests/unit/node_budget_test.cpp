// NodeBudget: the bytes of all paths, and the background that waits for the foreground.
#include "net/message/node_budget.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kNow{std::chrono::hours(1)};
constexpr Time kLong{};

MessageOptions options(std::uint64_t background_per_second = 0) {
    MessageOptions made;
    made.in_flight_bytes_max = 10'000;
    made.background_rate = {background_per_second, 3000};
    return made;
}

TEST_CASE("node budget: bytes under way are bounded, for both priorities together; the background takes half at most") {
    NodeBudget budget(options());
    CHECK(budget.take(Priority::background, 4000, kLong, kNow));
    CHECK_FALSE(budget.has_room(Priority::background, 1001));
    CHECK_FALSE(budget.take(Priority::background, 1001, kLong, kNow));
    CHECK(budget.take(Priority::foreground, 6000, kLong, kNow));
    CHECK_FALSE(budget.has_room(Priority::foreground, 1));
    CHECK_FALSE(budget.take(Priority::foreground, 1, kLong, kNow));
    budget.give_back(1000);
    CHECK(budget.take(Priority::foreground, 1000, kLong, kNow));
    budget.force(500);  // a probe of a silent path
    CHECK_EQ(budget.in_flight(), 10'500);
}

TEST_CASE("node budget: the background waits for 1 s after the foreground moved, but for a datagram in 3 s a message") {
    NodeBudget budget(options());
    budget.foreground_moves(kNow);
    const Time recent = kNow - milliseconds(100);
    CHECK_FALSE(budget.take(Priority::background, 1, recent, kNow));
    CHECK(budget.take(Priority::foreground, 1, recent, kNow));
    CHECK(budget.background_at(1, recent) == kNow + seconds(1));
    CHECK(budget.background_at(1, kNow - milliseconds(2500)) == kNow + milliseconds(500));
    CHECK(budget.take(Priority::background, 1, kNow - seconds(3), kNow));
    CHECK_FALSE(budget.take(Priority::background, 1, recent, kNow + milliseconds(999)));
    CHECK(budget.take(Priority::background, 1, recent, kNow + seconds(1)));
    budget.foreground_moves(kNow + seconds(2));
    budget.foreground_is_over();
    CHECK(budget.take(Priority::background, 1, kNow + seconds(2), kNow + seconds(2)));
}

TEST_CASE("node budget: the background keeps its byte rate; the foreground has none") {
    NodeBudget budget(options(1000));
    CHECK(budget.take(Priority::background, 3000, kLong, kNow));
    CHECK_FALSE(budget.take(Priority::background, 1000, kLong, kNow));
    CHECK(budget.background_at(1000, kLong) == kNow + seconds(1));
    CHECK(budget.take(Priority::foreground, 1000, kLong, kNow));
    CHECK(budget.take(Priority::background, 1000, kLong, kNow + seconds(1)));
}

}  // namespace
}  // namespace chord::net
