#include "node/core/watch/watch_table.hpp"

#include <algorithm>
#include <utility>

namespace chord {

namespace {

constexpr Duration kLookAround = std::chrono::seconds(5);
constexpr Duration kAgain = std::chrono::milliseconds(100);  // for a watcher that has not heard yet that it is one

// After `change`.
KeyState state_after(const Changed& change) {
    return KeyState{change.version, change.kind == ChangeKind::set};
}

// Both gone: one of the two does not know the version of the last record any more.
bool is_forgotten(const KeyState& a, const KeyState& b) {
    return !a.live && !b.live && (a.version == Version{} || b.version == Version{});
}

}  // namespace

KeyState state_of(const std::optional<Record>& record, Time now) {
    if (!record || record->expires <= now) {
        return KeyState{};
    }
    return KeyState{record->version, !record->tombstone};
}

Task<void> WatchTable::run() {
    while (true) {
        Time next = context_.now() + kLookAround;
        for (const auto& [key, watched] : keys_) {
            next = std::min(next, watched.state.live ? watched.expires : kNever);
        }
        co_await wake_.wait_until(next);
        for (auto& [key, watched] : keys_) {
            expire(key, watched);
        }
        forget_late();
    }
}

void WatchTable::forget_late() {
    for (auto at = keys_.begin(); at != keys_.end();) {
        Watched& watched = at->second;
        watchers_ -= std::erase_if(watched.watchers,
                                   [this](const Watcher& one) { return !one.telling && one.until <= context_.now(); });
        if (watched.watchers.empty()) {
            drop_recent(watched);
        }
        at = watched.watchers.empty() ? keys_.erase(at) : std::next(at);
    }
}

WatchReply WatchTable::on_watch(const Peer& watcher, const Watch& watch_request) {
    WatchReply reply;
    for (const WatchItem& item : watch_request.items) {
        reply.items.push_back(watch(watcher, item));
    }
    return reply;
}

Watching WatchTable::watch(const Peer& watcher, const WatchItem& item) {
    if (!answers_for_(item.key)) {
        return Watching{};
    }
    const Result<std::optional<Record>> held = find_(item.key);
    if (!held) {
        return Watching{};
    }
    Watcher* known = find_watcher(item.key, watcher.id);
    if (known == nullptr && watchers_ >= kWatchersMax) {
        return Watching{};
    }
    const bool is_first = !keys_.contains(item.key);
    Watched& watched = keys_[item.key];
    if (is_first) {
        watched.state = state_of(*held, context_.now());
        watched.expires = *held ? (*held)->expires : kNever;
        wake_.set();
    }
    expire(item.key, watched);
    const WatchStatus status = known != nullptr ? WatchStatus::renewed : WatchStatus::begun;
    if (known == nullptr) {
        ++watchers_;
        known = &watched.watchers.emplace_back(Watcher{watcher, watched.state, {}, false});
    }
    known->peer = watcher;
    known->until = context_.now() + kLease;
    if (!known->telling && item.seen) {
        // A confirmation may have been lost.
        known->state = is_forgotten(*item.seen, watched.state) ? watched.state : *item.seen;
    }
    const KeyState from = known->state;
    tell_all(item.key, watched);
    return Watching{status, from};
}

WatchTable::Watcher* WatchTable::find_watcher(const Id& key, const Id& watcher) {
    const auto watched = keys_.find(key);
    if (watched == keys_.end()) {
        return nullptr;
    }
    std::vector<Watcher>& all = watched->second.watchers;
    const auto found = std::find_if(all.begin(), all.end(), [&](const Watcher& one) { return one.peer.id == watcher; });
    return found == all.end() ? nullptr : &*found;
}

void WatchTable::on_stored(const Id& key, const Record& record, Ticket ticket) {
    const auto at = keys_.find(key);
    if (at == keys_.end()) {
        return;
    }
    Watched& watched = at->second;
    expire(key, watched);
    if (!(watched.state.version < record.version)) {
        // An older one, or one that had ended here, has come back: it follows upon nothing that was told.
        drop_recent(watched);
        watched.state = state_of(record, context_.now());
        watched.expires = record.expires;
        tell_all(key, watched);
        return;
    }
    Change change;
    change.told.key = key;
    change.told.kind = record.tombstone ? ChangeKind::deleted : ChangeKind::set;
    change.told.version = record.version;
    change.told.before = watched.state;
    change.value = std::make_shared<const Bytes>(record.value);
    note(watched, std::move(change), record.expires);
    context_.scheduler.spawn(await_disk(key, record.version, ticket));
}

// The record that stands may have reached its end.
void WatchTable::expire(const Id& key, Watched& watched) {
    if (!watched.state.live || watched.expires > context_.now()) {
        return;
    }
    Change change;
    change.told.key = key;
    change.told.kind = ChangeKind::expired;
    change.told.version = watched.state.version;
    change.told.before = watched.state;
    change.value = std::make_shared<const Bytes>();
    change.durable = true;
    note(watched, std::move(change), kNever);
    tell_all(key, watched);
}

void WatchTable::note(Watched& watched, Change change, Time expires) {
    watched.state = state_after(change.told);
    watched.expires = expires;
    recent_bytes_ += change.value->size();
    watched.recent.push_back(std::move(change));
    if (watched.recent.size() > kRecentMax) {
        recent_bytes_ -= watched.recent.front().value->size();
        watched.recent.pop_front();
    }
    if (recent_bytes_ > kRecentBytesMax) {
        // Of this key all but the last goes: its slow watchers are told what stands.
        while (watched.recent.size() > 1) {
            recent_bytes_ -= watched.recent.front().value->size();
            watched.recent.pop_front();
        }
    }
    wake_.set();
}

void WatchTable::drop_recent(Watched& watched) {
    for (const Change& change : watched.recent) {
        recent_bytes_ -= change.value->size();
    }
    watched.recent.clear();
}

Task<void> WatchTable::await_disk(Id key, Version version, Ticket ticket) {
    Gather durable(context_.calls, context_.durability);
    durable.start_durable(ticket);
    const std::optional<Gather::Outcome> outcome = co_await durable.next();
    const auto at = keys_.find(key);
    if (at == keys_.end()) {
        co_return;
    }
    Watched& watched = at->second;
    if (!outcome->answer) {
        // Undone. What stands is read anew, and who had been told of later ones finds a gap.
        const Result<std::optional<Record>> held = find_(key);
        drop_recent(watched);
        watched.state = held ? state_of(*held, context_.now()) : KeyState{};
        watched.expires = held && *held ? (*held)->expires : kNever;
        tell_all(key, watched);
        co_return;
    }
    for (Change& change : watched.recent) {
        change.durable = change.durable || change.told.version == version;
    }
    tell_all(key, watched);
}

void WatchTable::tell_all(const Id& key, Watched& watched) {
    for (Watcher& watcher : watched.watchers) {
        if (!watcher.telling && next_for(key, watched, watcher)) {
            watcher.telling = true;
            context_.scheduler.spawn(tell(key, watcher.peer.id));
        }
    }
}

// The change that follows upon what the watcher was told last.
const WatchTable::Change* WatchTable::following(const Watched& watched, const Watcher& watcher) {
    const auto found = std::find_if(watched.recent.begin(), watched.recent.end(),
                                    [&](const Change& change) { return change.told.before == watcher.state; });
    return found == watched.recent.end() ? nullptr : &*found;
}

// What the watcher is to be told now; nullopt: nothing, or nothing that is on disk yet.
std::optional<Changed> WatchTable::next_for(const Id& key, Watched& watched, const Watcher& watcher) {
    const Change* change = following(watched, watcher);
    std::optional<Record> record;
    if (change == nullptr) {
        const bool pending = !watched.recent.empty() && !watched.recent.back().durable;
        if (watched.state == watcher.state || pending || !look_at_store(key, watched, record)) {
            return std::nullopt;
        }
        change = following(watched, watcher);
    }
    if (change != nullptr) {
        Changed told = change->told;
        told.value = *change->value;
        return change->durable ? std::optional(std::move(told)) : std::nullopt;
    }
    if (watched.state == watcher.state) {
        return std::nullopt;
    }
    Changed told;
    told.key = key;
    told.gap = true;
    told.version = watched.state.version;
    told.kind = watched.state.live ? ChangeKind::set : ChangeKind::deleted;
    told.value = record && watched.state.live ? std::move(record->value) : Bytes{};
    return told;
}

// What is told as standing must stand: the end of a lifetime may have come nearer without a new version.
bool WatchTable::look_at_store(const Id& key, Watched& watched, std::optional<Record>& record) {
    Result<std::optional<Record>> held = find_(key);
    if (!held) {
        return false;
    }
    record = std::move(*held);
    watched.expires = record ? record->expires : kNever;
    const KeyState now = state_of(record, context_.now());
    if (watched.state.live && now == KeyState{}) {
        watched.expires = context_.now();
        expire(key, watched);
    } else if (now != watched.state && !(now == KeyState{} && !watched.state.live)) {
        drop_recent(watched);
        watched.state = now;
    }
    return true;
}

// Until there is nothing to tell, or the watcher is silent; then it will come back by itself.
Task<void> WatchTable::tell(Id key, Id id) {
    while (true) {
        Watcher* watcher = find_watcher(key, id);
        if (watcher == nullptr) {
            co_return;
        }
        std::optional<Changed> next = next_for(key, keys_[key], *watcher);
        if (!next) {
            watcher->telling = false;
            co_return;
        }
        const KeyState state = state_after(*next);
        Error error{};
        if (id == context_.self()) {
            const Response said = here_(watcher->peer, *next);
            const Refusal* const refusal = std::get_if<Refusal>(&said);
            error = refusal != nullptr ? refusal->error : Error{};
        } else {
            Request request = std::move(*next);
            const Result<Ack> answer = co_await context_.calls.ask<Ack>(watcher->peer, std::move(request));
            error = answer ? Error{} : answer.error();
        }
        watcher = find_watcher(key, id);
        if (watcher == nullptr) {
            co_return;
        }
        if (error == Error{}) {
            watcher->state = state;
        } else if (error == Error::busy) {
            co_await context_.scheduler.sleep_for(kAgain);
        } else {
            watcher->telling = false;
            if (error == Error::not_owner) {
                watcher->until = context_.now();  // it watches no more
                wake_.set();
            }
            co_return;
        }
    }
}

}  // namespace chord
