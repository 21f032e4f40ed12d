// A run of the simulator, as `chord_sim run` makes it: devices join, the ring becomes ideal, churn, lookups and keys,
// quiet, and everything must be ideal, right and there again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/sim/churn.hpp"
#include "tests/sim/key_audit.hpp"
#include "tests/sim/lookup_audit.hpp"
#include "tests/sim/world.hpp"

namespace chord::sim {

struct RunOptions {
    std::size_t nodes = 200;
    std::uint64_t seed = 1;
    NetworkConditions network;
    std::optional<Duration> session_mean;             // nullopt: nobody goes
    Duration spacing = std::chrono::seconds(5);       // between two sessions' ends
    Duration duration = std::chrono::minutes(10);     // of the busy phase
    std::optional<Duration> partition;                // two halves apart for so long, before the busy phase
    Duration quiet_limit = std::chrono::minutes(30);  // until ideal, both times
    std::size_t lookups = 1000;                       // in the busy phase; as many again in the quiet one
    std::size_t keys = 0;
    NodeOptions node;
};

struct RunReport {
    std::optional<Duration> joined;  // from the last start until ideal
    std::optional<Duration> quiet;   // from the end of the churn until ideal and settled
    std::optional<Duration> merged;  // from the healing of the partition until ideal
    LookupAudit::Statistics busy_lookups;
    LookupAudit::Statistics quiet_lookups;
    Churn::Statistics churn;
    std::optional<KeyAudit::Findings> keys;
    World::Statistics world;
    Duration virtual_time{};
    std::uint64_t trace_hash = 0;
    std::vector<std::string> violations;  // empty: the run is good

    /// Mean hops to the owner in the quiet phase.
    double path_mean() const;
    /// 1/2 log2 N + 1: what the 2001 paper's ring needs.
    double path_expected = 0;
};

RunReport simulate(const RunOptions& options);

}  // namespace chord::sim
