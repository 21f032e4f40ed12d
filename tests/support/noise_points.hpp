// Curve25519's points of low order, as public keys: X25519 makes zero of each, whatever the private key.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chord::testing {

using Bytes32 = std::array<std::uint8_t, 32>;

/// REQUIRES: 64 hex digits.
inline Bytes32 bytes32(std::string_view hex) {
    Bytes32 bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(2 * i, 2)), nullptr, 16));
    }
    return bytes;
}

/// Orders 1, 2, 4 and 8 on the curve and its twist, and what is the same modulo 2^255 - 19: each with bit 255, which
/// X25519 ignores, clear and set.
inline std::vector<Bytes32> low_order_points() {
    std::vector<Bytes32> points;
    for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
        Bytes32 point = bytes32(hex);
        points.push_back(point);
        point.back() |= 0x80;
        points.push_back(point);
    }
    return points;
}

}  // namespace chord::testing
