// Join: from knowing some addresses to being a member of the ring (Zave 2017: through the predecessor; PROTOCOL-NOTES
// 2.4).
//
// A node that knows nobody starts a ring of one, after NodeOptions::meeting_patience if somebody may be met yet. Nodes
// that find only each other, none of them a member (all devices of a site restarted at once), let the one with the
// smallest id start the ring. A node whose peers are all silent starts a ring of one after NodeOptions::join_patience;
// probes merge it with theirs when they can be reached again.
#pragma once

#include <vector>

#include "node/core/context.hpp"
#include "node/core/ring/lookup.hpp"
#include "node/core/ring/neighborhood.hpp"

namespace chord {

class Join {
public:
    Join(Context& context, Neighborhood& neighborhood, Lookup& lookup)
        : context_(context), neighborhood_(neighborhood), lookup_(lookup) {}

    void set_seeds(std::vector<Endpoint> seeds) { seeds_ = std::move(seeds); }
    const std::vector<Endpoint>& seeds() const { return seeds_; }

    /// An address at which a node may be, found while this node joins. The latest kMetMax are asked in the next round,
    /// and again as long as they answer.
    void meet(const Endpoint& address);

    /// Ends when this node is a member.
    Task<void> run();

    /// The successor list ran empty: joins again through any remembered peer, or becomes a ring of one.
    Task<void> regroup();

private:
    static constexpr std::size_t kMetMax = 4;

    enum class Round { joined, alone_here, first_of_joiners, wait };

    Task<Round> round(Time nobody_until, Time patience_ends);
    Task<bool> join_through(Peer member);
    Task<std::vector<Peer>> from_first_alive(std::vector<Peer> successors);
    std::vector<Endpoint> candidates();

    Context& context_;
    Neighborhood& neighborhood_;
    Lookup& lookup_;
    std::vector<Endpoint> seeds_;
    std::vector<Endpoint> met_;
    int rounds_ = 0;
};

}  // namespace chord
