// SuccessorAudit: how many first successors are wrong at an instant, beside what theory says of a ring under churn
// (Krishnamurthy et al., "A Statistical Theory of Chord under Churn", IPTPS 2005; PROTOCOL-NOTES 3.3).
#pragma once

#include <cstdint>

#include "tests/sim/cluster.hpp"

namespace chord::sim {

class SuccessorAudit {
public:
    /// The world must outlive it.
    explicit SuccessorAudit(const Cluster& world) : world_(world) {}

    /// Looks at every member now, other than one that is the only one.
    void look();

    struct Statistics {
        std::uint64_t seen = 0;
        std::uint64_t wrong =
            0;  // w1: not the next member clockwise; the dead ones and those without any are among them
        std::uint64_t dead = 0;  // d1: no member at all
    };
    const Statistics& statistics() const { return statistics_; }
    double wrong_share() const { return share(statistics_.wrong); }
    double dead_share() const { return share(statistics_.dead); }

private:
    double share(std::uint64_t count) const {
        return statistics_.seen == 0 ? 0 : static_cast<double>(count) / static_cast<double>(statistics_.seen);
    }

    const Cluster& world_;
    Statistics statistics_;
};

// `rho` is the mean session time over the period of stabilization; as many nodes join as fail.

/// w1 of the paper's ring, about 2/(3 + rho). Of these, half are dead.
inline double wrong_successors_expected(double rho) {
    return 2 / (3 + rho);
}
inline double dead_successors_expected(double rho) {
    return 1 / (3 + rho);
}
/// What our ring must keep for w1. It stabilizes as soon as it has joined and nudges the node before it, so that the
/// half that is alive is gone, and a tenth of the rest is allowed for chance.
inline double wrong_successors_bound(double rho) {
    return 1.1 / (3 + rho);
}

}  // namespace chord::sim
