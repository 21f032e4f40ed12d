// EventRing's events: Zave's operations and ours, step by step.
#include <algorithm>

#include "node/core/base/check.hpp"
#include "tests/sim/event_ring.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kHintsMax = 64;  // one more is lost, like a datagram
constexpr int kHintHops = 8;

}  // namespace

bool EventRing::dispatch(const Event& event) {
    if (event.kind == EventKind::hint) {
        return hint(event.node);
    }
    const std::size_t node = event.node;
    CHORD_CHECK(node < nodes_.size() && event.other < nodes_.size());
    switch (event.kind) {
        case EventKind::join: return join(node, event.other);
        case EventKind::revive: return revive(node);
        default: break;
    }
    if (!member(node)) {
        return false;
    }
    switch (event.kind) {
        case EventKind::stabilize: return stabilize(node);
        case EventKind::stabilize_second: return stabilize_second(node);
        case EventKind::notify: return notify(node);
        case EventKind::nudge: return nudge(node);
        case EventKind::leave: return leave(node);
        case EventKind::check_predecessor: return check_predecessor(node);
        case EventKind::probe: return probe(node, event.other);
        default: break;
    }
    if (!may_vanish(node)) {
        return false;
    }
    vanish(node, event.kind == EventKind::restart);
    return true;
}

void EventRing::queue_hint(std::size_t at, std::size_t candidate, int hops_left) {
    if (at != candidate && hops_left > 0 && hints_.size() < kHintsMax) {
        hints_.push_back({at, candidate, hops_left});
    }
}

// One query (of the present predecessor, if it stands in the way) and one local change. Somebody who notifies a node
// that is alone is its first contact and becomes its successor too: it just talked to us.
void EventRing::rectify(std::size_t at, std::size_t notifier) {
    Node& node = nodes_[at];
    const Peer peer = nodes_[notifier].ring.self();
    contact(at, notifier);
    if (node.ring.alone()) {
        node.ring.merge(peer, {});
    }
    if (!node.ring.rectify(peer) && !member(index(node.ring.predecessor()->id))) {
        node.ring.drop_predecessor();
        node.ring.rectify(peer);
    }
}

bool EventRing::join(std::size_t joiner, std::size_t via) {
    return nodes_[joiner].alive && !nodes_[joiner].member && member(via) && join_through(joiner, via);
}

bool EventRing::join_through(std::size_t joiner, std::size_t via) {
    Node& node = nodes_[joiner];
    contact(joiner, via);
    const std::size_t before = lookup_predecessor(via, node.ring.self().id);
    if (before == joiner) {
        return false;  // the way leads back to a node that is joining again
    }
    contact(joiner, before);
    std::vector<Peer> after = nodes_[before].ring.successors();
    if (variant_ == Variant::padded_join) {
        after.push_back(nodes_[before].ring.self());
    }
    if (!node.ring.join_after(nodes_[before].ring.self(), after)) {
        return false;
    }
    node.member = true;
    node.last_of_ring = node.last_of_ring || nodes_[before].last_of_ring;
    node.nudge = before;
    return true;
}

// The list ran empty. The predecessor, if it answers, is a live successor too (the last one, clockwise); its own list
// is no help, as it may name the same dead nodes again. Otherwise joins again through anybody met before, or is a ring
// of one.
void EventRing::regroup(std::size_t i) {
    nodes_[i].last_of_ring = true;  // its entries had all died before, so it was that already
    RingState& ring = nodes_[i].ring;
    if (variant_ != Variant::lost_regroup && ring.predecessor() && member(index(ring.predecessor()->id))) {
        const std::size_t before = index(ring.predecessor()->id);
        contact(i, before);
        ring.merge(nodes_[before].ring.self(), nodes_[before].ring.successors());
        return;
    }
    for (std::size_t k = 1; k < nodes_.size(); ++k) {
        const std::size_t via = (i + k) % nodes_.size();
        if (met(i, via) && join_through(i, via)) {
            return;
        }
    }
    ring.reset();
}

bool EventRing::stabilize(std::size_t i) {
    Node& node = nodes_[i];
    RingState& ring = node.ring;
    node.second.reset();
    if (ring.alone()) {
        return false;
    }
    while (!ring.alone() && !member(index(ring.successors().front().id))) {
        const Id dead = ring.successors().front().id;
        ring.drop(dead);
    }
    if (ring.alone()) {
        regroup(i);
        return true;
    }
    const std::size_t first = index(ring.successors().front().id);
    const RingState& answer = nodes_[first].ring;
    contact(i, first);
    CHORD_CHECK(ring.stabilize_from_successor(answer.self(), answer.successors()));
    const std::optional<Peer>& told = answer.predecessor();
    if (!told || !in_open_open(told->id, ring.self().id, answer.self().id)) {
        node.notify = first;
        return true;
    }
    if (variant_ == Variant::adopt_unanswered) {
        const std::vector<Peer> rest(ring.successors().begin() + 1, ring.successors().end());
        ring.stabilize_from_predecessor(*told, rest, answer.self());
        node.notify = index(told->id);
        return true;
    }
    node.second = index(told->id);
    node.second_first = first;
    return true;
}

