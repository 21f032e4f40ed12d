// RingState: one node's predecessor and successor list, and the only ways in which they may change: Zave's operations
// ("How to Make Chord Correct", arXiv 1502.06461; PROTOCOL-NOTES 2.4) as single local steps. No messages, no time.
//
// Invariants (each step keeps them; consistent() checks them)
//  1. NoDuplicates: successors are distinct, and none is self.
//  2. OrderedSuccessorList: successors lie in clockwise order from self.
//  3. At most `length_max` successors.
//  4. A pointer enters only through a peer that answered in this very step; its list is taken on its word (rule 1 of
//     2.4).
//
// Deviation from the paper, which needs a ring of at least r+1 nodes: lists are left short in smaller rings, never
// padded (PROTOCOL-NOTES 2.6); a node without successors is a ring of one.
#pragma once

#include <optional>
#include <vector>

#include "node/core/base/peer.hpp"

namespace chord {

class RingState {
public:
    /// REQUIRES: 1 <= length_max <= kSuccessorsMax.
    RingState(const Peer& self, std::size_t length_max);

    const Peer& self() const { return self_; }
    const std::optional<Peer>& predecessor() const { return predecessor_; }
    const std::vector<Peer>& successors() const { return successors_; }
    std::size_t length_max() const { return length_max_; }
    bool alone() const { return successors_.empty(); }

    /// Forgets everything: the state before a join.
    void reset();

    /// JOIN: `before` just answered that `its_successors` follow it. False, and no change, if self does not belong
    /// right after it (its view moved on). An entry for self, left from before a restart, is passed over.
    bool join_after(const Peer& before, const std::vector<Peer>& its_successors);

    /// STABILIZE, first half: the first successor answered with its list.
    /// False, and no change, if it is no longer the first successor.
    bool stabilize_from_successor(const Peer& first, const std::vector<Peer>& its_successors);

    /// STABILIZE, second half: `between`, the predecessor of `first`, answered with its list. False, and no change,
    /// unless `first` is still the first successor and `between` lies before it.
    bool stabilize_from_predecessor(const Peer& between, const std::vector<Peer>& its_successors, const Peer& first);

    /// RECTIFY: `notifier` is alive and believes itself to be the predecessor. Returns false if the present predecessor
    /// is nearer, and must be probed before `notifier` can take its place.
    bool rectify(const Peer& notifier);

    /// MERGE HINT (PROTOCOL-NOTES 9): `candidate` just answered with its list. If it lies before the first successor
    /// (or there is none), it becomes the first, as an ordered union that forgets no present successor while there is
    /// room. False, and no change, otherwise.
    bool merge(const Peer& candidate, const std::vector<Peer>& its_successors);

    /// FAIL: forgets a peer that does not answer. Returns whether it was a successor.
    bool drop(const Id& peer);
    void drop_predecessor();

    /// No step, since ids alone decide: the predecessor or first successor has answered at another address than was
    /// known. Of the others each list tells the address anew.
    void readdress(const Peer& peer);

    /// key in (predecessor, self]; every key while the predecessor is unknown, as it is in a ring of one.
    bool owns(const Id& key) const;

    bool is_neighbor(const Id& peer) const;
    /// The same, and at the address known here.
    bool is_neighbor(const Peer& peer) const;

    /// Invariants 1 to 3.
    bool consistent() const;

private:
    /// The longest prefix of candidates that is a legal successor list of self (`cut` of PROTOCOL-NOTES 2.4).
    std::vector<Peer> cut(const Peer& first, const std::vector<Peer>& rest) const;

    Peer self_;
    std::size_t length_max_;
    std::optional<Peer> predecessor_;
    std::vector<Peer> successors_;
};

}  // namespace chord
