// ArcKeeper: sees to it that the arc this node owns is complete here and held by its R-1 replicas. Whatever changed
// (a join, a leave, a crash, a return with an old disk), the remedy is the same: the owner reconciles its arc with
// each of its first R-1 successors, which pulls what it lacks and pushes what they lack (PROTOCOL-NOTES 7). Only what
// differs moves.
//
// Invariants
//  1. complete(key) holds only for keys in an arc of which this node holds every acknowledged record.
//  2. A predecessor that joins takes its part of the arc over, but this node goes on answering for that part as a
//     complete holder until the predecessor says (Notify::holds_its_arc) that it holds it.
//  3. A joiner's arc is complete only when it was reconciled after its successor had taken it for its predecessor, and
//     so on up to a complete holder: before that one of them, or one in between that the joiner has not heard of, still
//     accepts writes for that arc.
//  4. A node that restarted, and finds no complete holder because the others did too, does not take what it finds for
//     everything until its neighbours have been the same for a while.
//  5. An arc that grows is not complete until it has been reconciled with the successors, who were its replicas.
//  6. After its start, and when its predecessor changes soon after, a node asks the owners before it for what it holds
//     for them. A replica that was away for a moment and is back with less than it had is missed by nobody: the owners
//     see the neighbours they had.
//  7. settled() holds only when each present replica has agreed in a round that ended well, has been a replica ever
//     since, the arc has not grown and no copy is known to miss; what one brought, or was found further off, is given
//     to all of them.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "node/core/context.hpp"
#include "node/core/data/arc_summary.hpp"
#include "node/core/data/reconciler.hpp"

namespace chord {

class ArcKeeper {
public:
    /// A joiner that finds no complete holder asks on along the ring up to this many nodes.
    static constexpr std::size_t kWalkMax = 16;

    /// `on_complete` runs when the owned arc has become complete here: the neighbours should know soon.
    ArcKeeper(Context& context, Reconciler& reconciler, std::function<void()> on_complete)
        : context_(context), reconciler_(reconciler), on_complete_(std::move(on_complete)), wake_(context.scheduler) {}

    /// Goes on for the life of the node.
    Task<void> run();

    /// Before run(): this node has held its arc, and agreed with its replicas, for long.
    void assume_settled();

    void on_ring_changed();
    /// The predecessor holds its own arc.
    void on_predecessor_complete(const Id& predecessor);
    /// Others may have taken writes for this arc without this node: nothing is complete until it was reconciled again.
    void doubt();
    /// A copy is missing somewhere: reconcile soon.
    void mark_dirty();

    /// Whether this node holds every record of an arc around `key`; with `arc`, of the whole of it.
    bool complete(const Id& key) const;
    bool complete(const Arc& arc) const;
    /// Whether this node holds every record of the arc that it owns.
    bool holds_its_arc() const;
    /// Whether, besides, the replicas agree.
    bool settled() const;

    /// What this node answers to SyncQuery.
    Response on_sync_query(const Id& asker, const SyncQuery& query);

    /// Hands the owned arc to the first `holders` successors, before a leave. Ends early with false if one is silent.
    Task<bool> hand_over(std::size_t holders);

private:
    std::optional<Arc> owned() const;
    // Whether `arc` lies in (from, self].
    bool within(const Arc& arc, const std::optional<Id>& from) const;
    std::vector<Peer> replicas(std::size_t count) const;
    struct Settled {
        bool done = false;      // every holder agrees with this node
        bool complete = false;  // one of the nodes asked held the whole arc
    };

    Task<Settled> settle(Arc arc, std::vector<Peer> holders);
    Task<bool> refill();
    Task<bool> follows(Peer peer, Peer before);
    Task<bool> search_complete_holder(Arc arc, std::vector<Peer> asked);
    bool is_replica(const Peer& peer) const;
    bool agrees(const Peer& holder) const;
    bool quiet() const;

    Context& context_;
    Reconciler& reconciler_;
    std::function<void()> on_complete_;
    Signal wake_;
    std::optional<Id> complete_from_;  // complete for (complete_from_, self]
    std::optional<Id> held_from_;      // as that was before predecessors came and held their arcs, until all is quiet
    std::optional<Id> last_predecessor_;
    std::optional<Id> left_complete_;  // the last predecessor that held its arc
    std::vector<Peer> near_;           // predecessor and first R successors
    Time near_changed_{};
    bool searched_ = false;      // for a complete holder further off, in vain or without need, since they are the same
    bool was_complete_ = false;  // at any time since the start, or the last doubt
    int failures_ = 0;           // of reconciliation in a row
    bool dirty_ = true;
    std::optional<Time> began_;  // with the first predecessor
    bool refilled_ = false;      // see invariant 6
    std::vector<Peer> agreed_;   // replicas, each after a round, and since then without a pause
};

}  // namespace chord
