#include "tests/sim/event_ring.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "node/core/base/check.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kHintsMax = 64;  // one more is lost, like a datagram
constexpr int kHintHops = 8;

std::string label(std::size_t node) {
    return std::string("n") + static_cast<char>('0' + node / 10) + static_cast<char>('0' + node % 10);
}

}  // namespace

std::string text(const Event& event) {
    static constexpr std::array<std::string_view, kEventKinds> kNames{
        "join",    "stabilize", "stabilize_second",  "notify", "nudge", "fail", "leave",
        "restart", "revive",    "check_predecessor", "probe",  "hint"};
    std::string line(kNames[static_cast<std::size_t>(event.kind)]);
    if (event.kind == EventKind::hint) {
        return line + " #" + std::to_string(event.node);
    }
    line += " " + label(event.node);
    if (event.kind == EventKind::join || event.kind == EventKind::probe) {
        line += (event.kind == EventKind::join ? " by " : " of ") + label(event.other);
    }
    return line;
}

EventRing::EventRing(const std::vector<Id>& ids, std::size_t length_max, Variant variant) : variant_(variant) {
    CHECK(ids.size() <= 32 && std::is_sorted(ids.begin(), ids.end()));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        Peer self{ids[i], {}};
        self.address.port = static_cast<std::uint16_t>(i);
        nodes_.emplace_back(RingState(self, length_max));
    }
}

void EventRing::start_ideal(std::uint32_t mask) {
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (mask & bit(i)) {
            members.push_back(i);
            nodes_[i].alive = nodes_[i].member = true;
        }
    }
    const std::size_t n = members.size();
    for (std::size_t i = 0; i < n && n > 1; ++i) {
        std::vector<Peer> after;
        for (std::size_t k = 1; k < n; ++k) {
            after.push_back(nodes_[members[(i + k) % n]].ring.self());
        }
        Node& node = nodes_[members[i]];
        CHECK(node.ring.join_after(nodes_[members[(i + n - 1) % n]].ring.self(), after));
        contact(members[i], members[(i + 1) % n]);
    }
    refresh();
}

bool EventRing::apply(const Event& event) {
    const bool applied = dispatch(event);
    if (applied) {
        trace_.add((static_cast<std::uint64_t>(event.kind) << 16) | (std::uint64_t{event.node} << 8) | event.other);
        refresh();
    }
    return applied;
}

bool EventRing::dispatch(const Event& event) {
    if (event.kind == EventKind::hint) {
        return hint(event.node);
    }
    const std::size_t node = event.node;
    CHECK(node < nodes_.size() && event.other < nodes_.size());
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

std::size_t EventRing::index(const Id& id) const {
    const auto found = std::lower_bound(nodes_.begin(), nodes_.end(), id,
                                        [](const Node& node, const Id& value) { return node.ring.self().id < value; });
    CHECK(found != nodes_.end() && found->ring.self().id == id);
    return static_cast<std::size_t>(found - nodes_.begin());
}

std::optional<std::size_t> EventRing::first_live(const Node& node) const {
    for (const Peer& successor : node.ring.successors()) {
        const std::size_t i = index(successor.id);
        if (member(i)) {
            return i;
        }
    }
    return std::nullopt;
}

std::size_t EventRing::lookup_predecessor(std::size_t from, const Id& target) {
    while (true) {
        const RingState& at = nodes_[from].ring;
        const std::optional<std::size_t> first = first_live(nodes_[from]);
        if (!first || in_open_closed(target, at.self().id, nodes_[*first].ring.self().id)) {
            return from;
        }
        // The first live successor lies before the target, so each step comes nearer and the walk ends.
        std::size_t next = *first;
        for (const Peer& successor : at.successors()) {
            const std::size_t i = index(successor.id);
            if (member(i) && in_open_open(successor.id, nodes_[next].ring.self().id, target)) {
                next = i;
            }
        }
        from = next;
    }
}

void EventRing::contact(std::size_t a, std::size_t b) {
    nodes_[a].cache |= bit(b);
    nodes_[b].cache |= bit(a);
}

bool EventRing::may_vanish(std::size_t gone) const {
    std::size_t left = 0;
    bool starved = false;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (i == gone || !member(i)) {
            continue;
        }
        ++left;
        const auto& list = nodes_[i].ring.successors();
        starved = starved || (!nodes_[i].last_of_ring && std::none_of(list.begin(), list.end(), [&](const Peer& peer) {
                      const std::size_t entry = index(peer.id);
                      return entry != gone && member(entry);
                  }));
    }
    if (left == 0 || (starved && left > 1) || (acquaintance_ && !acquainted_without(gone))) {
        return false;
    }
    if (principals_min_ > 0) {
        std::vector<RingView> rest = views_;
        std::erase_if(rest, [&](const RingView& view) { return view.self == nodes_[gone].ring.self().id; });
        return check_ring(rest).principals >= principals_min_;
    }
    return true;
}

