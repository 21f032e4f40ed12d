// LocalHealth: how far this node should distrust its own judgement of others (Lifeguard, Dadgar, Phillips, Currey,
// arXiv 1707.00788: "local health multiplier"). A device that is starved of CPU or network hears nobody; without this
// it would declare them all dead.
#pragma once

#include <algorithm>
#include <chrono>

#include "node/core/base/time.hpp"

namespace chord {

class LocalHealth {
public:
    static constexpr int kScoreMax = 8;
    /// A turn that comes this much after its timer says that this node, not its peers, is slow.
    static constexpr Duration kLate = std::chrono::milliseconds(500);

    /// A peer that was silent to this node answered a witness, or refuted the suspicion.
    void refuted() { score_ = std::min(score_ + 1, kScoreMax); }
    /// A timer that was due at `deadline` ran at `now`.
    void timer_ran(Time deadline, Time now) {
        if (now - deadline >= kLate) {
            refuted();
        }
    }
    /// A peer was asked and answered, or its death was confirmed by others.
    void confirmed() { score_ = std::max(score_ - 1, 0); }

    /// 0 (healthy) to kScoreMax.
    int score() const { return score_; }
    /// What patience with others is multiplied by: 1 to kScoreMax + 1.
    int factor() const { return score_ + 1; }

private:
    int score_ = 0;
};

}  // namespace chord
