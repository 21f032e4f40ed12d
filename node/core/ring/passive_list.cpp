#include "node/core/ring/passive_list.hpp"

#include <algorithm>

namespace chord {

void PassiveList::add(const Peer& peer, Time second_look) {
    remove(peer.id);
    if (entries_.size() == kPeersMax) {
        entries_.erase(entries_.begin());
    }
    entries_.push_back(Entry{peer, second_look});
}

void PassiveList::remove(const Id& peer) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.peer.id == peer; });
}

bool PassiveList::contains(const Id& peer) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.peer.id == peer; });
}

Time PassiveList::next_second_look() const {
    Time next = kNever;
    for (const Entry& entry : entries_) {
        next = std::min(next, entry.second_look);
    }
    return next;
}

std::optional<Peer> PassiveList::take_due(Time now) {
    const auto due =
        std::find_if(entries_.begin(), entries_.end(), [now](const Entry& entry) { return entry.second_look <= now; });
    if (due == entries_.end()) {
        return std::nullopt;
    }
    due->second_look = kNever;
    std::rotate(due, due + 1, entries_.end());
    return entries_.back().peer;
}

std::optional<Peer> PassiveList::take_turn() {
    if (entries_.empty()) {
        return std::nullopt;
    }
    std::rotate(entries_.begin(), entries_.begin() + 1, entries_.end());
    return entries_.back().peer;
}

}  // namespace chord
