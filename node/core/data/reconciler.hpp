// Reconciler: makes two holders agree on an arc by moving only what differs (range-based set reconciliation,
// PROTOCOL-NOTES 7). Who reconciles what with whom, and when, is ArcKeeper's and Strays' business.
//
// Two holders that agree exchange one SyncQuery and nothing else.
#pragma once

#include <vector>

#include "node/core/context.hpp"
#include "node/core/data/arc_summary.hpp"
#include "node/core/data/records.hpp"

namespace chord {

class Reconciler {
public:
    /// Which way records may go: both, only from the peer, or to the peer (offer). Who offers takes over what it holds
    /// itself in a smaller version and nothing else: the two versions must meet somewhere, so that a loser of
    /// concurrent writes is listed (conflict_log.hpp).
    enum class Direction { both, pull, offer };
    struct Outcome {
        bool done = false;                       // nothing that differed was left out
        bool complete = false;                   // the peer holds every record of the arc
        bool news = false;                       // something came from the peer that was not held here
        SyncPlace place = SyncPlace::elsewhere;  // of the peer, before anything was exchanged
    };

    Reconciler(Context& context, Records& records) : context_(context), records_(records) {}

    Task<Outcome> reconcile(Arc arc, Peer peer, Direction direction);

private:
    Task<Outcome> exchange(Arc arc, std::vector<SyncItem> theirs, Peer peer, Direction direction);

    Context& context_;
    Records& records_;
};

}  // namespace chord
