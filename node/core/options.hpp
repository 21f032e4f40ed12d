// NodeOptions: everything about a node's behaviour that can be chosen. Defaults are PROTOCOL-NOTES 14's.
#pragma once

#include <cstddef>

#include "node/core/base/peer.hpp"
#include "node/core/base/time.hpp"
#include "node/core/data/record.hpp"

namespace chord {

struct NodeOptions {
    Peer self;
    std::size_t successors = 8;    // r, the length of the successor list; 1..kSuccessorsMax
    std::size_t replicas = 3;      // R, holders of each key, the owner included; 1..successors
    std::size_t write_quorum = 2;  // W, holders that have a write on disk before it is acknowledged; 1..replicas

    Duration stabilize_period = std::chrono::seconds(15);
    /// Right after a change of neighbours; it grows with the time since, and has no effect `unsettled_for` later.
    Duration stabilize_period_unsettled = std::chrono::seconds(5);
    Duration unsettled_for = std::chrono::minutes(2);
    /// Under churn the period follows the session times seen around (ring/pace.hpp), but not below this: what the
    /// traffic budget of the profile allows.
    Duration stabilize_period_min = std::chrono::seconds(2);
    bool self_tuning = true;
    std::uint32_t jitter_percent = 20;                 // of each period, to both sides; 0..50
    Duration probe_period = std::chrono::seconds(60);  // one remembered peer is asked whether its ring is ours
    Duration reconcile_period = std::chrono::minutes(10);

    Duration join_retry = std::chrono::milliseconds(500);
    Duration join_patience = std::chrono::seconds(5);  // without any member in reach, a node then starts a ring of one
    /// Without any address to ask, a node waits this long for somebody to be met before it starts a ring of one.
    Duration meeting_patience{};
    Duration busy_bound = std::chrono::milliseconds(250);  // how long a ring operation may hold back a state reply
    Duration operation_timeout = std::chrono::seconds(5);  // of a client's get or write, retries included
    Duration leave_timeout = std::chrono::seconds(10);
    Duration suspect_for = std::chrono::seconds(20);  // a silent peer is passed over by lookups
    /// How long two witnesses have to reach a neighbour that is silent to this node before it is given up; longer while
    /// this node's own health is in doubt.
    Duration witness_patience = std::chrono::seconds(1);
    /// A broken path between this node and a live neighbour is tried again at the latest after this time.
    Duration path_fault_for = std::chrono::minutes(1);
    /// A neighbour that was given up is asked once more after this time, to give it the chance to refute.
    Duration second_look_after = std::chrono::seconds(10);

    /// Longer values are refused to clients; at most kValueBytesMax. The same on all nodes of a ring.
    std::size_t value_bytes_max = kValueBytesDefault;
    /// Bytes a second at which a long value still gets through before its operation times out.
    std::size_t slowest_rate = 4096;

    /// Routes as the 2001 paper does: fingers and the first successor only, one candidate a step. For experiments.
    bool plain_chord = false;
};

}  // namespace chord
