// Ids: text and byte forms, arithmetic against a schoolbook model on bytes, intervals against a walk around the ring.
#include "node/core/base/id.hpp"

#include <array>
#include <cstdint>
#include <string>

#include "node/core/base/rng.hpp"

#include <doctest/doctest.h>

namespace chord {
namespace {

constexpr std::uint64_t kOnes = ~std::uint64_t{0};

Id id_of(std::uint64_t w0, std::uint64_t w1, std::uint64_t w2, std::uint64_t w3) {
    Id id;
    id.words = {w0, w1, w2, w3};
    return id;
}

Id small(std::uint64_t value) {
    return id_of(0, 0, 0, value);
}

/// Random words, half of them all zeros or all ones, so that carries run far.
Id random_id(Rng& rng) {
    Id id;
    for (auto& word : id.words) {
        const std::uint64_t kind = rng.below(4);
        word = kind == 0 ? 0 : kind == 1 ? kOnes : rng.next();
    }
    return id;
}

/// The model: 32 big-endian digits to base 256, carried by hand.
using Digits = std::array<std::uint8_t, Id::kBytes>;

Digits model_sum(const Digits& a, const Digits& b) {
    Digits sum{};
    int carry = 0;
    for (std::size_t i = sum.size(); i-- > 0;) {
        carry += a[i] + b[i];
        sum[i] = static_cast<std::uint8_t>(carry % 256);
        carry /= 256;
    }
    return sum;
}

Digits model_power_of_two(int exponent) {
    Digits digits{};
    digits[static_cast<std::size_t>(31 - exponent / 8)] = static_cast<std::uint8_t>(1 << exponent % 8);
    return digits;
}

TEST_CASE("id: hex is 64 lower-case digits, most significant first, and reads back") {
    const Id id = id_of(0x0123456789abcdef, 0xfedcba9876543210, 0, 0x00000000000000ff);
    const std::string hex = "0123456789abcdeffedcba9876543210000000000000000000000000000000ff";
    CHECK_EQ(id.hex(), hex);
    CHECK_EQ(id.short_hex(), "01234567");
    REQUIRE(Id::from_hex(hex).has_value());
    CHECK(*Id::from_hex(hex) == id);

    Rng rng(1);
    for (int i = 0; i < 1000; ++i) {
        const Id any = random_id(rng);
        REQUIRE(Id::from_hex(any.hex()) == any);
    }
}

TEST_CASE("id: hex of either case is read, anything but 64 hex digits is not") {
    const std::string lower(64, 'a');
    const std::string upper(64, 'A');
    CHECK(Id::from_hex(lower) == Id::from_hex(upper));
    CHECK_FALSE(Id::from_hex("").has_value());
    CHECK_FALSE(Id::from_hex(lower.substr(1)).has_value());
    CHECK_FALSE(Id::from_hex(lower + "a").has_value());
    for (const char bad : {'g', 'G', '/', ':', '@', '`', ' ', 'x', '-', '\0', '\xff'}) {
        for (const std::size_t at : {std::size_t{0}, std::size_t{15}, std::size_t{16}, std::size_t{63}}) {
            std::string hex = lower;
            hex[at] = bad;
            CHECK_FALSE(Id::from_hex(hex).has_value());
        }
    }
}

TEST_CASE("id: bytes are big-endian and read back") {
    Digits counting{};
    for (std::size_t i = 0; i < counting.size(); ++i) {
        counting[i] = static_cast<std::uint8_t>(i + 1);
    }
    const Id id = Id::from_bytes(counting.data());
    CHECK_EQ(id.words[0], 0x0102030405060708);
    CHECK_EQ(id.words[3], 0x191a1b1c1d1e1f20);
    CHECK(id.bytes() == counting);
}

TEST_CASE("id: the order is the numeric one, which is also that of the bytes") {
    CHECK(id_of(0, 0, 0, kOnes) < id_of(0, 0, 1, 0));
    CHECK(id_of(0, kOnes, kOnes, kOnes) < id_of(1, 0, 0, 0));
    Rng rng(2);
    for (int i = 0; i < 2000; ++i) {
        const Id a = random_id(rng);
        const Id b = random_id(rng);
        REQUIRE((a < b) == (a.bytes() < b.bytes()));
    }
}

TEST_CASE("id: plus_power_of_two carries through words and wraps at 2^256") {
    CHECK(small(0).plus_power_of_two(0) == small(1));
    CHECK(small(kOnes).plus_power_of_two(0) == id_of(0, 0, 1, 0));
    CHECK(id_of(0, kOnes, kOnes, kOnes).plus_power_of_two(0) == id_of(1, 0, 0, 0));
    CHECK(id_of(kOnes, kOnes, kOnes, kOnes).plus_power_of_two(0) == small(0));
    CHECK(small(5).plus_power_of_two(255) == id_of(std::uint64_t{1} << 63, 0, 0, 5));
    CHECK(id_of(std::uint64_t{1} << 63, 0, 0, 5).plus_power_of_two(255) == small(5));
}

TEST_CASE("id: plus_power_of_two agrees with the model for every exponent") {
    Rng rng(3);
    for (int exponent = 0; exponent < Id::kBits; ++exponent) {
        for (int i = 0; i < 20; ++i) {
            const Id id = random_id(rng);
            REQUIRE(id.plus_power_of_two(exponent).bytes() == model_sum(id.bytes(), model_power_of_two(exponent)));
        }
    }
}

TEST_CASE("id: distance_from is clockwise, zero to itself, and undoes addition in the model") {
    CHECK(small(7).distance_from(small(7)) == small(0));
    CHECK(small(9).distance_from(small(7)) == small(2));
    CHECK(small(7).distance_from(small(9)) == id_of(kOnes, kOnes, kOnes, kOnes - 1));
    CHECK(small(0).distance_from(small(1)) == id_of(kOnes, kOnes, kOnes, kOnes));
    CHECK(id_of(1, 0, 0, 0).distance_from(small(1)) == id_of(0, kOnes, kOnes, kOnes));
    Rng rng(4);
    for (int i = 0; i < 5000; ++i) {
        const Id a = random_id(rng);
        const Id b = random_id(rng);
        REQUIRE(model_sum(a.bytes(), b.distance_from(a).bytes()) == b.bytes());
    }
}

/// A ring of eight points, an eighth of the circle apart: small enough to walk.
Id eighth(int point) {
    return id_of(static_cast<std::uint64_t>(point) << 61, 0, 0, 0);
}

/// Is x met on the walk that leaves a clockwise and stops on b? The walk from a to a goes round once.
bool met(int x, int a, int b, bool count_last) {
    for (int at = (a + 1) % 8;; at = (at + 1) % 8) {
        if (at == b) {
            return count_last && x == b;
        }
        if (at == x) {
            return true;
        }
    }
}

TEST_CASE("id: intervals agree with a walk around the ring, for all triples") {
    for (int a = 0; a < 8; ++a) {
        for (int b = 0; b < 8; ++b) {
            for (int x = 0; x < 8; ++x) {
                CAPTURE(a);
                CAPTURE(b);
                CAPTURE(x);
                REQUIRE_EQ(in_open_open(eighth(x), eighth(a), eighth(b)), met(x, a, b, false));
                REQUIRE_EQ(in_open_closed(eighth(x), eighth(a), eighth(b)), met(x, a, b, true));
            }
        }
    }
}

TEST_CASE("id: with a == b, (a, b) is the whole ring but a; Zave 2015: between(x, y, x) for every y != x") {
    const Id a = small(100);
    CHECK(in_open_open(small(99), a, a));
    CHECK(in_open_open(small(101), a, a));
    CHECK(in_open_open(small(0), a, a));
    CHECK_FALSE(in_open_open(a, a, a));
}

TEST_CASE("id: with a == b, (a, b] is the whole ring, a included: the arc of a node that is alone") {
    const Id a = small(100);
    CHECK(in_open_closed(small(99), a, a));
    CHECK(in_open_closed(small(101), a, a));
    CHECK(in_open_closed(a, a, a));
}

TEST_CASE("id: intervals at their ends and across zero") {
    const Id last = id_of(kOnes, kOnes, kOnes, kOnes);
    CHECK_FALSE(in_open_open(small(3), small(3), small(5)));
    CHECK_FALSE(in_open_open(small(5), small(3), small(5)));
    CHECK_FALSE(in_open_closed(small(3), small(3), small(5)));
    CHECK(in_open_closed(small(5), small(3), small(5)));
    CHECK(in_open_open(small(0), last, small(1)));
    CHECK_FALSE(in_open_open(small(0), last, small(0)));
    CHECK(in_open_closed(small(0), last, small(0)));
    CHECK_FALSE(in_open_closed(last, last, small(0)));
    CHECK_FALSE(in_open_open(small(4), small(4), small(5)));
}

}  // namespace
}  // namespace chord
