// ConflictLog: the losers of concurrent writes, so that a merge of two rings drops nothing without a word: the greater
// version wins, and what it overwrote without having seen it can be listed (DESIGN 5).
//
// Two versions of one key are concurrent when different owners wrote them and the greater does not descend from the
// smaller: its base, the version that stood when its owner took the key over, is below the smaller one. Versions by one
// owner are its own sequence and never a conflict.
//
// Invariants
//  1. Every holder that sees a concurrent pair in one merge lists the loser; so the loser of an acknowledged write is
//     listed by each of its holders as it is overwritten there.
//  2. At most kConflictsMax, the newest; a loser once.
//
// Limits
//  1. One base is not a history. A loser is passed over when the winner's side changed the key's owner after its first
//     concurrent write: then the base is that side's version and may be above the loser.
//  2. An owner that could not know what stood (Record::base == version) claims everything below, so that an ordinary
//     change of owner is never taken for a split; its write starts no conflict as the winner, but is listed as a loser.
//  3. A loser with the winner's value is no loss and is not listed.
//  4. In memory only: a restart forgets it. Persistence and ageing are not part of this version.
#pragma once

#include <vector>

#include "node/core/data/record.hpp"

namespace chord {

struct Conflict {
    Record loser;
    Version winner;  // the version that overwrote it here

    friend bool operator==(const Conflict&, const Conflict&) = default;
};

/// Whether `greater` was written without knowledge of `smaller`. REQUIRES: one key, smaller.version < greater.version.
bool concurrent(const Record& smaller, const Record& greater);

class ConflictLog {
public:
    static constexpr std::size_t kConflictsMax = 64;

    /// Lists `loser`; the oldest entry makes room. Returns false when it is listed already (then only its winner is
    /// brought up to date).
    bool note(const Record& loser, const Version& winner);

    /// The oldest first.
    const std::vector<Conflict>& entries() const { return entries_; }

private:
    std::vector<Conflict> entries_;
};

}  // namespace chord
