// Id: a point on the ring of 2^256 identifiers, and the intervals between points.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chord {

/// A 256-bit identifier, most significant word first, so that the built-in order is the numeric one. Arithmetic is
/// modulo 2^256.
struct Id {
    static constexpr int kBits = 256;
    static constexpr std::size_t kBytes = 32;

    std::array<std::uint64_t, 4> words{};

    friend auto operator<=>(const Id&, const Id&) = default;

    /// Big-endian bytes, as on the wire and on disk.
    std::array<std::uint8_t, kBytes> bytes() const;
    static Id from_bytes(const std::uint8_t* bytes);

    /// 64 lower-case hex digits.
    std::string hex() const;
    /// The first 8 hex digits: what people see.
    std::string short_hex() const;
    /// Exactly 64 hex digits of either case; nullopt otherwise.
    static std::optional<Id> from_hex(std::string_view hex);

    /// this + 2^exponent. REQUIRES: 0 <= exponent < 256.
    Id plus_power_of_two(int exponent) const;
    /// The clockwise distance from `from` to this; 0 when they are equal.
    Id distance_from(const Id& from) const;
};

/// x in (a, b), walking clockwise. With a == b the interval is the whole ring but a (Zave 2015: between(x, y, x) holds
/// for every y != x); x == a or x == b is always outside.
bool in_open_open(const Id& x, const Id& a, const Id& b);

/// x in (a, b], walking clockwise. With a == b the interval is the whole ring: the arc of a node that is alone.
bool in_open_closed(const Id& x, const Id& a, const Id& b);

}  // namespace chord
