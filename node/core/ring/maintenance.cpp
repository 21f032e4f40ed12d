#include "node/core/ring/maintenance.hpp"

#include <algorithm>
#include <string>

namespace chord {

namespace {

constexpr std::string_view kPeersName = "peers";
constexpr Duration kPersistPeriod = std::chrono::seconds(10);
// A stabilize that keeps losing its first successor starts over at most this often before it waits for the next period.
constexpr std::size_t kStabilizeTries = kSuccessorsMax + 4;
// From one round to one that a nudge asks for. A round is several datagrams, a nudge is one.
constexpr Duration kNudgeFloor = std::chrono::milliseconds(100);

}  // namespace

Maintenance::Maintenance(Context& context, Lookup& lookup, Data data)
    : context_(context),
      data_(std::move(data)),
      neighborhood_(context, data_.on_change),
      join_(context, neighborhood_, lookup),
      merge_(context, neighborhood_, lookup, data_.on_lost_place),
      detector_(context, neighborhood_,
                [this](const Peer& peer) {
                    if (context_.ring.predecessor() == peer) {
                        context_.scheduler.spawn(examine_predecessor());  // two have not heard it
                    }
                }),
      finger_repair_(context, lookup),
      wake_(context.scheduler) {}

void Maintenance::start(std::vector<Endpoint> seeds) {
    if (const std::optional<Bytes> peers = context_.store.meta(kPeersName)) {
        context_.peers.restore(*peers);
    }
    neighborhood_.restore_ring_size();
    persisted_revision_ = context_.peers.revision();
    join_.set_seeds(std::move(seeds));
    if (context_.phase != Phase::joining) {
        finger_repair_.assume_complete();
    }
    context_.scheduler.spawn(run());
    context_.scheduler.spawn(finger_repair_.run());
}

Task<void> Maintenance::run() {
    bool joined = context_.phase == Phase::joining;
    if (joined) {
        co_await join_.run();
    } else {
        neighborhood_.follow();
        context_.pace.assume_settled(context_.now());
        const auto period = static_cast<std::uint64_t>(context_.options.stabilize_period.count());
        co_await wake_.wait_until(context_.now() + Duration(static_cast<std::int64_t>(context_.rng.below(period))));
    }
    context_.pace.began(context_.now());
    while (context_.phase != Phase::gone) {
        const Time began = context_.now();
        co_await stabilize();
        if (joined) {
            // Only now: the predecessor finds this node through the successor, which has just been notified.
            if (context_.ring.predecessor()) {
                context_.scheduler.spawn(context_.calls.tell(*context_.ring.predecessor(), Nudge{}));
            }
            finger_repair_.refill();
            joined = false;
        }
        co_await check_predecessor();
        co_await merge_.take_hint();
        if (context_.now() >= next_probe_) {
            co_await merge_.probe(join_.seeds());
            next_probe_ = context_.now() + context_.rng.jittered(probe_period());
        }
        persist();
        const Time next = merge_.has_work() ? context_.now() : next_round();
        const bool woken = co_await wake_.wait_until(next);
        if (!woken) {
            detector_.health().timer_ran(next, context_.now());
        } else if (nudged_) {
            co_await context_.scheduler.sleep_until(began + kNudgeFloor);
        }
    }
}

// Where the neighbours have just changed there may be two rings: look for the other one sooner. A ring of one does
// always; in a large one there are enough others who look.
Duration Maintenance::probe_period() const {
    const Duration sooner = 2 * context_.options.stabilize_period_unsettled;
    const bool hurried = context_.pace.unsettled(context_.now()) && neighborhood_.is_small_ring();
    return hurried || context_.ring.alone() ? std::min(sooner, context_.options.probe_period)
                                            : context_.options.probe_period;
}

Time Maintenance::next_round() {
    const Time next =
        context_.now() + context_.rng.jittered(context_.pace.period(context_.now()), context_.options.jitter_percent);
    return std::min(next, std::max(context_.now(), context_.passive.next_second_look()));
}

Task<void> Maintenance::stabilize() {
    ++context_.counters.stabilizations;
    const bool had_successors = !context_.ring.alone() || std::exchange(lost_last_, false);
    for (std::size_t attempt = 0; attempt < kStabilizeTries && !context_.ring.alone(); ++attempt) {
        const Id first = context_.ring.successors().front().id;
        const bool done = co_await stabilize_once();
        // A nearer successor was found: there may be one nearer still, as when many join in one gap.
        if (done && (context_.ring.alone() || context_.ring.successors().front().id == first)) {
            co_return;
        }
    }
    if (had_successors && context_.ring.alone() && context_.phase != Phase::leaving) {
        co_await join_.regroup();
    }
}

Task<bool> Maintenance::stabilize_once() {
    RingState& ring = context_.ring;
    Peer first = ring.successors().front();
    std::uint64_t operation = neighborhood_.begin();
    Result<StateReply> reply = co_await detector_.state_of(first, Notify{data_.holds_its_arc()});
    if (!reply) {
        if (means_failed(reply.error())) {
            neighborhood_.fail(first);
        }
        neighborhood_.end(operation);
        co_return !means_failed(reply.error());
    }
    if (!ring.alone() && ring.successors().front().id == first.id) {
        first = ring.successors().front();  // it may have answered at another address
    }
    neighborhood_.learn(*reply);
    if (!reply->predecessor || in_open_open(context_.self(), reply->predecessor->id, first.id)) {
        // It does not have this node before it: this is a join, or it took this node for dead, and writes for its arc.
        data_.on_lost_place();
    }
    const bool applied = neighborhood_.still(operation) && ring.stabilize_from_successor(first, reply->successors);
    neighborhood_.follow();
    neighborhood_.end(operation);
    if (!applied) {
        co_return false;
    }
    // StabilizeFromPredecessor: a second event, with its own query and its own precondition.
    const std::optional<Peer> between = reply->predecessor;
    if (between && in_open_open(between->id, context_.self(), first.id)) {
        operation = neighborhood_.begin();
        Result<StateReply> closer = co_await detector_.state_of(*between, std::nullopt);
        if (closer && neighborhood_.still(operation)) {
            neighborhood_.learn(*closer);
            ring.stabilize_from_predecessor(*between, closer->successors, first);
            neighborhood_.follow();
        }
        neighborhood_.end(operation);
    }
    // A successor that has this node before it was notified by the query.
    const bool notified = reply->predecessor && reply->predecessor->id == context_.self();
    if (!ring.alone() && !(notified && ring.successors().front() == first)) {
        co_await detector_.notify(ring.successors().front(), Notify{data_.holds_its_arc()});
    }
    co_return true;
}

Task<void> Maintenance::check_predecessor() {
    const std::optional<Peer> predecessor = context_.ring.predecessor();
    if (!predecessor) {
        co_return;
    }
    // A predecessor that notifies in time is alive, unless somebody says that it is not. Its own period is no shorter
    // than churn makes it, and jittered.
    const Duration in_time = context_.pace.period_of_churn(context_.now()) * 3 / 2;
    if (!std::exchange(nudged_, false) && context_.now() - predecessor_heard_ < in_time) {
        co_return;
    }
    co_await examine_predecessor();
}

Task<void> Maintenance::examine_predecessor() {
    if (std::exchange(examining_, true)) {
        co_return;
    }
    if (const std::optional<Peer> present = context_.ring.predecessor()) {
        const Status there = co_await detector_.check(*present);
        if (there) {
            predecessor_heard_ = context_.now();
        } else if (means_failed(there.error()) && context_.ring.predecessor() == present) {
            neighborhood_.fail(*present);
            if (claimant_) {
                context_.ring.rectify(*claimant_);
                neighborhood_.follow();
            }
        }
    }
    claimant_.reset();
    examining_ = false;
}

void Maintenance::on_nudge() {
    nudged_ = true;
    wake_.set();
}

void Maintenance::on_notify(const Peer& notifier) {
    if (!context_.is_member()) {
        return;
    }
    if (context_.ring.alone() && context_.phase != Phase::leaving) {
        context_.ring.merge(notifier, {});  // first contact of a ring of one (2.6); the notifier just talked to us
        wake_.set();
    }
    const std::optional<Peer> before = context_.ring.predecessor();
    if (context_.ring.rectify(notifier)) {
        predecessor_heard_ = context_.now();
        if (before && before->id != notifier.id) {
            // The notifier may not know of it, as when both have joined in one gap.
            context_.scheduler.spawn(context_.calls.tell(*before, Nudge{}));
        }
    } else {
        claimant_ = notifier;
        context_.scheduler.spawn(examine_predecessor());
    }
    neighborhood_.follow();
}

Task<void> Maintenance::rectify_if_alive(Peer hinted) {
    Result<Ack> ack = co_await context_.calls.ask<Ack>(hinted, Ping{});
    if (ack) {
        context_.ring.rectify(hinted);
        neighborhood_.follow();
    }
}

Task<void> Maintenance::on_vouch(Peer witness, Vouch vouch) {
    if (vouch.notifier.id == context_.self() || vouch.notifier.id == witness.id || vouches_ == kVouchesMax) {
        co_return;
    }
    if (context_.ring.predecessor() != vouch.notifier) {
        ++vouches_;
        Result<Ack> ack = co_await context_.calls.ask<Ack>(vouch.notifier, Ping{});
        --vouches_;
        if (!ack) {
            // The witness has just heard it, which is as good as an answer: the path is broken, not the node.
            detector_.note_path_fault(vouch.notifier, witness);
        }
    }
    on_notify(vouch.notifier);
}

void Maintenance::on_return(const Peer& peer) {
    if (!context_.passive.contains(peer.id)) {
        return;
    }
    context_.passive.remove(peer.id);
    ++context_.counters.refutations;
    detector_.health().refuted();
    if (!context_.ring.is_neighbor(peer.id)) {
        on_hint(Hint{peer, 0});
    }
}

void Maintenance::on_hint(const Hint& hint) {
    if (merge_.on_hint(hint)) {
        wake_.set();
    }
}

void Maintenance::meet(const Endpoint& address) {
    if (context_.phase == Phase::joining) {
        join_.meet(address);
    } else {
        merge_.meet(address);
        wake_.set();
    }
}

void Maintenance::expel(const Id& peer) {
    if (peer == context_.self()) {
        return;
    }
    context_.outcasts.add(peer);
    const bool was_neighbor = context_.ring.is_neighbor(peer);
    merge_.forget(peer);
    detector_.forget(peer);
    if (claimant_ && claimant_->id == peer) {
        claimant_.reset();
    }
    neighborhood_.expel(peer);
    if (persisted_revision_ != context_.peers.revision()) {
        write_peers();  // now: a restart in the next seconds must not bring it back
    }
    if (was_neighbor) {
        lost_last_ = lost_last_ || context_.ring.alone();
        wake_.set();
    }
}

void Maintenance::on_leave_notice(const Peer& leaver, const LeaveNotice& notice) {
    const bool was_predecessor = context_.ring.predecessor() && context_.ring.predecessor()->id == leaver.id;
    const bool was_neighbor = context_.ring.is_neighbor(leaver);
    for (const Peer& peer : notice.successors) {
        context_.peers.heard_of(peer);
    }
    if (!was_neighbor) {
        return;
    }
    neighborhood_.fail(leaver);
    context_.passive.remove(leaver.id);  // it said so itself: nothing to refute
    // Remembered all the same: most leave to be restarted. Lookups pass over it for now.
    context_.peers.silent(leaver.id, context_.now() + context_.options.suspect_for);
    // It left in order, with its data handed over, so the ring is smaller by right and the write quorum may follow.
    // Not so when this node is leaving too: then each may have handed its data to the other.
    if (context_.phase != Phase::leaving) {
        const std::uint64_t left =
            std::max<std::uint64_t>(context_.ring.successors().size() + 1, context_.ring_size_confirmed - 1);
        neighborhood_.confirm_ring_size(std::min<std::uint64_t>(left, context_.options.replicas));
    }
    if (was_predecessor && notice.predecessor && notice.predecessor->id != context_.self()) {
        context_.scheduler.spawn(rectify_if_alive(*notice.predecessor));
    }
    lost_last_ = context_.ring.alone();
    wake_.set();
}

Task<void> Maintenance::leave() {
    const RingState& ring = context_.ring;
    context_.phase = Phase::leaving;
    const LeaveNotice notice{ring.predecessor(), ring.successors()};
    Gather told(context_.calls, context_.durability);
    if (ring.predecessor()) {
        told.start(*ring.predecessor(), notice);
    }
    if (!ring.alone() && ring.successors().front() != ring.predecessor()) {
        told.start(ring.successors().front(), notice);
    }
    while (told.outstanding() > 0) {
        co_await told.next();
    }
    vanish();
}

void Maintenance::vanish() {
    context_.phase = Phase::gone;
    context_.network.set_member(false);
    wake_.set();
}

void Maintenance::persist() {
    // Peers come and go all the time; flash does not like each change.
    if (persisted_revision_ != context_.peers.revision() && context_.now() >= next_persist_) {
        write_peers();
    }
}

void Maintenance::write_peers() {
    context_.store.put_meta(kPeersName, context_.peers.serialized());
    persisted_revision_ = context_.peers.revision();
    next_persist_ = context_.now() + kPersistPeriod;
}

}  // namespace chord
