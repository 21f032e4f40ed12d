// From whom the list is fetched: who lies or is slow costs its own fetch only.
#include "net/admission/list_fetches.hpp"

#include <doctest/doctest.h>

#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kStart{seconds(1000)};

Peer peer(std::uint64_t number) {
    return {Id{{number, 0, 0, 0}}, {}};
}

ListSlice slice(std::uint32_t offset, std::size_t bytes, std::uint32_t total = 1500) {
    return {5, total, offset, std::vector<std::uint8_t>(bytes, static_cast<std::uint8_t>(offset))};
}

TEST_CASE("list_fetches: slice after slice from the one that offered, and whole at the end") {
    ListFetches fetches;
    CHECK_EQ(fetches.next_deadline(), kNever);
    fetches.offered(peer(1), 5, kStart);
    auto question = fetches.begin(4, kStart);
    REQUIRE(question);
    CHECK_EQ(question->peer, peer(1));
    CHECK_EQ(question->offset, 0);
    CHECK_FALSE(fetches.begin(4, kStart));
    std::vector<std::uint8_t> whole;
    question = fetches.take(peer(1).id, slice(0, 1024), whole, kStart);
    REQUIRE(question);
    CHECK_EQ(question->offset, 1024);
    CHECK(whole.empty());
    CHECK_FALSE(fetches.take(peer(1).id, slice(1024, 476), whole, kStart));
    CHECK_EQ(whole.size(), 1500);
    CHECK_EQ(fetches.next_deadline(), kNever);
}

TEST_CASE("list_fetches: another begins when the first is slow, three at most, and each ends in time") {
    ListFetches fetches;
    for (std::uint64_t i = 1; i <= 5; ++i) fetches.offered(peer(i), 5, kStart);
    REQUIRE(fetches.begin(4, kStart));
    CHECK_FALSE(fetches.begin(4, kStart + seconds(2)));
    CHECK_EQ(fetches.next_deadline(), kStart + ListFetches::kHeadStart);
    CHECK_EQ(fetches.begin(4, kStart + seconds(3))->peer, peer(2));
    CHECK_EQ(fetches.begin(4, kStart + seconds(6))->peer, peer(3));
    CHECK_FALSE(fetches.begin(4, kStart + seconds(9)));
    CHECK_EQ(fetches.next_deadline(), kStart + ListFetches::kFetchFor);
    CHECK_EQ(fetches.begin(4, kStart + ListFetches::kFetchFor)->peer, peer(4));
    CHECK(fetches.is_shunned(peer(1).id, kStart + ListFetches::kFetchFor));
    CHECK_FALSE(fetches.begin(5, kStart + minutes(1)));  // nobody has anything newer than that
}

TEST_CASE("list_fetches: who lied is not asked again for a while, who was silent a shorter while") {
    ListFetches fetches;
    fetches.offered(peer(1), 5, kStart);
    REQUIRE(fetches.begin(4, kStart));
    std::vector<std::uint8_t> whole;
    CHECK_FALSE(fetches.take(peer(1).id, slice(512, 100), whole, kStart));  // not what was asked for
    fetches.offered(peer(1), 6, kStart);
    CHECK_FALSE(fetches.begin(4, kStart));
    const Time later = kStart + ListFetches::kShunnedFor;
    fetches.offered(peer(1), 6, later);
    REQUIRE(fetches.begin(4, later));
    fetches.silent(peer(1).id, later);
    fetches.offered(peer(1), 6, later + seconds(29));
    CHECK_FALSE(fetches.begin(4, later + seconds(29)));
    fetches.offered(peer(1), 6, later + seconds(30));
    CHECK(fetches.begin(4, later + seconds(30)));
}

TEST_CASE("list_fetches: a slice from whom nothing was asked means nothing; offers and shunned are few") {
    ListFetches fetches;
    std::vector<std::uint8_t> whole;
    CHECK_FALSE(fetches.take(peer(1).id, slice(0, 10, 10), whole, kStart));
    CHECK(whole.empty());
    for (std::uint64_t i = 1; i <= 100; ++i) fetches.offered(peer(i), 5, kStart);
    std::size_t begun = 0;
    Time now = kStart;
    for (int i = 0; i < 200; ++i, now += seconds(1)) {
        while (const auto question = fetches.begin(4, now)) {
            ++begun;
            fetches.silent(question->peer.id, now);
        }
    }
    CHECK_EQ(begun, ListFetches::kOffersMax);
    for (std::uint64_t i = 1; i <= 100; ++i) fetches.failed(peer(i).id, now);
    CHECK_FALSE(fetches.is_shunned(peer(1).id, now));
    CHECK(fetches.is_shunned(peer(100).id, now));
}

}  // namespace
}  // namespace chord::net::admission
