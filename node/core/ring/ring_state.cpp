#include "node/core/ring/ring_state.hpp"

#include <algorithm>

#include "node/core/base/check.hpp"
#include "node/core/message.hpp"

namespace chord {

RingState::RingState(const Peer& self, std::size_t length_max) : self_(self), length_max_(length_max) {
    CHORD_CHECK(length_max >= 1 && length_max <= kSuccessorsMax);
}

void RingState::reset() {
    predecessor_.reset();
    successors_.clear();
}

bool RingState::join_after(const Peer& before, const std::vector<Peer>& its_successors) {
    std::vector<Peer> after = its_successors;
    std::erase_if(after, [this](const Peer& peer) { return peer.id == self_.id; });
    if (before.id == self_.id || (!after.empty() && !in_open_open(self_.id, before.id, after.front().id))) {
        return false;
    }
    // Only in a ring of one does `before` end the list. Behind a list that is short because entries have died it
    // would skip all members between (the walker found rings losing their principals so); stabilize brings it in
    // where it belongs.
    if (after.empty()) {
        after.push_back(before);
    }
    const Peer first = after.front();
    after.erase(after.begin());
    successors_ = cut(first, after);
    predecessor_ = before;
    return true;
}

bool RingState::stabilize_from_successor(const Peer& first, const std::vector<Peer>& its_successors) {
    if (alone() || successors_.front().id != first.id) {
        return false;
    }
    successors_ = cut(first, its_successors);
    return true;
}

bool RingState::stabilize_from_predecessor(const Peer& between, const std::vector<Peer>& its_successors,
                                           const Peer& first) {
    if (alone() || successors_.front().id != first.id || !in_open_open(between.id, self_.id, first.id)) {
        return false;
    }
    successors_ = cut(between, its_successors);
    return true;
}

bool RingState::rectify(const Peer& notifier) {
    if (notifier.id == self_.id) {
        return true;
    }
    if (!predecessor_ || predecessor_->id == notifier.id || in_open_open(notifier.id, predecessor_->id, self_.id)) {
        predecessor_ = notifier;
        return true;
    }
    return false;
}

bool RingState::merge(const Peer& candidate, const std::vector<Peer>& its_successors) {
    if (candidate.id == self_.id || (!alone() && !in_open_open(candidate.id, self_.id, successors_.front().id))) {
        return false;
    }
    std::vector<Peer> rest = its_successors;
    rest.insert(rest.end(), successors_.begin(), successors_.end());
    std::erase_if(rest, [&](const Peer& peer) { return peer.id == self_.id || peer.id == candidate.id; });
    std::sort(rest.begin(), rest.end(), [this](const Peer& a, const Peer& b) {
        return a.id.distance_from(self_.id) < b.id.distance_from(self_.id);
    });
    rest.erase(std::unique(rest.begin(), rest.end(), [](const Peer& a, const Peer& b) { return a.id == b.id; }),
               rest.end());
    // The candidate lies before every present successor, and what its own list puts before it lies beyond self.
    std::erase_if(rest, [&](const Peer& peer) { return in_open_open(peer.id, self_.id, candidate.id); });
    successors_ = cut(candidate, rest);
    return true;
}

bool RingState::drop(const Id& peer) {
    return std::erase_if(successors_, [&](const Peer& successor) { return successor.id == peer; }) > 0;
}

void RingState::readdress(const Peer& peer) {
    if (predecessor_ && predecessor_->id == peer.id) {
        predecessor_ = peer;
    }
    if (!successors_.empty() && successors_.front().id == peer.id) {
        successors_.front() = peer;
    }
}

void RingState::drop_predecessor() {
    predecessor_.reset();
}

bool RingState::owns(const Id& key) const {
    return !predecessor_ || in_open_closed(key, predecessor_->id, self_.id);
}

bool RingState::is_neighbor(const Id& peer) const {
    return (predecessor_ && predecessor_->id == peer) ||
           std::any_of(successors_.begin(), successors_.end(), [&](const Peer& s) { return s.id == peer; });
}

bool RingState::is_neighbor(const Peer& peer) const {
    return predecessor_ == peer || std::find(successors_.begin(), successors_.end(), peer) != successors_.end();
}

bool RingState::consistent() const {
    if (successors_.size() > length_max_) {
        return false;
    }
    Id previous = self_.id;
    for (const Peer& successor : successors_) {
        // Clockwise order without wrapping past self implies that all are distinct.
        if (!in_open_open(successor.id, previous, self_.id)) {
            return false;
        }
        previous = successor.id;
    }
    return true;
}

std::vector<Peer> RingState::cut(const Peer& first, const std::vector<Peer>& rest) const {
    std::vector<Peer> list{first};
    for (const Peer& next : rest) {
        if (list.size() == length_max_ || !in_open_open(next.id, list.back().id, self_.id)) {
            break;
        }
        list.push_back(next);
    }
    return list;
}

}  // namespace chord