bool EventRing::acquainted_without(std::size_t gone) const {
    std::uint32_t live = 0;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        live |= i != gone && member(i) ? bit(i) : 0;
    }
    // Grows the part around the lowest member until nobody in it has met anybody outside.
    std::uint32_t part = live & (~live + 1);
    for (std::uint32_t before = 0; before != part;) {
        before = part;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            if (live & bit(i)) {
                const std::uint32_t knows = nodes_[i].cache & live;
                part |= (part & bit(i)) ? knows : (part & knows) ? bit(i) : 0;
            }
        }
    }
    return part == live;
}

bool EventRing::sees(std::size_t node, std::size_t other) const {
    return nodes_[node].ring.is_neighbor(nodes_[other].ring.self().id);
}

void EventRing::vanish(std::size_t i, bool alive_again) {
    Node& node = nodes_[i];
    node.ring.reset();
    node.member = false;
    node.alive = alive_again;
    node.last_of_ring = false;
    node.second.reset();
    node.notify.reset();
    node.nudge.reset();
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
    CHECK(ring.stabilize_from_successor(answer.self(), answer.successors()));
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

void EventRing::refresh() {
    std::size_t live = 0;
    std::size_t members = 0;
    for (const Node& node : nodes_) {
        if (!node.alive) {
            continue;
        }
        members += node.member ? 1 : 0;
        if (live == views_.size()) {
            views_.emplace_back();
        }
        RingView& view = views_[live++];
        if (view.update(node.ring, node.member)) {
            trace_.add(view.self.words[0]);
            trace_.add(view.predecessor ? view.predecessor->words[0] : 0);
            for (const Id& successor : view.successors) {
                trace_.add(successor.words[0]);
            }
        }
    }
    views_.resize(live);
    for (Node& node : nodes_) {
        if (node.alive && node.member) {
            node.last_of_ring = !first_live(node) && (node.last_of_ring || node.ring.alone() || members == 1);
        }
    }
}

RingReport EventRing::check() const {
    RingReport report = check_ring(views_);
    std::erase_if(report.violations, [this](const Violation& violation) {
        return violation.rule == Rule::one_live_successor && nodes_[index(violation.node)].last_of_ring;
    });
    return report;
}

std::string EventRing::dump() const {
    std::string lines;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const Node& node = nodes_[i];
        if (!node.alive) {
            continue;
        }
        lines += "  " + label(i) + (node.member ? "" : " (not a member)") + " predecessor ";
        lines += node.ring.predecessor() ? label(index(node.ring.predecessor()->id)) : "-";
        lines += ", successors";
        for (const Peer& successor : node.ring.successors()) {
            const std::size_t entry = index(successor.id);
            lines += " " + label(entry) + (member(entry) ? "" : "(dead)");
        }
        lines += ", has met";
        for (std::size_t k = 0; k < nodes_.size(); ++k) {
            lines += (node.cache & bit(k)) ? " " + label(k) : "";
        }
        lines += "\n";
    }
    return lines;
}

}  // namespace chord::sim
