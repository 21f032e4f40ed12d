// The network's pre-shared keys: signed, numbered, the last two.
#include "net/admission/network_keyring.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using testing::Fleet;

NetworkKey key(std::uint32_t number) {
    return {number, noise::SecretKey::copy_of(testing::rolled<32>(number))};
}

std::vector<std::uint32_t> numbers(const NetworkKeyring& ring) {
    std::vector<std::uint32_t> made;
    for (const NetworkKey& each : ring.keys()) made.push_back(each.number);
    return made;
}

Result<bool> offer(NetworkKeyring& ring, const Fleet& fleet, std::uint32_t number) {
    return ring.offer(sign_network_key(key(number), fleet.key).bytes());
}

TEST_CASE("network_keyring: the two greatest numbers are kept, the newest first") {
    const Fleet fleet;
    NetworkKeyring ring(fleet.key.public_key());
    CHECK(*offer(ring, fleet, 3));
    CHECK(*offer(ring, fleet, 5));
    CHECK_FALSE(*offer(ring, fleet, 5));
    CHECK(*offer(ring, fleet, 4));
    CHECK_FALSE(*offer(ring, fleet, 3));
    CHECK_EQ(numbers(ring), std::vector<std::uint32_t>{5, 4});
    CHECK(ring.keys()[0].key == key(5).key);
    CHECK(*offer(ring, fleet, 9));
    CHECK_EQ(numbers(ring), std::vector<std::uint32_t>{9, 5});
}

TEST_CASE("network_keyring: the record passes on") {
    const Fleet fleet;
    NetworkKeyring first(fleet.key.public_key());
    REQUIRE(*offer(first, fleet, 2));
    NetworkKeyring second(fleet.key.public_key());
    CHECK(*second.offer(first.record(0)));
    CHECK(second.keys()[0].key == key(2).key);
}

TEST_CASE("network_keyring: changed in any bit, of another fleet, or numbered 0, it is refused") {
    const Fleet fleet;
    NetworkKeyring ring(fleet.key.public_key());
    const auto record = sign_network_key(key(2), fleet.key);
    const std::vector<std::uint8_t> bytes(record.bytes().begin(), record.bytes().end());
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) CHECK_FALSE(ring.offer(testing::flipped(bytes, bit)));
    CHECK_FALSE(ring.offer(View(bytes).first(116)));
    CHECK_EQ(offer(ring, Fleet(2), 7).error(), Error::wrong_peer);
    CHECK(ring.keys().empty());
}

TEST_CASE("network_keyring: a key that came by invite begins a ring, and gives way to the signed one of its number") {
    const Fleet fleet;
    NetworkKeyring ring(fleet.key.public_key());
    ring.begin_with(key(4));
    CHECK(ring.record(0).empty());
    ring.begin_with(key(6));
    CHECK_EQ(numbers(ring), std::vector<std::uint32_t>{4});
    CHECK(*offer(ring, fleet, 4));
    CHECK_FALSE(ring.record(0).empty());
    CHECK_EQ(numbers(ring), std::vector<std::uint32_t>{4});
    NetworkKeyring other(fleet.key.public_key());
    REQUIRE(*offer(other, fleet, 1));
    other.begin_with(key(6));
    CHECK_EQ(numbers(other), std::vector<std::uint32_t>{1});
}

TEST_CASE("network_keyring: what was saved comes back, signed or not, in either order; anything else is corrupt") {
    const Fleet fleet;
    for (const std::uint32_t by_invite : {3U, 5U}) {
        NetworkKeyring ring(fleet.key.public_key());
        ring.begin_with(key(by_invite));
        REQUIRE(*offer(ring, fleet, 4));
        const std::vector<std::uint8_t> saved = ring.saved();
        NetworkKeyring again(fleet.key.public_key());
        REQUIRE(again.restore(saved));
        CHECK_EQ(numbers(again), numbers(ring));
        CHECK(again.keys()[0].key == ring.keys()[0].key);
        CHECK(again.keys()[1].key == ring.keys()[1].key);
        CHECK_EQ(again.record(0).empty(), ring.record(0).empty());
        CHECK_EQ(again.saved(), saved);
        const auto restored = [&](std::vector<std::uint8_t> bytes, const Fleet& of) {
            return NetworkKeyring(of.key.public_key()).restore(bytes).has_value();
        };
        CHECK_FALSE(restored({saved.begin(), saved.end() - 1}, fleet));
        CHECK_FALSE(restored(saved, Fleet(2)));
        std::vector<std::uint8_t> longer = saved;
        longer.insert(longer.end(), saved.begin(), saved.begin() + kNetworkKeyBytes);
        CHECK_FALSE(restored(longer, fleet));
    }
    CHECK(NetworkKeyring(fleet.key.public_key()).restore({}));
}

}  // namespace
}  // namespace chord::net::admission
