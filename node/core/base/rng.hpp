// The core's dice: SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
// Eight bytes of state, so that a million simulated nodes can have one each; the same seed gives the same rolls on
// every machine. Never a source of keys.
#pragma once

#include <cstdint>

#include "node/core/base/check.hpp"
#include "node/core/base/time.hpp"

namespace chord {

class Rng {
public:
    explicit Rng(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    /// A number in [0, bound). REQUIRES: bound > 0. The bias is below 2^-32 for the bounds used here (< 2^32).
    std::uint64_t below(std::uint64_t bound) {
        CHORD_CHECK(bound > 0);
        return next() % bound;
    }

    /// True `numerator` times out of `denominator`.
    bool chance(std::uint64_t numerator, std::uint64_t denominator) { return below(denominator) < numerator; }

    /// `mean` ± `percent` %: periods of many nodes must not fall into step.
    Duration jittered(Duration mean, std::uint32_t percent = 20) {
        const auto spread = static_cast<std::uint64_t>(mean.count()) * percent / 50;
        return mean - Duration(static_cast<std::int64_t>(spread / 2)) +
               Duration(static_cast<std::int64_t>(below(spread + 1)));
    }

private:
    std::uint64_t state_;
};

}  // namespace chord
