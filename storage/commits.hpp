// Commit runs: how both stores report the fate of their writes.
#pragma once

#include <optional>
#include <vector>

#include "node/core/data/store.hpp"

namespace chord::storage {

/// Appends the result of one ticket, as a part of the last run when it follows it directly and met the same fate.
inline void append_result(std::vector<Commit>& commits, Ticket ticket, std::optional<Error> error) {
    if (!commits.empty() && commits.back().last + 1 == ticket && commits.back().error == error) {
        commits.back().last = ticket;
        return;
    }
    commits.push_back(Commit{.first = ticket, .last = ticket, .error = error});
}

}  // namespace chord::storage
