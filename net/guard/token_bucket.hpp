// TokenBucket: how much of something may happen in a row and in the long run, in one number: the generic cell rate
// algorithm in its virtual scheduling form (ITU-T I.371, annex A). 8 bytes.
#pragma once

#include <algorithm>

#include "node/core/base/check.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

struct Rate {
    Duration interval;  // one token grows in it; > 0
    int burst;          // tokens of a full bucket; > 0
};

class TokenBucket {
public:
    /// Takes a token if there is one. Without one nothing is charged: whoever is refused does not wait longer for that.
    bool take(const Rate& rate, Time now) {
        CHORD_CHECK(rate.interval > Duration::zero() && rate.burst > 0);
        const Time start = std::max(full_at_, now);
        if (start - now > rate.interval * (rate.burst - 1)) return false;
        full_at_ = start + rate.interval;
        return true;
    }

    /// When the bucket is full again: at most burst · interval after the last token. A full one need not be kept.
    Time full_at() const { return full_at_; }

private:
    Time full_at_{};
};

}  // namespace chord::net
