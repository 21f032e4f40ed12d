// PassiveList: neighbours that fell silent and were given up. When a whole part of the ring falls silent at once, these
// are exactly the nodes on the other side of the split, so they are asked from time to time whether they are back
// (Shafaat, Ghodsi, Haridi: Dealing with network partitions in structured overlay networks, PPNA 2009; PROTOCOL-NOTES
// 9). Hints only: a peer from here is asked before it is adopted.
//
// Invariants
//  1. At most kPeersMax peers, the latest given up first to stay.
//  2. Each is asked in turn; one that has answered, or that was heard of otherwise, is no longer here.
#pragma once

#include <optional>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/core/base/time.hpp"

namespace chord {

class PassiveList {
public:
    static constexpr std::size_t kPeersMax = 16;

    /// `peer` was given up; it is to be asked once more at `second_look`, to give it the chance to refute.
    void add(const Peer& peer, Time second_look);
    void remove(const Id& peer);

    bool contains(const Id& peer) const;
    std::size_t size() const { return entries_.size(); }
    /// When the next second look is due; kNever if none is.
    Time next_second_look() const;
    /// One whose second look is due. Its place in the turn is the last then.
    std::optional<Peer> take_due(Time now);
    /// The one whose turn it is; nullopt if there is none.
    std::optional<Peer> take_turn();

private:
    struct Entry {
        Peer peer;
        Time second_look{};  // kNever once it has been
    };

    std::vector<Entry> entries_;  // in the order of their turns
};

}  // namespace chord
