// Many short schedules of reads, writes, deletes, conditional writes, lifetimes and watches in small rings of whole
// stacks, under the nemesis, each followed by quiet in which everything must become equal and right (data_audit.hpp).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/sim/data_audit.hpp"
#include "tests/sim/nemesis/fault.hpp"

namespace chord::sim {

/// All that a schedule depends on.
struct DataPlan {
    std::uint64_t seed = 1;
    std::size_t nodes = 3;
    NodeOptions node;
    std::size_t sessions = 4, keys = 6;
    Duration busy = std::chrono::seconds(60);
    Duration spacing = std::chrono::milliseconds(100);  // of operations
    std::vector<FaultPlan> faults;
    /// No fault makes nodes take somebody for dead who is not, or takes more holders away than W - 1 at a time: then
    /// conditions hold and nothing happens twice.
    bool strict = false;
};

struct DataRun {
    std::optional<Duration> quiet;  // from the last fault until settled
    KeyHistory::Totals totals;
    DataAudit::Counts counts;
    std::uint64_t disks_lost = 0;
    std::uint64_t trace_hash = 0;
    std::vector<std::string> violations;
};

struct DataOptions {
    std::uint64_t seed = 1;
    std::uint64_t first_index = 0;
    std::uint64_t runs = 1000;
    std::optional<std::vector<std::size_t>> faults;  // rows of fault_kinds(), instead of drawing which
    std::size_t failures_told = 3;
};

DataPlan draw_data_plan(const DataOptions& options, std::uint64_t index);
DataRun run_data_plan(const DataPlan& plan);
std::string data_line(const DataOptions& options, std::uint64_t index, const DataPlan& plan);

struct DataReport {
    std::uint64_t runs = 0, strict_runs = 0, failed = 0;
    KeyHistory::Totals totals;
    DataAudit::Counts counts;
    std::uint64_t disks_lost = 0, never_settled = 0;
    std::uint64_t trace_hash = 0;
    std::vector<std::string> failures;
};

DataReport data_swarm(const DataOptions& options);

}  // namespace chord::sim
