// Strays: offers the records that this node holds outside its own arc to those who own them. After a merge of two
// rings, or a return with an old disk, they may lie further from their owner than its R-1 replicas, where ArcKeeper
// never looks. Each arc is reconciled towards its owner (fingerprints first, so replicas in their right place cost a
// lookup and one small exchange each); the owner then spreads what it got as it does any change. Nothing is ever
// removed here.
//
// Invariants
//  1. Every record that this node holds outside its arc is offered soon after its arc has changed, its
//     predecessor has come back or a neighbour has left, and again every reconcile_period; a walk that could not finish
//     is repeated, with growing pauses.
//  2. offered() holds only if a whole walk has ended well since the last change of the arc: each record went to a node
//  that
//     said that it owns it.
//  3. A walk has one arc under way at a time and pauses after each kArcsPerRound of them.
//
// What a read promises around a merge. While a ring is one, "nothing" and a value are the truth (reader.hpp). When two
// rings have become one, the new owner of an arc may be complete in the sense of its own old ring only: a read may
// then answer "nothing", or this side's value though the other side's is greater. It cannot do so for ever: whoever
// owned the key on the other side now has a nearer predecessor, so its arc has changed, and by 1 it offers the record
// to the owner, where the greater version stands from then on (conflict_log.hpp keeps the loser). Once the ring is
// ideal and every member settled, every read answers the greatest acknowledged version of all sides.
#pragma once

#include "node/core/context.hpp"
#include "node/core/data/reconciler.hpp"
#include "node/core/ring/lookup.hpp"

namespace chord {

class Strays {
public:
    static constexpr std::size_t kArcsPerRound = 16;

    Strays(Context& context, Reconciler& reconciler, Lookup& lookup)
        : context_(context), reconciler_(reconciler), lookup_(lookup), wake_(context.scheduler) {}

    /// Goes on for the life of the node.
    Task<void> run();

    /// The neighbours have changed; it matters here when the own arc has.
    void on_ring_changed();

    /// The predecessor says whether it holds its arc. If it no longer does, it has begun anew, perhaps without its
    /// disk: this node may hold copies of what others own, and be the only one to know.
    void on_notify(bool holds_its_arc);
    /// A neighbour has left after handing over what it took for its arc.
    void offer_again();

    bool offered() const { return !owing_; }

private:
    Task<bool> walk();
    Result<std::optional<Id>> next_behind(const Id& cursor, const Id& end);

    Context& context_;
    Reconciler& reconciler_;
    Lookup& lookup_;
    Signal wake_;
    std::optional<Id> predecessor_;
    bool predecessor_held_ = true;  // its arc, as it said last
    std::uint64_t changes_ = 0;     // of the own arc
    bool again_ = false;            // there was a reason to walk once more while one was under way
    int failures_ = 0;              // walks in a row that could not finish
    bool owing_ = true;
};

}  // namespace chord
