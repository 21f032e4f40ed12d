// OtherAddresses: what is tried when a known address is silent, and what is asked first afterwards.
#include "net/other_addresses.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::seconds;

Endpoint place(std::uint16_t port) {
    Endpoint made;
    made.ip[15] = 1;
    made.port = port;
    return made;
}
Id id_of(std::uint64_t number) {
    return Id{{number, 0, 0, 0}};
}

constexpr Time kStart{seconds(1000)};

TEST_CASE("other_addresses: those told, in turn, but never the known one and none that names no place") {
    OtherAddresses others;
    CHECK_FALSE(others.other(id_of(1), place(1), 0));
    others.tell(id_of(1), {place(1), kElsewhere, place(2), place(3)});
    CHECK(others.other(id_of(1), place(1), 0) == place(2));
    CHECK(others.other(id_of(1), place(1), 1) == place(3));
    CHECK(others.other(id_of(1), place(1), 2) == place(2));
    CHECK(others.other(id_of(1), place(2), 0) == place(1));
    CHECK_FALSE(others.other(id_of(2), place(1), 0));
    others.tell(id_of(1), {place(1)});
    CHECK_FALSE(others.other(id_of(1), place(1), 0));
    CHECK(others.other(id_of(1), place(9), 0) == place(1));
}

TEST_CASE("other_addresses: so many nodes are remembered, the latest") {
    OtherAddresses others;
    for (std::uint64_t i = 0; i <= OtherAddresses::kNodes; ++i) others.tell(id_of(i), {place(2)});
    CHECK_FALSE(others.other(id_of(0), place(1), 0));
    CHECK(others.other(id_of(1), place(1), 0));
    CHECK(others.other(id_of(OtherAddresses::kNodes), place(1), 0));
}

TEST_CASE("other_addresses: where another address has answered it is asked for a minute, by that known one") {
    OtherAddresses others;
    others.note_answer(id_of(1), place(1), place(2), kStart);
    CHECK(others.instead_of(id_of(1), place(1), kStart) == place(2));
    CHECK_FALSE(others.instead_of(id_of(1), place(3), kStart));
    CHECK_FALSE(others.instead_of(id_of(2), place(1), kStart));
    // Answers there do not put off the next look at the known one.
    others.note_answer(id_of(1), place(1), place(2), kStart + seconds(59));
    CHECK_FALSE(others.instead_of(id_of(1), place(1), kStart + seconds(60)));
    others.note_answer(id_of(1), place(1), place(2), kStart + seconds(61));
    CHECK(others.instead_of(id_of(1), place(1), kStart + seconds(100)) == place(2));
    others.note_answer(id_of(1), place(1), place(1), kStart + seconds(100));  // it is back
    CHECK_FALSE(others.instead_of(id_of(1), place(1), kStart + seconds(100)));
}

}  // namespace
}  // namespace chord::net
