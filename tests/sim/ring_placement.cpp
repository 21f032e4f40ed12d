#include "tests/sim/ring_placement.hpp"

#include <algorithm>

#include "tests/sim/network_model.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kKnown = 4;

}  // namespace

RingPlacement::RingPlacement(const std::vector<Id>& ids) : ids_(ids) {
    heads_.reserve(ids.size());
    for (const Id& id : ids) {
        heads_.push_back(id.words[0]);
    }
}

Peer RingPlacement::peer(std::size_t index) const {
    return Peer{ids_[index], address_of(index)};
}

std::size_t RingPlacement::successor_of(const Id& point) const {
    auto rank =
        static_cast<std::size_t>(std::lower_bound(heads_.begin(), heads_.end(), point.words[0]) - heads_.begin());
    while (rank < ids_.size() && ids_[rank] < point) {
        ++rank;  // ids that begin alike
    }
    return rank == ids_.size() ? 0 : rank;
}

Placement RingPlacement::place_of(std::size_t index, std::size_t length_max) const {
    const std::size_t n = ids_.size();
    Placement place;
    if (n == 1) {
        return place;
    }
    place.predecessor = peer((index + n - 1) % n);
    for (std::size_t k = 1; k <= std::min(length_max, n - 1); ++k) {
        place.successors.push_back(peer((index + k) % n));
    }
    const FingerTable table(ids_[index]);
    for (const int exponent : table.wanted(place.successors.front().id)) {
        const std::size_t owner = successor_of(ids_[index].plus_power_of_two(exponent));
        // As FingerRepair has it: a finger that would wrap round to the node itself points at the one before it.
        place.fingers.push_back({exponent, peer(owner == index ? (index + n - 1) % n : owner)});
    }
    for (std::size_t k = 1; k <= std::min(kKnown, n - 1); ++k) {
        place.known.push_back(peer((index + k * (n / (kKnown + 1)) + 1) % n));
    }
    return place;
}

}  // namespace chord::sim
