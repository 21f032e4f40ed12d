// RingPlacement: the ideal ring over a set of ids, as each of its nodes would see it, in O(r + log n) a node.
#pragma once

#include <vector>

#include "node/core/node.hpp"

namespace chord::sim {

class RingPlacement {
public:
    /// Node i has ids[i] and address_of(i). REQUIRES: ids ascending and distinct, at least one; they outlive this.
    explicit RingPlacement(const std::vector<Id>& ids);

    /// What node `index` knows: the node before it, min(length_max, n - 1) after it, every finger, a few peers.
    Placement place_of(std::size_t index, std::size_t length_max) const;

    /// The rank of the node that owns `point`.
    std::size_t successor_of(const Id& point) const;

private:
    Peer peer(std::size_t index) const;

    const std::vector<Id>& ids_;
    std::vector<std::uint64_t> heads_;  // first words of the ids: what a search touches stays in the processor's cache
};

}  // namespace chord::sim
