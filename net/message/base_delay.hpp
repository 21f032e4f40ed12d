// BaseDelay: the round-trip time of a path without any queue: the least of the last 10 minutes, kept as one number a
// minute (the base history of RFC 6817 section 3.4.2).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "node/core/base/time.hpp"

namespace chord::net {

class BaseDelay {
public:
    static constexpr Duration kPeriod = std::chrono::minutes(1);
    static constexpr std::size_t kPeriods = 10;

    BaseDelay() { least_.fill(Duration::max()); }

    void add(Duration rtt, Time now) {
        // A pause of any length moves the history by at most its whole length.
        const auto passed = (now - since_) / kPeriod;
        if (passed > 0) {
            const auto shift = std::min<std::size_t>(static_cast<std::size_t>(passed), kPeriods);
            std::move_backward(least_.begin(), least_.end() - static_cast<std::ptrdiff_t>(shift), least_.end());
            std::fill_n(least_.begin(), shift, Duration::max());
            since_ = now;
        }
        least_[0] = std::min(least_[0], rtt);
    }

    /// Duration::max() before any sample.
    Duration value() const { return *std::min_element(least_.begin(), least_.end()); }

private:
    std::array<Duration, kPeriods> least_;  // [0]: of the period that goes on
    Time since_{};
};

}  // namespace chord::net
