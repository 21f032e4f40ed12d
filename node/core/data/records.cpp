#include "node/core/data/records.hpp"

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
    const Result<std::optional<Record>> held = find(key);
    // A corrupt record is replaced by a good copy whatever its version was.
    // So is one of the same version: its commit may still fail, and this one's ticket must not promise otherwise.
    if (held && *held && (*held)->version > record.version) {
        note_conflict(record, **held);
        return Merged{(*held)->version, latest_, false};
    }
    const bool news = !held || !*held || (*held)->version < record.version;
    if (held && *held && news) {
        note_conflict(**held, record);
    }
    latest_ = context_.store.put(key, record);
    if (news && on_news) {
        on_news(key, record, latest_);
    }
    return Merged{record.version, latest_, news};
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
