#include "node/api/ring_walk.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace chord::api {

RingWalk arrange_walk(const NodeView& self, std::vector<Client::WalkedNode> walked, std::size_t count) {
    RingWalk walk;
    const bool stopped = walked.size() >= count;
    std::optional<Peer> predecessor;
    if (self.predecessor) predecessor = self.predecessor->peer;
    walk.nodes.push_back({self.self, predecessor, true});
    bool came_back = false;
    for (std::size_t i = 0; i < walked.size(); ++i) {
        if (walked[i].peer.id == self.self.id) {
            if (i == 0) continue;
            came_back = true;
            break;
        }
        if (walk.nodes.size() < count) walk.nodes.push_back(std::move(walked[i]));
    }
    // The walk need not list this node a second time; then its own predecessor tells whether the turn is complete.
    const Id& last = walk.nodes.back().peer.id;
    const bool alone = walk.nodes.size() == 1 && !predecessor &&
                       std::all_of(self.successors.begin(), self.successors.end(),
                                   [&](const NeighborView& one) { return one.peer.id == last; });
    if (came_back || alone || (predecessor && predecessor->id == last)) {
        walk.closed = true;
    } else if (!stopped && walk.nodes.back().answered) {
        walk.closed = false;
    }
    return walk;
}

double arc_fraction(const Id& from, const Id& to) {
    if (from == to) return 1;
    const Id distance = to.distance_from(from);
    return std::ldexp(static_cast<double>(distance.words[0]), -64) +
           std::ldexp(static_cast<double>(distance.words[1]), -128);
}

double owned_fraction(const RingWalk& walk, std::size_t index) {
    const auto& node = walk.nodes[index];
    if (node.predecessor) return arc_fraction(node.predecessor->id, node.peer.id);
    return arc_fraction(walk.nodes[index > 0 ? index - 1 : walk.nodes.size() - 1].peer.id, node.peer.id);
}

RingCheck check_ring(const RingWalk& walk) {
    RingCheck check;
    check.nodes = walk.nodes.size();
    const Id& first = walk.nodes.front().peer.id;
    for (std::size_t i = 0; i < walk.nodes.size(); ++i) {
        if (i == 0 && !walk.closed.value_or(false)) continue;  // the node before the first is not known
        const auto& node = walk.nodes[i];
        const Id& before = walk.nodes[i > 0 ? i - 1 : walk.nodes.size() - 1].peer.id;
        if (i > 1 && !in_open_open(node.peer.id, before, first)) {
            ++check.overlaps;  // the successors wind around more than once
        } else if (!node.answered) {
            check.silent.push_back(node.peer);
        } else if (!node.predecessor) {
            if (walk.nodes.size() > 1) ++check.gaps;
        } else if (node.predecessor->id != before) {
            ++(in_open_open(node.predecessor->id, before, node.peer.id) ? check.gaps : check.overlaps);
        }
    }
    if (check.gaps > 0 || check.overlaps > 0) {
        check.one_ring = false;
    } else if (walk.closed && check.silent.empty()) {
        check.one_ring = *walk.closed;
    }
    return check;
}

}  // namespace chord::api
