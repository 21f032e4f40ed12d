#include "node/core/data/strays.hpp"

#include <algorithm>
#include <utility>

namespace chord {

namespace {

// After a change the ring is given time to find its new shape: what is offered too early is offered twice.
constexpr Duration kCalm = std::chrono::milliseconds(500);
constexpr Duration kRoundPause = std::chrono::milliseconds(200);

}  // namespace

void Strays::on_ring_changed() {
    const std::optional<Peer>& predecessor = context_.ring.predecessor();
    const std::optional<Id> now = predecessor ? std::optional(predecessor->id) : std::nullopt;
    if (now == predecessor_) {
        return;
    }
    predecessor_ = now;
    ++changes_;
    failures_ = 0;
    owing_ = true;
    wake_.set();
}

void Strays::on_notify(bool holds_its_arc) {
    if (std::exchange(predecessor_held_, holds_its_arc) && !holds_its_arc) {
        offer_again();
    }
}

void Strays::offer_again() {
    again_ = true;
    if (!owing_) {
        owing_ = true;
        failures_ = 0;
        wake_.set();
    }
}

Task<void> Strays::run() {
    while (true) {
        const Duration retry = std::min(kCalm, context_.options.stabilize_period_unsettled);
        const Duration pause = owing_
                                   ? std::min(retry * (1 << std::min(failures_, 10)), context_.options.reconcile_period)
                                   : context_.options.reconcile_period;
        const bool woken = co_await wake_.wait_until(context_.now() + context_.rng.jittered(pause));
        if (woken || (context_.phase != Phase::solo && context_.phase != Phase::member)) {
            continue;
        }
        const std::uint64_t began = changes_;
        again_ = false;
        const bool done = co_await walk();
        if (began == changes_) {
            owing_ = !done || again_;
            failures_ = done ? 0 : failures_ + 1;
        }
    }
}

// The first key with a live record in (cursor, end].
Result<std::optional<Id>> Strays::next_behind(const Id& cursor, const Id& end) {
    std::optional<Id> found;
    const Status scanned = context_.store.scan(cursor, end, [&](const Id& key, const RecordHead& head) {
        if (head.expires > context_.now()) {
            found = key;
        }
        return !found;
    });
    if (!scanned) {
        ++context_.counters.store_errors;
        return scanned.error();
    }
    return found;
}

// Once round the ring, from this node to its predecessor. False: not everything could be offered.
Task<bool> Strays::walk() {
    const std::uint64_t began = changes_;
    Id cursor = context_.self();
    bool all = true;
    for (std::size_t arcs = 1; !context_.ring.alone(); ++arcs) {
        if (changes_ != began || !predecessor_) {
            co_return false;
        }
        const Id end = *predecessor_;
        const Result<std::optional<Id>> key = next_behind(cursor, end);
        if (!key || !*key) {
            co_return key&& all;
        }
        Result<Route> route = co_await lookup_.find(**key);
        if (!route || !in_open_closed(route->successors.front().id, context_.self(), end)) {
            co_return false;  // an owner inside this node's own arc: the ring has not found its shape yet
        }
        // While two rings become one, a lookup may end at a node that only others take for the owner: one that was
        // offered what is not its own would keep it to itself for a reconcile period. Its own word counts.
        const Peer owner = route->successors.front();
        Result<OwnerReply> word = co_await context_.calls.ask<OwnerReply>(owner, OwnerQuery{**key});
        const bool behind_here = word && word->predecessor &&
                                 (word->predecessor->id == context_.self() ||
                                  in_open_open(word->predecessor->id, context_.self(), owner.id));
        // An arc without the key would take nothing of it, and the walk would come by here for ever.
        if (!behind_here || !word->owner || !in_open_closed(**key, word->predecessor->id, owner.id)) {
            co_return false;
        }
        const Arc arc{word->predecessor->id, owner.id};
        const Reconciler::Outcome offered = co_await reconciler_.reconcile(arc, owner, Reconciler::Direction::offer);
        ++context_.counters.strays_offered;
        all = all && offered.done;
        if (owner.id == end || !in_open_open(owner.id, cursor, end)) {
            co_return all;
        }
        cursor = owner.id;
        if (arcs % kArcsPerRound == 0) {
            co_await context_.scheduler.sleep_for(kRoundPause);
        }
    }
    co_return all;
}

}  // namespace chord
