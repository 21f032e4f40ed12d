// What a walk along the successors tells about the ring: each node's share of it, and whether it is one ring.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "node/core/client.hpp"

namespace chord::api {

/// One full turn, this node first.
struct RingWalk {
    std::vector<Client::WalkedNode> nodes;
    /// The last node's successor is the first node again; nullopt when the walk stopped before that.
    std::optional<bool> closed;
};

/// Brings what Client::walk() found into that form: this node in front whether or not the walk lists it, and nothing
/// behind the point where the walk came back to it. `count` is what the walk was asked for.
RingWalk arrange_walk(const NodeView& self, std::vector<Client::WalkedNode> walked, std::size_t count);

/// The part of the identifier circle in (from, to], 0 < part <= 1; from == to is the whole.
double arc_fraction(const Id& from, const Id& to);

/// The arc that nodes[index] owns, up to its predecessor as it says itself, else to the node before it.
double owned_fraction(const RingWalk& walk, std::size_t index);

/// Judges a walk of the whole ring. A gap: a node knows none, or a nearer predecessor than the node before it, so keys
/// between them have no owner that the walk would find. An overlap: its predecessor lies farther back, so two nodes
/// claim the same keys.
struct RingCheck {
    std::optional<bool> one_ring;  // nullopt: the walk did not come round, for its bound or for a silent node
    std::uint64_t nodes = 0;
    std::uint64_t gaps = 0;
    std::uint64_t overlaps = 0;
    std::vector<Peer> silent;  // that did not answer the walk
};
RingCheck check_ring(const RingWalk& walk);

}  // namespace chord::api
