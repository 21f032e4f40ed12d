// ByteBudget: how many bytes may leave in a row and in the long run: the virtual scheduling form of ITU-T I.371, annex
// A, as net/guard/token_bucket.hpp, for costs that differ.
//
// Invariants
//  1. In any span of t seconds at most burst + rate · t bytes are taken.
//  2. Who is refused is charged nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "node/core/base/check.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

struct ByteRate {
    std::uint64_t per_second = 0;  // bytes; 0: no limit
    std::size_t burst = 16384;     // bytes of a full bucket; > 0; what is larger at once is never let through
};

class ByteBudget {
public:
    explicit ByteBudget(const ByteRate& rate) : rate_(rate) { CHORD_CHECK(rate.burst > 0); }

    /// Takes `bytes` if they are there.
    bool take(std::size_t bytes, Time now) {
        if (rate_.per_second == 0) return true;
        if (available_at(bytes) > now) return false;
        full_at_ = std::max(full_at_, now) + time_of(bytes);
        return true;
    }

    /// When take(bytes) will succeed if nothing else is taken; a time that is over when it would now. kNever for more
    /// than the burst.
    Time available_at(std::size_t bytes) const {
        if (rate_.per_second == 0) return Time{};
        if (bytes > rate_.burst) return kNever;
        return full_at_ - time_of(rate_.burst - bytes);
    }

private:
    /// Rounded up: the rate is never exceeded.
    Duration time_of(std::size_t bytes) const {
        const std::uint64_t us = (bytes * std::uint64_t{1'000'000} + rate_.per_second - 1) / rate_.per_second;
        return Duration(static_cast<std::int64_t>(us));
    }

    ByteRate rate_;
    Time full_at_{};
};

}  // namespace chord::net
