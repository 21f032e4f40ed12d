#include "node/core/data/records.hpp"

#include <algorithm>
#include <vector>

namespace chord {

namespace {

constexpr Duration kSweepPeriod = std::chrono::minutes(1);
constexpr Duration kSweepPause = std::chrono::milliseconds(100);
constexpr std::size_t kSweepMax = 1024;  // removals in one round, so that a round stays short

}  // namespace

Result<std::optional<Record>> Records::find(const Id& key) {
    Result<std::optional<Record>> found = context_.store.get(key);
    if (!found) {
        ++context_.counters.store_errors;
        return found;
    }
    if (*found && (*found)->expires <= context_.now()) {
        return std::optional<Record>();
    }
    return found;
}

Records::Merged Records::merge(const Id& key, const Record& record) {
    clock_.witness(record.version, context_.wall);
    const Result<std::optional<Record>> stored = context_.store.get(key);
    context_.counters.store_errors += stored ? 0U : 1U;
    // A corrupt record is replaced by a good copy whatever its version was.
    const Record* const held = stored && *stored ? &**stored : nullptr;
    const bool ended = held != nullptr && held->expires <= context_.now();
    if (held != nullptr && held->version > record.version) {
        if (!ended) {
            note_conflict(record, *held);
        }
        return Merged{held->version, latest_, false};
    }
    if (held != nullptr && held->version == record.version) {
        if (ended) {
            return Merged{record.version, latest_, false};  // over here is over: copies that travelled live longer
        }
        // Written once more, since the commit of the first may still fail and this one's ticket must promise nothing
        // else. Of two ends the earlier one is right: time stands still for a holder that is off.
        Record again = record;
        again.expires = std::min(record.expires, held->expires);
        latest_ = context_.store.put(key, again);
        return Merged{record.version, latest_, false};
    }
    if (held != nullptr && !ended) {
        note_conflict(*held, record);
    }
    latest_ = context_.store.put(key, record);
    if (on_news) {
        on_news(key, record, latest_);
    }
    return Merged{record.version, latest_, true};
}

void Records::note_conflict(const Record& loser, const Record& winner) {
    if (concurrent(loser, winner) && conflicts_.note(loser, winner.version)) {
        ++context_.counters.conflicts;
    }
}

Task<void> Records::sweep() {
    Id from;
    Duration pause = kSweepPeriod;
    while (true) {
        co_await context_.scheduler.sleep_for(context_.rng.jittered(pause));
        std::vector<Id> expired;
        const Status scanned = context_.store.scan(from, Id{}, [&](const Id& key, const RecordHead& head) {
            if (head.expires <= context_.now()) {
                expired.push_back(key);
            }
            return expired.size() < kSweepMax;
        });
        context_.counters.store_errors += scanned ? 0U : 1U;
        for (const Id& key : expired) {
            latest_ = context_.store.erase(key);
        }
        // A full round goes on soon where it stopped: what expires fast must not fill the store.
        const bool more = expired.size() == kSweepMax;
        from = more ? expired.back() : Id{};
        pause = more ? kSweepPause : kSweepPeriod;
    }
}

}  // namespace chord
