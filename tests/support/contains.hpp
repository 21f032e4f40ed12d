// Whether some bytes stand somewhere in others; std::ranges::search does not compile under clang 14.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace chord::testing {

inline bool contains(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> part) {
    return std::search(bytes.begin(), bytes.end(), part.begin(), part.end()) != bytes.end();
}

}  // namespace chord::testing
