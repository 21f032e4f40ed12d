// HybridClock: the hybrid logical clock that orders writes (Kulkarni et al., Logical Physical Clocks, OPODIS 2014): 48
// bits of milliseconds and 16 of counter. Readings rise whatever the wall clock does.
#pragma once

#include <algorithm>

#include "node/core/base/id.hpp"
#include "node/core/base/time.hpp"
#include "node/core/data/record.hpp"

namespace chord {

class HybridClock {
public:
    explicit HybridClock(const Id& node) : node_(node.words[0]) {}

    /// A version greater than every one given or witnessed before, and than `above`.
    Version next(WallMs wall, const Version& above) {
        const std::uint64_t physical = static_cast<std::uint64_t>(wall) << 16;
        const std::uint64_t reading = std::min(std::max({last_ + 1, above.clock + 1, physical}), kVersionClockMax);
        witness(Version{reading, node_}, wall);
        return Version{reading, node_};
    }

    /// A version of another node has been seen. One that is far ahead of everything known here concerns its own key
    /// only (next() goes above it there); it must not carry all other keys away.
    void witness(const Version& version, WallMs wall) {
        const std::uint64_t known = std::max(last_, static_cast<std::uint64_t>(wall) << 16);
        if (version.clock <= known || version.clock - known <= kAheadMax) {
            last_ = std::max(last_, version.clock);
        }
    }

private:
    static constexpr std::uint64_t kAheadMax = std::uint64_t{24 * 60 * 60 * 1000} << 16;  // a day

    std::uint64_t node_;
    std::uint64_t last_ = 0;
};

}  // namespace chord
