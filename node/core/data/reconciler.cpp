#include "node/core/data/reconciler.hpp"

#include <algorithm>
#include <map>

#include "node/core/base/hash.hpp"

namespace chord {

namespace {

constexpr std::size_t kWindow = 16;           // records under way at once
constexpr std::size_t kQueriesMax = 1 << 17;  // in one reconciliation; enough for a million records that all differ

}  // namespace

Task<Reconciler::Outcome> Reconciler::reconcile(Arc arc, Peer peer, Direction direction) {
    std::vector<Arc> open{arc};
    std::size_t queries = 0;
    Outcome outcome;  // what came before a failure is told all the same
    bool first = true;
    bool all = true;
    while (!open.empty()) {
        const Arc part = open.back();
        open.pop_back();
        if (++queries > kQueriesMax) {
            co_return outcome;  // no honest peer needs so many
        }
        Result<SyncReply> theirs = co_await context_.calls.ask<SyncReply>(peer, SyncQuery{part.from, part.to});
        if (!theirs) {
            co_return outcome;
        }
        if (std::exchange(first, false)) {
            outcome.complete = theirs->complete;
            outcome.place = theirs->place;
        }
        if (theirs->buckets.empty()) {
            const Outcome exchanged = co_await exchange(part, theirs->items, peer, direction);
            all = all && exchanged.done;
            outcome.news = outcome.news || exchanged.news;
            continue;
        }
        const Result<ArcSummary> mine = summarize(context_.store, part, context_.now());
        const std::vector<Arc> parts = split(part);
        if (!mine || parts.size() == 1 || theirs->buckets.size() != parts.size()) {
            co_return outcome;
        }
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const bool nothing_to_do = (direction == Direction::pull && theirs->buckets[i].count == 0) ||
                                       (direction == Direction::offer && mine->buckets[i].count == 0);
            if (theirs->buckets[i].to == parts[i].to && theirs->buckets[i] != mine->buckets[i] && !nothing_to_do) {
                open.push_back(parts[i]);
            }
        }
    }
    outcome.done = all;
    co_return outcome;
}

Task<Reconciler::Outcome> Reconciler::exchange(Arc arc, std::vector<SyncItem> theirs, Peer peer, Direction direction) {
    Result<std::map<Id, Version>> mine = versions_in(context_.store, arc, context_.now());
    if (!mine) {
        co_return Outcome{};
    }
    // Only ids wait here; a record is read when its turn comes, so that a large arc does not fill the memory.
    std::vector<Id> to_pull;
    for (const SyncItem& item : theirs) {
        const auto held = mine->find(item.key);
        if (!in_open_closed(item.key, arc.from, arc.to)) {
            continue;
        }
        const bool missing = held == mine->end();
        if (missing ? direction != Direction::offer : held->second < item.version) {
            to_pull.push_back(item.key);
        }
        if (!missing && held->second <= item.version) {
            mine->erase(held);
        }
    }
    if (direction == Direction::pull) {
        mine->clear();
    }
    Outcome outcome{.done = true};
    Gather window(context_.calls, context_.durability);
    while (!to_pull.empty() || !mine->empty() || window.outstanding() > 0) {
        if (window.outstanding() < kWindow && !to_pull.empty()) {
            window.start(peer, Fetch{to_pull.back()}, Priority::background);
            to_pull.pop_back();
            continue;
        }
        if (window.outstanding() < kWindow && !mine->empty()) {
            const Result<std::optional<Record>> record = records_.find(mine->begin()->first);
            mine->erase(mine->begin());
            if (record && *record) {
                window.start(peer, Replicate{**record}, Priority::background);
            }
            continue;
        }
        std::optional<Gather::Outcome> ended = co_await window.next();
        if (ended->answer && std::holds_alternative<ReplicateReply>(ended->answer->response)) {
            ++context_.counters.records_pushed;
            continue;
        }
        Result<ReadReply> read = expect<ReadReply>(std::move(ended->answer));
        if (read && read->record) {
            const Id key = key_id(read->record->key);
            if (in_open_closed(key, arc.from, arc.to)) {
                outcome.news = records_.merge(key, *read->record).news || outcome.news;
                ++context_.counters.records_pulled;
            }
        }
        outcome.done = outcome.done && read;
    }
    co_return outcome;
}

}  // namespace chord
