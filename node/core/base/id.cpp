#include "node/core/base/id.hpp"

#include "node/core/base/check.hpp"

namespace chord {

std::array<std::uint8_t, Id::kBytes> Id::bytes() const {
    std::array<std::uint8_t, kBytes> out{};
    for (std::size_t i = 0; i < kBytes; ++i) {
        out[i] = static_cast<std::uint8_t>(words[i / 8] >> (56 - 8 * (i % 8)));
    }
    return out;
}

Id Id::from_bytes(const std::uint8_t* bytes) {
    Id id;
    for (std::size_t i = 0; i < kBytes; ++i) {
        id.words[i / 8] = id.words[i / 8] << 8 | bytes[i];
    }
    return id;
}

std::string Id::hex() const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    out.reserve(2 * kBytes);
    for (const std::uint8_t byte : bytes()) {
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

std::string Id::short_hex() const {
    return hex().substr(0, 8);
}

std::optional<Id> Id::from_hex(std::string_view hex) {
    if (hex.size() != 2 * kBytes) {
        return std::nullopt;
    }
    Id id;
    for (std::size_t i = 0; i < hex.size(); ++i) {
        const char c = hex[i];
        std::uint64_t digit = 0;
        if (c >= '0' && c <= '9') {
            digit = static_cast<std::uint64_t>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = static_cast<std::uint64_t>(c - 'a') + 10;
        } else if (c >= 'A' && c <= 'F') {
            digit = static_cast<std::uint64_t>(c - 'A') + 10;
        } else {
            return std::nullopt;
        }
        id.words[i / 16] = id.words[i / 16] << 4 | digit;
    }
    return id;
}

Id Id::plus_power_of_two(int exponent) const {
    CHORD_CHECK(exponent >= 0 && exponent < kBits);
    Id sum = *this;
    auto word = static_cast<std::size_t>(3 - exponent / 64);
    std::uint64_t addend = std::uint64_t{1} << (exponent % 64);
    while (true) {
        sum.words[word] += addend;
        const bool carry = sum.words[word] < addend;
        if (!carry || word == 0) {
            return sum;
        }
        --word;
        addend = 1;
    }
}

Id Id::distance_from(const Id& from) const {
    Id difference;
    std::uint64_t borrow = 0;
    for (std::size_t i = 4; i-- > 0;) {
        const std::uint64_t partial = words[i] - from.words[i];
        const std::uint64_t borrow_first = words[i] < from.words[i] ? 1 : 0;
        difference.words[i] = partial - borrow;
        borrow = borrow_first | (partial < borrow ? 1 : 0);
    }
    return difference;
}

bool in_open_open(const Id& x, const Id& a, const Id& b) {
    return a < b ? a < x && x < b : (a < x || x < b) && x != a;
}

bool in_open_closed(const Id& x, const Id& a, const Id& b) {
    return a < b ? a < x && x <= b : a < x || x <= b;
}

}  // namespace chord
