#include "tests/sim/event_ring.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "node/core/base/check.hpp"

namespace chord::sim {

namespace {

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
    CHORD_CHECK(ids.size() <= 32 && std::is_sorted(ids.begin(), ids.end()));
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
        CHORD_CHECK(node.ring.join_after(nodes_[members[(i + n - 1) % n]].ring.self(), after));
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

std::size_t EventRing::index(const Id& id) const {
    const auto found = std::lower_bound(nodes_.begin(), nodes_.end(), id,
                                        [](const Node& node, const Id& value) { return node.ring.self().id < value; });
    CHORD_CHECK(found != nodes_.end() && found->ring.self().id == id);
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
