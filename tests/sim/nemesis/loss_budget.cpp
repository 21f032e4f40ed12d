#include "tests/sim/nemesis/loss_budget.hpp"

#include <algorithm>

namespace chord::sim {

void LossBudget::look() {
    // Of two faults that had taken a device down, one may have replaced it before the other one brought it back.
    std::erase_if(gone_, [this](std::size_t device) { return world_.alive(device); });
    if (someone_alone()) {
        whole_ = false;
    } else if (world_.live_count() + gone_.size() == world_.devices() && world_.settled()) {
        whole_ = true;
    }
}

void LossBudget::lose(std::size_t device, bool for_good) {
    CHORD_CHECK(whole_);
    whole_ = false;
    ++lost_;
    if (for_good) {
        gone_.insert(device);
    }
}

bool LossBudget::someone_alone() const {
    const std::vector<std::size_t>& live = world_.live();
    return live.size() > 1 && std::any_of(live.begin(), live.end(), [this](std::size_t device) {
               return is_member(world_.node(device)) && world_.node(device).ring().alone();
           });
}

}  // namespace chord::sim
