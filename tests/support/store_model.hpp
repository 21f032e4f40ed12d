// The model that every Store is held against: std::map, and the sentences of node/core/data/store.hpp.
//
// A Harness owns the store under test:
//   Store& store();
//   std::vector<Commit> take();     results so far
//   std::vector<Commit> settle();   results once everything is committed
//   void restart(bool cut);         ends the store and opens it again; `cut`: without committing first, if it can
//   bool restart_loses_uncommitted(); whether a cut loses what was not committed
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "node/core/base/rng.hpp"
#include "node/core/data/store.hpp"

namespace chord::test {

/// Few ids, so that they meet again; the ends of the ring and close neighbours among them.
inline Id some_id(Rng& rng) {
    Id id;
    switch (rng.below(8)) {
        case 0: return Id{};
        case 1: id.words.fill(~std::uint64_t{0}); return id;
        case 2: id.words = {rng.below(4) << 62, 0, 0, rng.below(3)}; return id;
        default: id.words = {rng.below(40) * 0x0666666666666666ULL, 7, rng.below(2), 9}; return id;
    }
}

inline Bytes some_bytes(Rng& rng, std::size_t size_max) {
    Bytes bytes(rng.below(size_max + 1), '\0');
    for (char& byte : bytes) byte = static_cast<char>(rng.below(256));
    return bytes;
}

inline Record some_record(Rng& rng) {
    Record record;
    record.key = some_bytes(rng, rng.chance(1, 20) ? kKeyBytesMax : 24);
    record.tombstone = rng.chance(1, 8);
    if (!record.tombstone) record.value = some_bytes(rng, rng.chance(1, 20) ? 7000 : 60);
    record.version = {rng.next() >> (1 + rng.below(63)), rng.next()};
    record.base = {rng.below(record.version.clock + 1), 0};
    record.expires = rng.chance(1, 2) ? kNever : Time(Duration(static_cast<std::int64_t>(rng.next())));
    record.writer_uid = static_cast<std::uint32_t>(rng.next());
    return record;
}

/// What a store must show.
struct Shown {
    std::map<Id, Record> records;
    std::map<std::string, Bytes> meta;
};

using Seen = std::vector<std::pair<Id, RecordHead>>;

/// The arc (from, to] by its definition: every record in it, by distance from `from`, a whole ring's own end last.
inline std::vector<Id> arc_of(const Shown& model, const Id& from, const Id& to) {
    std::vector<Id> ids;
    for (const auto& [id, record] : model.records) {
        if (in_open_closed(id, from, to)) ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end(), [&](const Id& a, const Id& b) {
        if ((a == from) != (b == from)) return b == from;
        return a.distance_from(from) < b.distance_from(from);
    });
    return ids;
}

inline void check_scan(Store& store, const Shown& model, const Id& from, const Id& to, std::size_t visits_max) {
    Seen seen;
    const Status status = store.scan(from, to, [&](const Id& id, const RecordHead& head) {
        seen.emplace_back(id, head);
        return seen.size() < visits_max;
    });
    REQUIRE(status.has_value());
    std::vector<Id> expected = arc_of(model, from, to);
    expected.resize(std::min(expected.size(), visits_max));
    REQUIRE(seen.size() == expected.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
        const Record& record = model.records.at(expected[i]);
        REQUIRE(seen[i].first == expected[i]);
        REQUIRE(seen[i].second.version == record.version);
        REQUIRE(seen[i].second.expires == record.expires);
        REQUIRE(seen[i].second.value_size == record.value.size());
        REQUIRE(seen[i].second.tombstone == record.tombstone);
    }
}

inline void check_get(Store& store, const Shown& model, const Id& id) {
    const auto found = store.get(id);
    REQUIRE(found.has_value());
    const auto expected = model.records.find(id);
    REQUIRE(found->has_value() == (expected != model.records.end()));
    if (found->has_value()) REQUIRE(**found == expected->second);
}

inline void check_meta(Store& store, const Shown& model, const std::string& name) {
    const auto expected = model.meta.find(name);
    REQUIRE(store.meta(name) == (expected == model.meta.end() ? std::nullopt : std::optional(expected->second)));
}

/// Each ticket once, in order, and none of them failed.
inline void check_commits(const std::vector<Commit>& commits, Ticket& told) {
    for (const Commit& commit : commits) {
        REQUIRE(commit.first == told + 1);
        REQUIRE(commit.last >= commit.first);
        REQUIRE(!commit.error);
        told = commit.last;
    }
}

template <typename Harness>
void run_store_model(Harness& harness, std::uint64_t seed, int steps) {
    INFO("seed " << seed);
    Rng rng(seed);
    Shown shown;
    Shown durable;  // what `shown` was when everything was last known to be committed
    Ticket last = 0;
    Ticket told = 0;
    const auto settle = [&] {
        check_commits(harness.settle(), told);
        REQUIRE(told == last);
        durable = shown;
    };
    const auto next_ticket = [&](Ticket ticket) {
        if (last == 0) told = ticket - 1;  // a store opened again may begin at 1 or go on
        if (last != 0) REQUIRE(ticket == last + 1);
        last = ticket;
    };
    for (int step = 0; step < steps; ++step) {
        INFO("step " << step);
        const Id id = some_id(rng);
        const std::string name = "name-" + std::to_string(rng.below(5));
        const auto choice = rng.below(1000);
        if (choice < 330) {
            const Record record = some_record(rng);
            shown.records[id] = record;
            next_ticket(harness.store().put(id, record));
        } else if (choice < 480) {
            shown.records.erase(id);
            next_ticket(harness.store().erase(id));
        } else if (choice < 520) {
            const Bytes value = some_bytes(rng, 3000);
            shown.meta[name] = value;
            next_ticket(harness.store().put_meta(name, value));
        } else if (choice < 700) {
            check_get(harness.store(), shown, id);
        } else if (choice < 740) {
            check_meta(harness.store(), shown, name);
        } else if (choice < 900) {
            const Id to = rng.chance(1, 8) ? id : some_id(rng);
            check_scan(harness.store(), shown, id, to, rng.chance(1, 3) ? 1 + rng.below(9) : 10'000);
        } else if (choice < 970) {
            check_commits(harness.take(), told);
        } else if (choice < 990) {
            settle();
            REQUIRE(harness.store().stats().records == shown.records.size());
        } else {
            const bool cut = rng.chance(1, 2);
            if (!cut) settle();
            harness.restart(cut);
            if (cut && harness.restart_loses_uncommitted()) shown = durable;
            durable = shown;
            last = 0;
            told = 0;
        }
    }
    settle();
    check_scan(harness.store(), shown, Id{}, Id{}, 10'000);
    for (const auto& [id, record] : shown.records) check_get(harness.store(), shown, id);
}

}  // namespace chord::test
