// TraceHash: 64-bit FNV-1a over everything that happens in a simulated run. Same seed, same hash, on every machine.
#pragma once

#include <cstdint>
#include <span>

#include "node/core/base/id.hpp"

namespace chord::sim {

class TraceHash {
public:
    void add(std::uint64_t value) {
        for (int shift = 0; shift < 64; shift += 8) {
            add_byte(static_cast<std::uint8_t>(value >> shift));
        }
    }
    void add(const Id& id) {
        for (const std::uint64_t word : id.words) {
            add(word);
        }
    }
    void add(std::span<const std::uint8_t> bytes) {
        for (const std::uint8_t byte : bytes) {
            add_byte(byte);
        }
    }

    std::uint64_t value() const { return state_; }

private:
    void add_byte(std::uint8_t byte) { state_ = (state_ ^ byte) * 0x100000001b3ULL; }

    std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

}  // namespace chord::sim
