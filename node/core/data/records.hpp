// Records: the store with the rules of time and version on top: the greater version wins, and what has expired is not
// there.
#pragma once

#include <functional>

#include "node/core/context.hpp"
#include "node/core/data/conflict_log.hpp"
#include "node/core/data/hybrid_clock.hpp"
#include "node/core/data/operation_log.hpp"
#include "node/core/data/record.hpp"

namespace chord {

class Records {
public:
    /// How long a delete is remembered: longer than any holder is expected to be away (DESIGN 5).
    static constexpr Duration kTombstoneGrace = std::chrono::hours(24 * 7);

    explicit Records(Context& context) : context_(context), clock_(context.self()) {}

    /// The record under `key`, tombstones included, unless it has expired. Errors: corrupt, io.
    Result<std::optional<Record>> find(const Id& key);

    struct Merged {
        Version version;    // of the record held now
        Ticket ticket = 0;  // its durability: of this write, or of the latest so far when the record was there already
        bool news = false;  // nothing, or a smaller version, was held before
    };
    /// Keeps `record` unless a greater version is held. Of two concurrent versions, the loser goes to conflicts().
    Merged merge(const Id& key, const Record& record);

    /// A version for a new write at this node, greater than `above`.
    Version next_version(const Version& above) { return clock_.next(context_.wall, above); }
    void witness(const Version& version) { clock_.witness(version, context_.wall); }

    /// Of the latest write so far, whatever its key.
    Ticket latest() const { return latest_; }

    const ConflictLog& conflicts() const { return conflicts_; }
    OperationLog& operations() { return operations_; }

    /// Learns of each record that takes the place of an older one or of none; may be empty.
    std::function<void(const Id& key, const Record& record, Ticket ticket)> on_news;

    /// Removes what has expired, every minute for the life of the node.
    Task<void> sweep();

private:
    void note_conflict(const Record& loser, const Record& winner);

    Context& context_;
    HybridClock clock_;
    ConflictLog conflicts_;
    OperationLog operations_;
    Ticket latest_ = 0;
};

}  // namespace chord
