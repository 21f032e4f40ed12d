#include "node/core/watch/subscriptions.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/hash.hpp"

namespace chord {

namespace {

constexpr Duration kRetry = std::chrono::milliseconds(500);
constexpr Duration kLookupPatience = std::chrono::seconds(5);

WatchEvent::Kind kind_of(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::set: return WatchEvent::Kind::set;
        case ChangeKind::deleted: return WatchEvent::Kind::deleted;
        case ChangeKind::expired: return WatchEvent::Kind::expired;
    }
    return WatchEvent::Kind::set;
}

// Both gone is the same, whichever version was the last: it is forgotten some day.
bool follows(const KeyState& told, const KeyState& before) {
    return told == before || (!told.live && !before.live && before.version == Version{});
}

}  // namespace

Result<WatchId> Subscriptions::add(BytesView key, const std::optional<Version>& from, WatchListener listener) {
    const Id id = key_id(key);
    const auto known = entries_.find(id);
    if (known == entries_.end() && entries_.size() >= kKeysMax) {
        return Error::overloaded;
    }
    const auto watch = static_cast<WatchId>(++made_);
    Entry& entry = entries_[id];
    const std::optional<KeyState> seen = from ? std::optional(KeyState{*from, *from != Version{}}) : std::nullopt;
    if (known == entries_.end()) {
        entry.state = seen;
    } else if (seen && entry.state && seen != entry.state) {
        listener(WatchEvent{WatchEvent::Kind::resync, entry.state->version, {}});
    }
    entry.listeners.emplace(watch, std::move(listener));
    keys_.emplace(watch, id);
    wake_.set();
    return watch;
}

void Subscriptions::remove(WatchId id) {
    const auto key = keys_.find(id);
    if (key == keys_.end()) {
        return;
    }
    const auto entry = entries_.find(key->second);
    entry->second.listeners.erase(id);
    if (entry->second.listeners.empty()) {
        entries_.erase(entry);  // its owner learns of it when it tells of the next change, or at the end of the lease
    }
    keys_.erase(key);
}

Task<void> Subscriptions::run() {
    while (true) {
        Time next = kNever;
        for (const auto& [key, entry] : entries_) {
            next = std::min(next, entry.renew_at);
        }
        co_await wake_.wait_until(next);
        std::vector<Id> due;
        for (auto& [key, entry] : entries_) {
            if (entry.renew_at <= context_.now()) {
                due.push_back(key);
                entry.renew_at = context_.now() + context_.rng.jittered(kRetry);
            }
        }
        if (context_.is_member()) {
            co_await find_owners(due);
            co_await renew_all(std::move(due));
        }
    }
}

Task<void> Subscriptions::find_owners(std::vector<Id> keys) {
    for (const Id& key : keys) {
        const auto known = entries_.find(key);
        if (known == entries_.end() || known->second.owner) {
            continue;
        }
        const Result<Route> route = co_await lookup_.route_to(key, context_.now() + kLookupPatience);
        const auto entry = entries_.find(key);
        if (route && entry != entries_.end()) {
            entry->second.owner = route->successors.front();
        }
    }
}

Task<void> Subscriptions::renew_all(std::vector<Id> keys) {
    std::map<Id, std::pair<Peer, std::vector<Id>>> by_owner;
    for (const Id& key : keys) {
        const auto entry = entries_.find(key);
        if (entry != entries_.end() && entry->second.owner) {
            auto& [owner, keys_of] = by_owner[entry->second.owner->id];
            owner = *entry->second.owner;
            keys_of.push_back(key);
        }
    }
    for (const auto& [id, owner_and_keys] : by_owner) {
        const std::vector<Id>& keys_of = owner_and_keys.second;
        for (std::size_t i = 0; i < keys_of.size(); i += kWatchItemsMax) {
            const auto first = keys_of.begin() + static_cast<std::ptrdiff_t>(i);
            const auto count = static_cast<std::ptrdiff_t>(std::min(kWatchItemsMax, keys_of.size() - i));
            co_await renew(owner_and_keys.first, std::vector<Id>(first, first + count));
        }
    }
}

Task<void> Subscriptions::renew(Peer owner, std::vector<Id> keys) {
    Watch watch;
    std::vector<Id> asked;
    for (const Id& key : keys) {
        const auto entry = entries_.find(key);
        if (entry != entries_.end()) {
            watch.items.push_back(WatchItem{key, entry->second.state});
            entry->second.asked = owner.id;
            asked.push_back(key);
        }
    }
    if (asked.empty()) {
        co_return;
    }
    std::optional<WatchReply> reply;
    if (owner.id == context_.self()) {
        reply = register_here_(owner, watch);
    } else {
        Request request = std::move(watch);
        Result<WatchReply> answer = co_await context_.calls.ask<WatchReply>(owner, std::move(request));
        if (answer && answer->items.size() == asked.size()) {
            reply = std::move(*answer);
        }
    }
    for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto entry = entries_.find(asked[i]);
        if (entry != entries_.end()) {
            entry->second.asked.reset();
            take(asked[i], owner, reply ? reply->items[i] : Watching{});
        }
    }
}

void Subscriptions::take(const Id& key, const Peer& owner, const Watching& watching) {
    Entry& entry = entries_.at(key);
    if (watching.status == WatchStatus::refused) {
        entry.owner.reset();
        return;
    }
    entry.owner = owner;
    entry.renew_at = context_.now() + context_.rng.jittered(kRenewal);
    if (!entry.state) {
        entry.state = watching.state;
    }
    const bool begun_anew = watching.status == WatchStatus::begun && entry.was_registered;
    entry.was_registered = true;
    if (begun_anew) {
        resync(key, entry.state->version);  // between two owners something may have come and gone
    }
}

void Subscriptions::resync(const Id& key, const Version& version) {
    Entry& entry = entries_.at(key);
    if (!std::exchange(entry.resynced, true)) {
        tell(entry.listeners, WatchEvent{WatchEvent::Kind::resync, version, {}});
    }
}

Response Subscriptions::on_changed(const Peer& from, const Changed& changed) {
    const auto at = entries_.find(changed.key);
    if (at == entries_.end()) {
        return Refusal{Error::not_owner, {}};
    }
    Entry& entry = at->second;
    if (entry.asked == from.id && (!entry.owner || entry.owner->id != from.id || !entry.state)) {
        return Refusal{Error::busy, {}};  // its answer to the registration is on its way
    }
    if (!entry.owner || entry.owner->id != from.id || !entry.state) {
        return Refusal{Error::not_owner, {}};
    }
    const KeyState after{changed.version, changed.kind == ChangeKind::set};
    const bool is_later = entry.state->version < after.version ||
                          (entry.state->version == after.version && entry.state->live && !after.live);
    if (after == *entry.state || (!is_later && !changed.gap)) {
        return Ack{};  // it was told before
    }
    const bool next = !changed.gap && follows(*entry.state, changed.before);
    entry.state = after;
    if (!next) {
        resync(changed.key, changed.version);
    }
    const auto still = entries_.find(changed.key);
    if (still != entries_.end()) {
        still->second.resynced = false;
        tell(still->second.listeners, WatchEvent{kind_of(changed.kind), changed.version, changed.value});
    }
    return Ack{};
}

// A copy of the listeners, since they may add and remove watches.
void Subscriptions::tell(std::map<WatchId, WatchListener> listeners, const WatchEvent& event) {
    for (const auto& [id, listener] : listeners) {
        if (keys_.contains(id)) {
            listener(event);
        }
    }
}

}  // namespace chord
