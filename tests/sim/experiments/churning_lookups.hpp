// churning_lookups: lookups in a ring of bare cores while nodes come and go at the rates of Chord's authors, who
// stabilize every 15 to 45 s and ask one lookup a second (ToN 2003, V-F; SIGCOMM 2001, 6.5).
#pragma once

#include <cstdint>

#include "node/core/base/time.hpp"

namespace chord::sim {

struct ChurningRing {
    std::uint64_t nodes = 0;
    Duration between{};        // joins, on average, and as many departures; both are Poisson processes
    bool crashes = false;      // they go without a word
    bool plain_chord = false;  // as in NodeOptions
    std::uint64_t lookups = 0;
    int retries = 0;  // as in LookupSample
    std::uint64_t seed = 1;
};

struct ChurningLookups {
    double path = 0, timeouts = 0;
    double failed = 0, failed_with_retry = 0;  // shares of the lookups
    double silenced = 0;                       // share of those that did not fail, as in LookupSample
};

ChurningLookups lookups_under_churn(const ChurningRing& ring);

/// 1 / per_second, between two changes of a ring of `nodes` that changes as fast, node by node, as one of `of_nodes`.
Duration between_changes(double per_second, std::uint64_t of_nodes, std::uint64_t nodes);

}  // namespace chord::sim
