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
        last_ = std::min(std::max({last_ + 1, above.clock + 1, physical}), kVersionClockMax);
        return Version{last_, node_};
    }

    /// A version of another node has been seen.
    void witness(const Version& version) { last_ = std::max(last_, version.clock); }

private:
    std::uint64_t node_;
    std::uint64_t last_ = 0;
};

}  // namespace chord
