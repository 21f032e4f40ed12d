#include "node/core/data/conflict_log.hpp"

#include <algorithm>

#include "node/core/base/check.hpp"

namespace chord {

bool concurrent(const Record& smaller, const Record& greater) {
    CHORD_CHECK(smaller.version < greater.version);
    const bool differ = smaller.tombstone != greater.tombstone || smaller.value != greater.value;
    return smaller.version.node != greater.version.node && greater.base < smaller.version && differ;
}

bool ConflictLog::note(const Record& loser, const Version& winner) {
    const auto listed = std::find_if(entries_.begin(), entries_.end(), [&](const Conflict& entry) {
        return entry.loser.version == loser.version && entry.loser.key == loser.key;
    });
    if (listed != entries_.end()) {
        listed->winner = std::max(listed->winner, winner);
        return false;
    }
    if (entries_.size() == kConflictsMax) {
        entries_.erase(entries_.begin());
    }
    entries_.push_back(Conflict{loser, winner});
    return true;
}

}  // namespace chord