bool EventRing::stabilize_second(std::size_t i) {
    Node& node = nodes_[i];
    if (!node.second) {
        return false;
    }
    const std::size_t between = *node.second;
    node.second.reset();
    if (member(between)) {
        contact(i, between);
        const RingState& answer = nodes_[between].ring;
        node.ring.stabilize_from_predecessor(answer.self(), answer.successors(), nodes_[node.second_first].ring.self());
    }
    if (!node.ring.alone()) {
        node.notify = index(node.ring.successors().front().id);
    }
    return true;
}

bool EventRing::notify(std::size_t i) {
    Node& node = nodes_[i];
    if (!node.notify) {
        return false;
    }
    const std::size_t to = *node.notify;
    node.notify.reset();
    if (to != i && member(to)) {
        rectify(to, i);
    }
    return true;
}

bool EventRing::nudge(std::size_t i) {
    if (!nodes_[i].nudge) {
        return false;
    }
    const std::size_t to = *nodes_[i].nudge;
    nodes_[i].nudge.reset();
    return member(to) && stabilize(to);
}

// The notices are hints: who has the leaver in front of other successors drops it and will stabilize against the next;
// who has it as predecessor asks the leaver's own predecessor, and adopts it only because it answers.
bool EventRing::leave(std::size_t i) {
    if (!may_vanish(i)) {
        return false;
    }
    const RingState last = nodes_[i].ring;
    vanish(i, false);
    if (last.predecessor()) {
        const std::size_t before = index(last.predecessor()->id);
        if (member(before) && nodes_[before].ring.successors().size() > 1) {
            nodes_[before].ring.drop(last.self().id);
        }
    }
    if (!last.alone()) {
        RingState& after = nodes_[index(last.successors().front().id)].ring;
        if (member(index(after.self().id)) && after.predecessor() && after.predecessor()->id == last.self().id) {
            after.drop_predecessor();
            if (last.predecessor() && member(index(last.predecessor()->id))) {
                after.rectify(*last.predecessor());
            }
        }
    }
    return true;
}

bool EventRing::revive(std::size_t i) {
    const auto live = std::count_if(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.alive; });
    if (nodes_[i].alive || static_cast<std::size_t>(live) >= live_max_) {
        return false;
    }
    nodes_[i].alive = true;
    return true;
}

bool EventRing::check_predecessor(std::size_t i) {
    RingState& ring = nodes_[i].ring;
    if (!ring.predecessor() || member(index(ring.predecessor()->id))) {
        return false;
    }
    ring.drop_predecessor();
    return true;
}

bool EventRing::probe(std::size_t i, std::size_t other) {
    if (i == other || !met(i, other) || sees(i, other)) {
        return false;
    }
    queue_hint(i, other, kHintHops);
    return true;
}

bool EventRing::hint(std::size_t number) {
    if (hints_.empty()) {
        return false;
    }
    const auto chosen = hints_.begin() + static_cast<std::ptrdiff_t>(number % hints_.size());
    const Hint hint = *chosen;
    hints_.erase(chosen);
    if (!member(hint.at) || !member(hint.candidate) || sees(hint.at, hint.candidate)) {
        return true;
    }
    Node& node = nodes_[hint.at];
    const RingState& candidate = nodes_[hint.candidate].ring;
    const Id candidate_id = candidate.self().id;
    const std::optional<Peer> displaced =
        node.ring.alone() ? std::nullopt : std::optional<Peer>(node.ring.successors().front());
    contact(hint.at, hint.candidate);
    if (node.ring.merge(candidate.self(), candidate.successors())) {
        node.notify = hint.candidate;
        if (displaced) {
            // The zip goes on clockwise: the two that are no longer neighbours hear of each other.
            queue_hint(hint.candidate, index(displaced->id), hint.hops_left - 1);
            queue_hint(index(displaced->id), hint.candidate, hint.hops_left - 1);
        }
        return true;
    }
    if (node.ring.predecessor() && in_open_open(candidate_id, node.ring.predecessor()->id, node.ring.self().id)) {
        node.ring.rectify(candidate.self());
        return true;
    }
    const std::size_t before = lookup_predecessor(hint.at, candidate_id);
    const bool same_ring = !nodes_[before].ring.alone() && nodes_[before].ring.successors().front().id == candidate_id;
    if (before != hint.at && before != hint.candidate && !same_ring) {
        queue_hint(before, hint.candidate, hint.hops_left - 1);
        queue_hint(hint.candidate, before, hint.hops_left - 1);
    }
    return true;
}

}  // namespace chord::sim
