// Secret: a fixed number of bytes that nobody else may learn.
//
// Invariants:
//   1. When a Secret is destroyed, assigned over or moved from, its bytes are zero (sodium_memzero, which no optimiser
//      removes).
//   2. It is never copied by accident: a second one is made by copy_of or clone, where one can search for them.
//   3. Comparing two takes the same time whatever they hold (sodium_memcmp).
// It does not lock its page: a daemon of a few MiB on a device without swap gains nothing by that.
#pragma once

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace chord::net::noise {

template <std::size_t N>
class Secret {
public:
    static constexpr std::size_t kBytes = N;

    /// All zero, to be filled through writable().
    Secret() = default;
    ~Secret() { wipe(); }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret(Secret&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            other.wipe();
        }
        return *this;
    }

    /// A secret with these bytes; whoever has the original wipes it.
    static Secret copy_of(std::span<const std::uint8_t, N> bytes) {
        Secret made;
        std::copy(bytes.begin(), bytes.end(), made.bytes_.begin());
        return made;
    }
    Secret clone() const { return copy_of(bytes_); }

    std::span<const std::uint8_t, N> bytes() const { return bytes_; }
    std::span<std::uint8_t, N> writable() { return bytes_; }
    const std::uint8_t* data() const { return bytes_.data(); }
    std::uint8_t* data() { return bytes_.data(); }

    void wipe() { sodium_memzero(bytes_.data(), N); }

    friend bool operator==(const Secret& a, const Secret& b) {
        return sodium_memcmp(a.bytes_.data(), b.bytes_.data(), N) == 0;
    }

private:
    std::array<std::uint8_t, N> bytes_{};
};

}  // namespace chord::net::noise
