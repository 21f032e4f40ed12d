#include "tests/sim/cluster.hpp"

#include <algorithm>

namespace chord::sim {

namespace {

constexpr Duration kLookPeriod = std::chrono::milliseconds(100);
constexpr int kRollsMax = 32;

bool stays(const Node& node) {
    return node.phase() == Phase::member || node.phase() == Phase::solo;
}

}  // namespace

bool is_member(const Node& node) {
    return stays(node) || node.phase() == Phase::leaving;
}

std::optional<Duration> Cluster::run_until(const std::function<bool()>& condition, Duration limit) {
    const Time began = now();
    while (!condition()) {
        if (now() - began >= limit) {
            return std::nullopt;
        }
        run_for(kLookPeriod);
    }
    return now() - began;
}

std::size_t Cluster::random_member(Rng& rng) const {
    // Nearly all are members, so that a few rolls do; a list of them all would cost more than what is done with it.
    for (int roll = 0; roll < kRollsMax; ++roll) {
        const std::size_t device = live()[rng.below(live().size())];
        if (stays(node(device))) {
            return device;
        }
    }
    const auto found = std::find_if(live().begin(), live().end(), [this](std::size_t i) { return stays(node(i)); });
    return found == live().end() ? live().front() : *found;
}

bool Cluster::settled() const {
    return ideal() && std::all_of(live().begin(), live().end(), [this](std::size_t i) { return node(i).settled(); });
}

std::optional<Id> Cluster::true_owner(const Id& point) const {
    if (members_.empty()) {
        return std::nullopt;
    }
    const auto owner = members_.lower_bound(point);
    return owner == members_.end() ? members_.begin()->first : owner->first;
}

void Cluster::note_member(const Id& id, std::size_t device, bool member) {
    if (member) {
        members_.emplace(id, device);
    } else {
        members_.erase(id);
    }
    if (membership_changed_) {
        membership_changed_();
    }
}

}  // namespace chord::sim
