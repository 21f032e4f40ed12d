#include "node/core/data/arc_keeper.hpp"

#include <algorithm>
#include <utility>

namespace chord {

namespace {

constexpr Duration kRetry = std::chrono::milliseconds(200);
constexpr Duration kYoung = std::chrono::seconds(30);

}  // namespace

std::optional<Arc> ArcKeeper::owned() const {
    const RingState& ring = context_.ring;
    if (ring.alone()) {
        return Arc{context_.self(), context_.self()};
    }
    if (!ring.predecessor()) {
        return std::nullopt;
    }
    return Arc{ring.predecessor()->id, context_.self()};
}

std::vector<Peer> ArcKeeper::replicas(std::size_t count) const {
    std::vector<Peer> first = context_.ring.successors();
    first.resize(std::min(first.size(), count));
    return first;
}

bool ArcKeeper::complete(const Id& key) const {
    return complete_from_ && in_open_closed(key, *complete_from_, context_.self());
}

bool ArcKeeper::complete(const Arc& arc) const {
    return within(arc, complete_from_);
}

bool ArcKeeper::within(const Arc& arc, const std::optional<Id>& from) const {
    if (!from || !in_open_closed(arc.to, *from, context_.self())) {
        return false;
    }
    // arc.from may be the very start of the outer arc, and must not lie clockwise behind arc.to.
    return *from == context_.self() || arc.from == *from ||
           (arc.from != arc.to && in_open_open(arc.from, *from, arc.to));
}

bool ArcKeeper::holds_its_arc() const {
    const std::optional<Arc> arc = owned();
    return arc && complete(*arc);
}

bool ArcKeeper::settled() const {
    const std::vector<Peer> holders = replicas(context_.options.replicas - 1);
    return holds_its_arc() && !dirty_ && refilled_ &&
           std::all_of(holders.begin(), holders.end(), [&](const Peer& holder) { return agrees(holder); });
}

bool ArcKeeper::is_replica(const Peer& peer) const {
    const std::vector<Peer> holders = replicas(context_.options.replicas - 1);
    return std::find(holders.begin(), holders.end(), peer) != holders.end();
}

bool ArcKeeper::agrees(const Peer& holder) const {
    return std::find(agreed_.begin(), agreed_.end(), holder) != agreed_.end();
}

void ArcKeeper::on_ring_changed() {
    const std::optional<Peer>& predecessor = context_.ring.predecessor();
    const bool grown =
        last_predecessor_ && (!predecessor || in_open_open(*last_predecessor_, predecessor->id, context_.self()));
    if (grown && complete(*last_predecessor_)) {
        complete_from_ = last_predecessor_;  // what lies before it was written without this node for a while
    }
    // What a predecessor that held its arc leaves behind, this node and the next ones hold.
    const bool inherited = grown && left_complete_ == last_predecessor_;
    if (predecessor) {
        // A node that has just come may know a farther one first, and nothing of the arc between.
        began_ = began_.value_or(context_.now());
        const bool young = context_.now() < *began_ + kYoung;
        refilled_ = refilled_ && (!young || last_predecessor_ == predecessor->id);
        last_predecessor_ = predecessor->id;
    }
    dirty_ = dirty_ || grown;
    // Others hold the copies for a while: that the same ones as before come back soon does not make them agree again.
    std::erase_if(agreed_, [this](const Peer& peer) { return !is_replica(peer); });
    // Further off, nobody holds this arc, unless several have joined in between.
    std::vector<Peer> near = replicas(context_.options.replicas);
    if (predecessor) {
        near.push_back(*predecessor);
    }
    if (near != near_) {
        near_ = std::move(near);
        near_changed_ = context_.now();
        searched_ = inherited;
        failures_ = 0;
    }
    wake_.set();
}

void ArcKeeper::on_predecessor_complete(const Id& predecessor) {
    left_complete_ = predecessor;
    if (complete_from_ && predecessor != context_.self() && complete(predecessor)) {
        if (!held_from_ || quiet()) {
            held_from_ = complete_from_;
        }
        complete_from_ = predecessor;
    }
}

void ArcKeeper::doubt() {
    complete_from_.reset();
    held_from_.reset();
    was_complete_ = false;
    mark_dirty();
}

void ArcKeeper::mark_dirty() {
    dirty_ = true;
    wake_.set();
}

void ArcKeeper::assume_settled() {
    if (const std::optional<Arc> arc = owned()) {
        complete_from_ = arc->from;
        last_predecessor_ = arc->from;
        was_complete_ = true;
        dirty_ = false;
        refilled_ = true;
        agreed_ = replicas(context_.options.replicas - 1);
    }
}

Task<void> ArcKeeper::run() {
    while (true) {
        const bool retry = context_.is_member() && !settled();
        const Duration pause =
            retry ? std::min(kRetry * (1 << std::min(failures_, 10)), context_.options.reconcile_period)
                  : context_.options.reconcile_period;
        const bool woken = co_await wake_.wait_until(context_.now() + context_.rng.jittered(pause));
        const std::optional<Arc> arc = owned();
        if (context_.phase != Phase::solo && context_.phase != Phase::member) {
            continue;
        }
        if (context_.ring.alone() && context_.ring_size_confirmed == 1) {
            was_complete_ = true;
            complete_from_ = context_.self();  // nobody else has ever held anything, or they handed it over
            dirty_ = false;
            refilled_ = true;
            continue;
        }
        if (!arc || context_.ring.alone() || (woken && settled())) {
            continue;
        }
        const bool by_the_clock = settled();
        if (std::exchange(dirty_, false) || !complete(*arc)) {
            agreed_.clear();
        }
        std::vector<Peer> holders = replicas(context_.options.replicas - 1);
        if (!by_the_clock) {
            std::erase_if(holders, [this](const Peer& holder) { return agrees(holder); });
        }
        const Settled settled_now = co_await settle(*arc, std::move(holders));
        const bool agreed = settled_now.done && owned() == arc;
        if (agreed) {
            // After a crash there is no complete holder left, and the replicas just asked have everything. But after a
            // restart of all they may still be on their way.
            if (!complete(*arc) && (settled_now.complete || was_complete_ || quiet())) {
                complete_from_ = arc->from;
                was_complete_ = true;
                on_complete_();
            }
        }
        if (agreed && !refilled_) {
            refilled_ = co_await refill();
        }
        failures_ = settled() ? 0 : failures_ + 1;
    }
}

bool ArcKeeper::quiet() const {
    const NodeOptions& options = context_.options;
    return context_.now() >= near_changed_ + std::max(options.join_patience, 2 * options.stabilize_period_unsettled);
}

Task<ArcKeeper::Settled> ArcKeeper::settle(Arc arc, std::vector<Peer> holders) {
    ++context_.counters.reconciliations;
    bool complete_holder = complete(arc);
    bool all = true;
    for (std::size_t i = 0; i < holders.size(); ++i) {
        const Peer& holder = holders[i];
        const Time began = context_.now();
        // Up to a complete holder, each must have taken the one before it for its predecessor (invariant 3).
        const bool in_line = complete_holder || i == 0 || co_await follows(holder, holders[i - 1]);
        const Reconciler::Outcome reconciled = co_await reconciler_.reconcile(arc, holder, Reconciler::Direction::both);
        const bool placed =
            complete_holder || i > 0 ? reconciled.place != SyncPlace::owner : reconciled.place == SyncPlace::successor;
        complete_holder = complete_holder || reconciled.complete;
        std::erase(agreed_, holder);
        dirty_ = dirty_ || (reconciled.news && !agreed_.empty());  // what came from one, the others lack
        if (reconciled.done && in_line && placed && near_changed_ <= began && is_replica(holder)) {
            agreed_.push_back(holder);
        } else {
            all = false;
        }
    }
    if (all && !complete_holder && !std::exchange(searched_, true)) {
        complete_holder = co_await search_complete_holder(arc, holders);
    }
    co_return Settled{all, complete_holder};
}

// From the R-1 arcs before the own one, each from its owner.
Task<bool> ArcKeeper::refill() {
    const std::optional<Peer> first = context_.ring.predecessor();
    std::optional<Peer> owner = first;
    for (std::size_t i = 1; i < context_.options.replicas && owner && owner->id != context_.self(); ++i) {
        Result<OwnerReply> state = co_await context_.calls.ask<OwnerReply>(*owner, OwnerQuery{owner->id});
        if (!state || !state->predecessor) {
            co_return false;
        }
        const Arc arc{state->predecessor->id, owner->id};
        if (in_open_closed(context_.self(), arc.from, arc.to)) {
            co_return false;  // it has not found its place yet, and what it holds of the own arc is settle()'s business
        }
        const Reconciler::Outcome pulled = co_await reconciler_.reconcile(arc, *owner, Reconciler::Direction::pull);
        if (!pulled.done) {
            co_return false;
        }
        owner = state->predecessor;
    }
    co_return owner.has_value() && context_.ring.predecessor() == first;
}

// Whether `peer` knows of nobody between `before` and itself.
Task<bool> ArcKeeper::follows(Peer peer, Peer before) {
    const Result<OwnerReply> state = co_await context_.calls.ask<OwnerReply>(peer, OwnerQuery{peer.id});
    co_return state && state->predecessor && state->predecessor->id == before.id;
}

// Several nodes may have joined in one gap before the first of them had its data: then the records of this arc lie
// further along the ring. After a crash there is no complete holder, and the replicas just asked have everything.
Task<bool> ArcKeeper::search_complete_holder(Arc arc, std::vector<Peer> asked) {
    std::vector<Peer> next = context_.ring.successors();
    for (std::size_t i = 0; i < next.size() && i < kWalkMax; ++i) {
        const Peer peer = next[i];
        if (std::find(asked.begin(), asked.end(), peer) == asked.end()) {
            Reconciler::Outcome reconciled;
            if (i == 0 || co_await follows(peer, next[i - 1])) {
                reconciled = co_await reconciler_.reconcile(arc, peer, Reconciler::Direction::pull);
            }
            dirty_ = dirty_ || reconciled.news;  // the holders lack it
            if (!reconciled.done || reconciled.place == SyncPlace::owner) {
                searched_ = false;  // who is silent may be the one, or there is one that is not known yet
                co_return false;
            }
            if (reconciled.complete) {
                co_return true;
            }
        }
        if (i + 1 == next.size()) {
            Result<StateReply> state = co_await context_.calls.ask<StateReply>(peer, StateQuery{});
            if (!state) {
                searched_ = false;
                co_return false;
            }
            for (const Peer& further : state->successors) {
                if (in_open_open(further.id, peer.id, context_.self())) {
                    next.push_back(further);
                } else {
                    break;
                }
            }
        }
    }
    co_return false;
}

Response ArcKeeper::on_sync_query(const Id& asker, const SyncQuery& query) {
    const Arc arc{query.from, query.to};
    Result<ArcSummary> summary = summarize(context_.store, arc, context_.now());
    if (!summary) {
        return Refusal{summary.error(), {}};
    }
    SyncReply reply;
    // A joiner behind the predecessor asks everybody in between, too: it needs who held the arc before them all.
    reply.complete = complete(arc) || (within(arc, held_from_) && !quiet());
    if (context_.is_member() && context_.ring.owns(query.to)) {
        reply.place = SyncPlace::owner;
    } else if (context_.ring.predecessor() && context_.ring.predecessor()->id == asker) {
        reply.place = SyncPlace::successor;
    }
    if (summary->count <= kSyncItemsMax) {
        reply.items = std::move(summary->items);
    } else {
        reply.buckets = std::move(summary->buckets);
    }
    return reply;
}

Task<bool> ArcKeeper::hand_over(std::size_t holders) {
    const std::optional<Arc> arc = owned();
    if (!arc || context_.ring.alone()) {
        co_return false;
    }
    bool all = true;
    for (const Peer& holder : replicas(holders)) {
        const Reconciler::Outcome reconciled =
            co_await reconciler_.reconcile(*arc, holder, Reconciler::Direction::both);
        all = all && reconciled.done;
    }
    co_return all;
}

}  // namespace chord
