// Merge: finds out whether remembered peers stand in the same ring, and knits two rings into one where they do not
// (PROTOCOL-NOTES 9). In small rings it also repairs what stabilize alone cannot (2.6).
#pragma once

#include <deque>
#include <functional>

#include "node/core/context.hpp"
#include "node/core/ring/lookup.hpp"
#include "node/core/ring/neighborhood.hpp"

namespace chord {

class Merge {
public:
    static constexpr std::size_t kHintsMax = 16;
    static constexpr std::uint8_t kHintHops = 8;
    static constexpr std::size_t kVerifiedMax = 8;
    static constexpr std::size_t kMeetingsMax = 8;

    /// `on_merged` runs when a node of another ring has become a neighbour.
    Merge(Context& context, Neighborhood& neighborhood, Lookup& lookup, std::function<void()> on_merged)
        : context_(context), neighborhood_(neighborhood), lookup_(lookup), on_merged_(std::move(on_merged)) {}

    /// Asks one remembered peer, or the seed, whose turn it is.
    Task<void> probe(const std::vector<Endpoint>& seeds);

    /// Takes up the oldest hint that waits, or else the oldest meeting, or looks for the peer whose second look is due.
    Task<void> take_hint();
    /// Whether take_hint() has more to do at once.
    bool has_work() const {
        return !hints_.empty() || !meetings_.empty() || context_.passive.next_second_look() <= context_.now();
    }

    /// Queues a peer's hint; dropped when the queue is full. Returns whether it was queued.
    bool on_hint(const Hint& hint);

    /// Queues an address at which a node of another ring may be; dropped when the queue is full.
    void meet(const Endpoint& address);

    /// Drops the hints at this peer.
    void forget(const Id& peer) {
        std::erase_if(hints_, [&](const Hint& hint) { return hint.candidate.id == peer; });
    }

private:
    Task<void> try_peer(Peer candidate, std::uint8_t hops_left);
    Task<void> place(Peer candidate, StateReply state, std::uint8_t hops_left);
    // A peer that was found at its place in this ring, and what it said of its neighbours then: while they, and this
    // node's own, are the same, so is the ring.
    struct Verified {
        Peer peer;
        std::uint64_t digest = 0;
        std::uint64_t neighbor_changes = 0;  // of this node until then
    };

    Task<void> probe_seed(Endpoint seed);
    std::optional<Peer> remembered();
    std::uint64_t seen_at(const Endpoint& address) const;
    void note_verified(const Peer& peer, const StateReply& state);

    Context& context_;
    Neighborhood& neighborhood_;
    Lookup& lookup_;
    std::function<void()> on_merged_;
    std::deque<Hint> hints_;
    std::deque<Endpoint> meetings_;
    std::vector<Verified> verified_;  // at most kVerifiedMax, the latest last
    std::size_t next_seed_ = 0;
    std::size_t turn_ = 0;
};

}  // namespace chord
