// KeyedTable: fixed memory, states by name, and the least worthy makes room.
#include "net/guard/keyed_table.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

namespace chord::net {
namespace {

using Table = KeyedTable<int>;

constexpr TableSecret kSecret{1, 2, 3};
constexpr auto kWorth = [](int state) { return state; };

std::array<std::uint8_t, 4> name(std::uint32_t number) {
    return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
            static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

TEST_CASE("keyed_table: a state is found again under its name, made only when asked for, and erased") {
    Table table(64, kSecret);
    CHECK(table.find(name(1)) == nullptr);
    table.find_or_make(name(1), kWorth) = 7;
    REQUIRE(table.find(name(1)) != nullptr);
    CHECK_EQ(*table.find(name(1)), 7);
    CHECK_EQ(table.find_or_make(name(1), kWorth), 7);
    CHECK(table.find(name(2)) == nullptr);
    CHECK(table.find(std::span<const std::uint8_t>{}) == nullptr);
    table.erase(name(2));
    table.erase(name(1));
    CHECK(table.find(name(1)) == nullptr);
    CHECK_EQ(table.find_or_make(name(1), kWorth), 0);
}

TEST_CASE("keyed_table: room is rounded up to eight times a power of two, and memory does not grow") {
    for (const auto& [asked, given] : {std::pair{1U, 8U}, {8U, 8U}, {9U, 16U}, {17U, 32U}, {1000U, 1024U}}) {
        Table table(asked, kSecret);
        CHECK_EQ(table.entries_max(), given);
        const std::size_t bytes = table.bytes();
        CHECK_EQ(bytes, given * 16U);
        for (std::uint32_t i = 0; i < 5000; ++i) table.find_or_make(name(i), kWorth) = 1;
        CHECK_EQ(table.bytes(), bytes);
    }
}

TEST_CASE("keyed_table: a full set forgets the entry worth least") {
    Table table(8, kSecret);  // one set
    for (std::uint32_t i = 0; i < 8; ++i) table.find_or_make(name(i), kWorth) = 10 + static_cast<int>(i) * 7 % 8;
    std::multimap<int, std::uint32_t> by_worth;
    for (std::uint32_t i = 0; i < 8; ++i) by_worth.emplace(*table.find(name(i)), i);
    std::uint32_t newcomer = 100;
    for (const auto& [worth, forgotten] : by_worth) {
        REQUIRE(table.find(name(forgotten)) != nullptr);
        table.find_or_make(name(newcomer), kWorth) = 1000;
        CHECK(table.find(name(forgotten)) == nullptr);
        CHECK(table.find(name(newcomer++)) != nullptr);
    }
}

TEST_CASE("keyed_table: an erased place is used before anything is forgotten") {
    Table table(8, kSecret);
    for (std::uint32_t i = 0; i < 8; ++i) table.find_or_make(name(i), kWorth) = -5;  // less than an empty place's 0
    table.erase(name(3));
    table.find_or_make(name(9), kWorth) = 1;
    for (const std::uint32_t kept : {0U, 1U, 2U, 4U, 5U, 6U, 7U, 9U}) CHECK(table.find(name(kept)) != nullptr);
}

TEST_CASE("keyed_table: names spread over the sets, differently under another secret") {
    Table one(1024, kSecret);
    Table other(1024, TableSecret{9});
    std::set<std::uint32_t> kept_by_one;
    std::set<std::uint32_t> kept_by_other;
    for (std::uint32_t i = 0; i < 1024; ++i) {
        one.find_or_make(name(i), kWorth) = 1;
        other.find_or_make(name(i), kWorth) = 1;
    }
    for (std::uint32_t i = 0; i < 1024; ++i) {
        if (one.find(name(i)) != nullptr) kept_by_one.insert(i);
        if (other.find(name(i)) != nullptr) kept_by_other.insert(i);
    }
    CHECK_GT(kept_by_one.size(), 800);  // 881 in the mean, with names thrown at 128 sets of 8
    CHECK_LT(kept_by_one.size(), 1000);
    CHECK(kept_by_one != kept_by_other);
}

}  // namespace
}  // namespace chord::net
