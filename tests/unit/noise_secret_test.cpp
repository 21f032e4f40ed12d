// Secret: moved, assigned over or destroyed, it leaves zeros behind.
#include "net/noise/secret.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "tests/support/memory_search.hpp"

namespace chord::net::noise {
namespace {

using Four = Secret<4>;
constexpr std::array<std::uint8_t, 4> kBytes = {1, 2, 3, 4};

bool holds(const Four& secret, const std::array<std::uint8_t, 4>& bytes) {
    return std::equal(bytes.begin(), bytes.end(), secret.bytes().begin());
}

TEST_CASE("noise_secret: it cannot be copied by accident") {
    static_assert(!std::is_copy_constructible_v<Four> && !std::is_copy_assignable_v<Four>);
    static_assert(std::is_nothrow_move_constructible_v<Four> && std::is_nothrow_move_assignable_v<Four>);
    const Four original = Four::copy_of(kBytes);
    const Four twin = original.clone();
    CHECK(holds(original, kBytes));
    CHECK(holds(twin, kBytes));
}

TEST_CASE("noise_secret: what was moved from is zero, and so is a new one") {
    Four first = Four::copy_of(kBytes);
    Four second = std::move(first);
    CHECK(holds(second, kBytes));
    CHECK(holds(first, {}));  // NOLINT: on purpose
    Four third;
    CHECK(holds(third, {}));
    third = std::move(second);
    CHECK(holds(third, kBytes));
    CHECK(holds(second, {}));  // NOLINT: on purpose
    Four& same = third;
    third = std::move(same);
    CHECK(holds(third, kBytes));
}

TEST_CASE("noise_secret: a destroyed one leaves nothing in its memory") {
    testing::Storage<Four> storage(Four::copy_of(kBytes));
    CHECK(storage.contains(kBytes));
    storage.destroy();
    CHECK_FALSE(storage.contains(kBytes));
    CHECK(storage.is_zero());
}

TEST_CASE("noise_secret: every byte counts in a comparison") {
    const Four secret = Four::copy_of(kBytes);
    CHECK(secret == secret.clone());
    for (std::size_t i = 0; i < kBytes.size(); ++i) {
        Four other = secret.clone();
        other.writable()[i] ^= 0x80;
        CHECK_FALSE(secret == other);
    }
}

}  // namespace
}  // namespace chord::net::noise
