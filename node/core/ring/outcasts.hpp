// Outcasts: peers that this node was told to have nothing to do with, and the filter that keeps what others say of them
// from it. Why somebody is out is not the core's matter (in a fleet: revoked or expired).
//
// A successor list is taken on the word of who sends it (RingState, invariant 4), and so is what a witness says; as
// long as others have not heard that a peer is out, they would bring it back. So whatever comes in is struck before any
// part of the node sees it. Only the peer itself ends that, by being heard: then it was let in anew.
//
// Invariants
//  1. At most kIdsMax ids; the one added longest ago goes first.
#pragma once

#include <deque>
#include <set>

#include "node/core/message.hpp"

namespace chord {

class Outcasts {
public:
    static constexpr std::size_t kIdsMax = 1024;

    void add(const Id& peer);
    /// The peer was heard.
    void remove(const Id& peer);
    bool contains(const Id& peer) const { return !ids_.empty() && ids_.contains(peer); }

    /// Takes them out of what the message says of third nodes.
    void strike_from(Request& request) const;
    void strike_from(Response& response) const;

    /// Whether the request is about one of them, so that nothing is left of it to carry out.
    bool concerned_by(const Request& request) const;

private:
    void strike(std::vector<Peer>& peers) const;
    void strike(std::optional<Peer>& peer) const;

    std::set<Id> ids_;
    std::deque<Id> order_;  // oldest first
};

}  // namespace chord
