// How the list travels: the greater number wins, and slices of different lists are never mixed.
#include "net/admission/list_exchange.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using testing::Fleet;
using testing::kIssued;

std::vector<std::uint8_t> list_of(Fleet& fleet, std::uint32_t number, std::uint32_t revocations) {
    fleet.list.number = number;
    fleet.list.revocations.clear();
    for (std::uint32_t i = 1; i <= revocations; ++i) {
        REQUIRE(fleet.list.revoke(Revocation::of_invite(i, Reason::lost, kIssued)));
    }
    return fleet.signed_list();
}

TEST_CASE("list_exchange: the greater number wins, equal and smaller ones change nothing") {
    Fleet fleet;
    ListKeeper keeper(fleet.key.public_key());
    CHECK_EQ(keeper.list().number, 0);
    CHECK(keeper.bytes().empty());
    CHECK(*keeper.offer(list_of(fleet, 5, 1)));
    CHECK_FALSE(*keeper.offer(list_of(fleet, 5, 2)));
    CHECK_FALSE(*keeper.offer(list_of(fleet, 4, 2)));
    CHECK_EQ(keeper.list().revocations.size(), 1);
    CHECK(*keeper.offer(list_of(fleet, 6, 0)));
    CHECK(keeper.list().revocations.empty());
    CHECK(*keeper.offer(list_of(fleet, 7, 0)));
    CHECK_EQ(keeper.list().number, 7);
}

TEST_CASE("list_exchange: a list that nobody signed leaves the kept one as it is") {
    Fleet fleet;
    ListKeeper keeper(fleet.key.public_key());
    REQUIRE(keeper.offer(list_of(fleet, 5, 1)));
    auto forged = list_of(fleet, 6, 0);
    forged.back() = static_cast<std::uint8_t>(forged.back() ^ 1);
    CHECK_EQ(keeper.offer(forged).error(), Error::bad_message);
    CHECK_EQ(keeper.list().number, 5);
}

TEST_CASE("list_exchange: slice by slice the largest list arrives whole") {
    Fleet fleet;
    ListKeeper from(fleet.key.public_key());
    REQUIRE(*from.offer(list_of(fleet, 5, kRevocationsMax)));
    ListKeeper to(fleet.key.public_key());
    ListFetch fetch;
    int slices = 0;
    bool whole = false;
    while (!whole) {
        const ListSlice slice = from.slice(fetch.wanted());
        REQUIRE_LE(slice.bytes.size(), kListSliceBytesMax);
        const Result<bool> taken = fetch.take(slice);
        REQUIRE(taken);
        whole = *taken;
        REQUIRE_LE(++slices, 30);
    }
    CHECK(*to.offer(fetch.bytes()));
    CHECK_EQ(to.list(), from.list());
    CHECK(from.slice(fetch.wanted()).bytes.empty());
    CHECK(from.slice(0xffffffff).bytes.empty());
}

TEST_CASE("list_exchange: slices of two lists are not mixed; a new one starts afresh") {
    Fleet fleet;
    ListKeeper from(fleet.key.public_key());
    REQUIRE(*from.offer(list_of(fleet, 5, 100)));
    ListFetch fetch;
    REQUIRE_FALSE(*fetch.take(from.slice(0)));
    REQUIRE(*from.offer(list_of(fleet, 6, 100)));
    CHECK_EQ(fetch.take(from.slice(fetch.wanted())).error(), Error::bad_message);
    REQUIRE_FALSE(*fetch.take(from.slice(0)));
    REQUIRE_FALSE(*fetch.take(from.slice(fetch.wanted())));
    CHECK(*fetch.take(from.slice(fetch.wanted())));
    CHECK_EQ(read_list(fetch.bytes(), fleet.key.public_key())->number, 6);
}

TEST_CASE("list_exchange: a peer that lies about sizes and offsets is refused and costs no memory") {
    const ListSlice good{1, 2000, 0, std::vector<std::uint8_t>(1000)};
    const auto refused = [&](auto change) {
        ListFetch fetch;
        ListSlice slice = good;
        change(slice);
        return !fetch.take(slice);
    };
    CHECK_FALSE(refused([](ListSlice&) {}));
    CHECK(refused([](ListSlice& slice) { slice.bytes.clear(); }));
    CHECK(refused([](ListSlice& slice) { slice.bytes.resize(kListSliceBytesMax + 1); }));
    CHECK(refused([](ListSlice& slice) { slice.total = kFleetListBytesMax + 1; }));
    CHECK(refused([](ListSlice& slice) { slice.total = 999; }));
    CHECK(refused([](ListSlice& slice) { slice.offset = 1; }));
    ListFetch fetch;
    REQUIRE(fetch.take(good));
    ListSlice next = good;
    next.offset = 1000;
    next.total = 2001;
    CHECK_FALSE(fetch.take(next));
}

}  // namespace
}  // namespace chord::net::admission
