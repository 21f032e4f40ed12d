// Swarm testing (Groce et al., ISSTA 2012): each run draws its size, its options and which of the faults can happen in
// it at all, so that faults that hide each other are also tried alone. Phase one: the faults, while keys are written
// and points are looked up. Phase two: everybody is back and nothing happens any more; the ring must become ideal and
// settled within kQuietBound, answer every lookup rightly and every acknowledged key.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/sim/key_audit.hpp"
#include "tests/sim/lookup_audit.hpp"
#include "tests/sim/nemesis/fault.hpp"
#include "tests/sim/world.hpp"

namespace chord::sim {

/// All that a run depends on.
struct SwarmPlan {
    std::uint64_t seed = 1;
    std::size_t nodes = 5;
    NodeOptions node;
    Duration busy = std::chrono::minutes(10);
    std::size_t value_bytes_max = 0;  // as in KeyAudit
    std::vector<FaultPlan> faults;
};

struct SwarmRun {
    /// From the end of the last fault until ideal and settled.
    static constexpr Duration kQuietBound = std::chrono::minutes(15);

    std::optional<Duration> quiet;
    LookupAudit::Statistics busy_lookups, quiet_lookups;
    KeyAudit::Findings keys;
    /// Acknowledged keys that one of their R holders lacked when all were settled first: a violation.
    std::vector<std::string> thin;
    std::uint64_t disks_lost = 0;
    std::vector<std::uint64_t> strokes;  // by row of fault_kinds()
    std::uint64_t trace_hash = 0;
    std::vector<std::string> violations;  // empty: the run is good
};

SwarmRun run_swarm_plan(const SwarmPlan& plan);

struct SwarmOptions {
    std::uint64_t seed = 1;
    std::uint64_t first_index = 0;  // run i depends on the seed and i only, and on what is named below
    std::uint64_t runs = 20;
    std::optional<std::size_t> nodes;                // instead of drawing them
    std::optional<std::vector<std::size_t>> faults;  // rows of fault_kinds(), instead of drawing which
    std::size_t value_bytes_max = 0;
    std::size_t failures_told = 3;  // shrunk and kept in the report; all are counted
};

/// The parameters of a fault are the same whether it was drawn or named.
SwarmPlan draw_swarm_plan(const SwarmOptions& options, std::uint64_t index);
/// The line that repeats one run of the plan's faults.
std::string swarm_line(const SwarmOptions& options, std::uint64_t index, const SwarmPlan& plan);

struct SwarmReport {
    std::uint64_t runs = 0, failed = 0;
    std::uint64_t keys_acknowledged = 0, keys_lost = 0, keys_unreadable = 0, disks_lost = 0;
    std::uint64_t thin_runs = 0, thin_keys = 0;  // see SwarmRun::thin
    LookupAudit::Statistics busy_lookups, quiet_lookups;
    /// Of busy_lookups, those of runs in which no fault divides: elsewhere each part has owners of its own.
    LookupAudit::Statistics undivided_lookups;
    std::vector<Duration> quiet;         // rising, of the runs that became ideal
    std::vector<std::uint64_t> strokes;  // by row of fault_kinds()
    std::uint64_t trace_hash = 0;
    std::vector<std::string> failures;  // with the line, the faults, and the least of them that still fail
};

SwarmReport swarm(const SwarmOptions& options);

}  // namespace chord::sim
