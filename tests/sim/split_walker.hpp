// The split walker: random schedules of splits and healings over a MessageWorld in which every side goes on writing,
// while nodes crash, come back, join and leave and now and then a disk is lost. Then all is healed, everybody comes
// back, and two things must be: one ring, settled within a bound of rounds, and no acknowledged value lost
// (key_history.hpp is the judge).
//
// Reads are judged on the way too, while the ring has been one since it settled and whoever went off left a settled
// ring behind. One that is stale while two members take themselves for the key's owner, or of a key that was last
// written at such a time, is counted apart and is no failure: nodes that join in one place at once do not know of each
// other for a stabilize period, and a ring without consensus cannot tell which of them has the latest write.
//
// What a schedule may do to the data, enforced while it runs, so that any part of a schedule is one too
//  1. Of disks that are lost or stale, and leavers that stay away for good, there is at most W - 1 = 1 before the
//     ring, with everybody on and all in reach, has settled again. What comes too soon comes back with its old disk.
//  2. Nobody is killed without whom a member would have no live entry (Zave's assumption).
#pragma once

#include "tests/sim/key_history.hpp"
#include "tests/sim/schedule_walker.hpp"
#include "tests/sim/split_schedule.hpp"

namespace chord::sim {

struct SplitOutcome {
    Outcome outcome;  // converged: ideal and settled; wrong: what the judge said, with its rule in front
    KeyHistory::Findings keys;
    KeyHistory::Totals totals;
    std::uint64_t reads = 0, reads_judged = 0;  // while the schedule ran; judged: while the ring was one
    std::uint64_t stale_between_joins = 0;      // of those judged: counted here, not in keys.stale
};

SplitOutcome run_split_schedule(const WalkOptions& options, const SplitSchedule& schedule);

struct SplitReport {
    WalkReport walk;
    KeyHistory::Findings keys;  // of all schedules together
    KeyHistory::Totals totals;
    std::uint64_t reads = 0, reads_judged = 0, stale_between_joins = 0;
};

/// As walk_messages.
SplitReport walk_splits(const WalkOptions& options);

}  // namespace chord::sim
