// Nemesis: lets the drawn faults begin, strike and end in their time, on a World of whole stacks, and at last makes
// everything whole again.
//
// Invariants
//  1. A disk is lost only by lose() or by churn's replacement, which both ask the LossBudget.
//  2. After heal(), every device that has not gone for good is alive, and the network is as it was before.
//  3. What happens depends on the plans alone: each fault has its own dice.
#pragma once

#include <memory>
#include <vector>

#include "tests/sim/nemesis/fault.hpp"
#include "tests/sim/nemesis/loss_budget.hpp"
#include "tests/sim/world.hpp"

namespace chord::sim {

class Nemesis {
public:
    /// How long after heal() the last device may still be saying goodbye.
    static constexpr Duration kGoodbye = std::chrono::seconds(15);

    /// The busy phase begins now. The world must outlive it.
    Nemesis(World& world, const std::vector<FaultPlan>& plans);

    /// When act() is wanted next; at least once a second.
    Time next() const;
    /// Begins, strikes and ends what is due now.
    void act();
    /// Ends what goes on and begins nothing more. Lets the world run for kGoodbye, then everybody is back.
    void heal();

    const LossBudget& budget() const { return budget_; }
    /// Strokes so far, beginnings included, by row of fault_kinds().
    const std::vector<std::uint64_t>& strokes() const { return strokes_; }

    // For the deeds.
    World& world() { return world_; }
    /// `share` of the live devices, rounded to the nearest number, but at least one, in random order; none if none
    /// live.
    std::vector<std::size_t> pick(PerMillion share, Rng& dice) const;
    /// SIGKILL, and back after a while, if nobody else has brought it back by then.
    void reboot(std::size_t device, Duration absence, const Return& how);
    /// The same with a disk that is lost or stale. False, and nothing happens, if the budget does not allow it.
    bool lose(std::size_t device, Duration absence, Return::DiskFate fate);
    /// Sessions with a mean of the fault's period; devices are replaced as the budget allows.
    ChurnOptions churn_options(ActiveFault& fault, Sessions sessions);
    /// The network's conditions without faults.
    const NetworkConditions& calm() const { return calm_; }
    /// A crashed device is alive again, if nobody has brought it back and it has not gone for good.
    void bring_back(std::size_t device, const Return& how);
    /// All partitions together.
    void split_anew();

private:
    struct Away {
        std::size_t device = 0;
        Return how;
    };

    void end(ActiveFault& fault);
    void bring_back_all();

    World& world_;
    NetworkConditions calm_;
    LossBudget budget_;
    std::vector<std::unique_ptr<ActiveFault>> waiting_;  // by rising begins_at
    std::vector<std::unique_ptr<ActiveFault>> active_;
    EventQueue<Away> away_;
    Time look_at_{};
    std::vector<std::uint64_t> strokes_;
};

}  // namespace chord::sim
