#include "node/core/data/operation_log.hpp"

#include <algorithm>

namespace chord {

void OperationLog::note(OperationId operation, const WriteOutcome& outcome, Time now) {
    if (operation == 0) {
        return;
    }
    while (!entries_.empty() && (entries_.size() == kOutcomesMax || entries_.front().at + kRemembered < now)) {
        entries_.pop_front();
    }
    entries_.push_back(Entry{operation, outcome, now});
}

void OperationLog::forget(OperationId operation) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.operation == operation; });
}

std::optional<WriteOutcome> OperationLog::find(OperationId operation, Time now) const {
    const auto found = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) {
        return operation != 0 && entry.operation == operation && entry.at + kRemembered >= now;
    });
    return found == entries_.rend() ? std::nullopt : std::optional(found->outcome);
}

}  // namespace chord
