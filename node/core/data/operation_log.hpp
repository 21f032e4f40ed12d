// OperationLog: what has become of the writes that this node stored not long ago, as owner or as replica, so that a
// write that is asked for again is not carried out again (RIFL, Lee et al., SOSP 2015, without its lasting records).
//
// Invariants
//  1. At most kOutcomesMax, each for kRemembered: longer than a client's node goes on asking.
//  2. In memory only. Who knows of an operation has its record; when no holder that knows of it is left, either the
//     record is gone too, or its holders restarted while the client was waiting, and then a repetition is a new write.
#pragma once

#include <deque>
#include <optional>

#include "node/core/base/time.hpp"
#include "node/core/message.hpp"

namespace chord {

class OperationLog {
public:
    static constexpr std::size_t kOutcomesMax = 8192;
    static constexpr Duration kRemembered = std::chrono::minutes(1);

    /// `operation` has given `outcome`, or gives it if its commit ends well. Nothing is noted for operation 0.
    void note(OperationId operation, const WriteOutcome& outcome, Time now);

    /// It has come to nothing.
    void forget(OperationId operation);

    /// The latest outcome noted; nullopt for operation 0.
    std::optional<WriteOutcome> find(OperationId operation, Time now) const;

private:
    struct Entry {
        OperationId operation = 0;
        WriteOutcome outcome;
        Time at{};
    };
    std::deque<Entry> entries_;  // the oldest first; looked through for repetitions only, which are rare
};

}  // namespace chord
