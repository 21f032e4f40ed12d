// PassiveList: who was given up, in turn, and at most so many.
#include "node/core/ring/passive_list.hpp"

#include <doctest/doctest.h>

namespace chord {
namespace {

using std::chrono::seconds;

Peer peer(std::uint64_t number) {
    Peer made;
    made.id = Id{{number, 0, 0, 0}};
    made.address.port = static_cast<std::uint16_t>(number);
    return made;
}

TEST_CASE("passive_list: each is asked in turn") {
    PassiveList list;
    CHECK_FALSE(list.take_turn());
    for (std::uint64_t i = 1; i <= 3; ++i) list.add(peer(i), kNever);
    for (int round = 0; round < 2; ++round) {
        for (std::uint64_t i = 1; i <= 3; ++i) CHECK(list.take_turn() == peer(i));
    }
    list.remove(peer(2).id);
    CHECK_FALSE(list.contains(peer(2).id));
    CHECK(list.take_turn() == peer(1));
    CHECK(list.take_turn() == peer(3));
}

TEST_CASE("passive_list: a second look is due once") {
    PassiveList list;
    list.add(peer(1), Time{} + seconds(20));
    list.add(peer(2), Time{} + seconds(10));
    CHECK(list.next_second_look() == Time{} + seconds(10));
    CHECK_FALSE(list.take_due(Time{} + seconds(9)));
    CHECK(list.take_due(Time{} + seconds(10)) == peer(2));
    CHECK_FALSE(list.take_due(Time{} + seconds(10)));
    CHECK(list.next_second_look() == Time{} + seconds(20));
    CHECK(list.take_due(Time{} + seconds(60)) == peer(1));
    CHECK(list.next_second_look() == kNever);
    CHECK(list.size() == 2);
}

TEST_CASE("passive_list: it is bounded, the latest stay, and nobody is there twice") {
    PassiveList list;
    for (std::uint64_t i = 1; i <= PassiveList::kPeersMax + 5; ++i) list.add(peer(i), kNever);
    CHECK(list.size() == PassiveList::kPeersMax);
    CHECK_FALSE(list.contains(peer(5).id));
    CHECK(list.contains(peer(6).id));
    list.add(peer(6), kNever);
    CHECK(list.size() == PassiveList::kPeersMax);
    for (std::size_t i = 1; i < PassiveList::kPeersMax; ++i) CHECK(list.take_turn() != peer(6));
    CHECK(list.take_turn() == peer(6));  // its turn is the last now
}

}  // namespace
}  // namespace chord
