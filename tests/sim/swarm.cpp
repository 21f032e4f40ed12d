#include "tests/sim/swarm.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "node/core/base/hash.hpp"
#include "tests/sim/nemesis/nemesis.hpp"
#include "tests/sim/report.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kNodesMin = 5, kNodesMax = 40;
constexpr std::array<std::size_t, 4> kSuccessors{2, 3, 4, 8};
constexpr std::array<std::size_t, 4> kReplicas{3, 3, 4, 5};
constexpr std::uint64_t kFaultOneOf = 4;  // how often a fault can happen in a run

constexpr Duration kStartSpacing = std::chrono::milliseconds(200);
constexpr Duration kJoinBound = std::chrono::minutes(10);
constexpr Duration kWriteSpacing = std::chrono::seconds(4);
constexpr Duration kLookupSpacing = std::chrono::seconds(1);
constexpr Duration kLookupPatience = std::chrono::seconds(15);
constexpr Duration kQuietLookupSpacing = std::chrono::milliseconds(50);
constexpr std::size_t kFirstKeys = 32, kQuietLookups = 50;

class Run {
public:
    explicit Run(const SwarmPlan& plan)
        : plan_(plan),
          dice_(plan.seed ^ 0x5a4d),
          world_(world_options(plan)),
          keys_(world_, dice_.next(), plan.value_bytes_max) {}

    SwarmRun run() {
        if (join()) {
            keys_.write(kFirstKeys);
            busy();
            quiet();
        }
        for (const std::string& violation : world_.violations()) {
            complain(violation);
        }
        found_.trace_hash = world_.trace_hash();
        return std::move(found_);
    }

private:
    static WorldOptions world_options(const SwarmPlan& plan) {
        WorldOptions world;
        world.seed = plan.seed;
        world.node = plan.node;
        return world;
    }

    void complain(std::string what) { found_.violations.push_back(std::move(what)); }

    bool join() {
        for (std::size_t i = 0; i < plan_.nodes; ++i) {
            world_.add();
            world_.run_for(exponential(dice_, kStartSpacing));
        }
        const bool joined = world_.run_until([this] { return world_.settled(); }, kJoinBound).has_value();
        if (!joined) {
            complain("not ideal and settled " + seconds(kJoinBound) + " s after the last node had started:\n" +
                     world_.dump());
        }
        return joined;
    }

    void busy() {
        Nemesis nemesis(world_, plan_.faults);
        LookupAudit lookups(world_, dice_.next());
        const Time end = world_.now() + plan_.busy;
        Time write_at = world_.now(), lookup_at = world_.now();
        while (world_.now() < end) {
            world_.run_until(std::min({end, nemesis.next(), write_at, lookup_at}));
            nemesis.act();
            if (write_at <= world_.now()) {
                write_at += kWriteSpacing;
                if (world_.live_count() > 0) {
                    keys_.begin_write();
                }
            }
            if (lookup_at <= world_.now()) {
                lookup_at += kLookupSpacing;
                if (world_.live_count() > 0) {
                    lookups.ask();
                }
            }
        }
        healed_at_ = world_.now();
        nemesis.heal();
        world_.run_until([&] { return lookups.outstanding() == 0; }, kLookupPatience);
        found_.busy_lookups = lookups.statistics();
        if (lookups.outstanding() > 0) {
            complain(std::to_string(lookups.outstanding()) + " lookups never ended");
        }
        found_.disks_lost = nemesis.budget().lost();
        found_.strokes = nemesis.strokes();
    }

    void quiet() {
        const Duration left = SwarmRun::kQuietBound - (world_.now() - healed_at_);
        if (!world_.run_until([this] { return world_.settled(); }, left)) {
            complain((world_.ideal() ? "an arc did not agree with its replicas " : "the ring was not ideal ") +
                     seconds(SwarmRun::kQuietBound) + " s after the last fault:\n" + world_.dump() + unsettled());
        } else {
            found_.quiet = world_.now() - healed_at_;
            found_.thin = thin_keys();
            tell("acknowledged keys lack a copy though everybody is settled", found_.thin);
            quiet_lookups();
        }
        found_.keys = keys_.read_all();
        tell("acknowledged keys are lost", found_.keys.lost);
        tell("keys cannot be read", found_.keys.unreadable);
    }

    void quiet_lookups() {
        LookupAudit lookups(world_, dice_.next());
        for (std::size_t i = 0; i < kQuietLookups; ++i) {
            lookups.ask();
            world_.run_for(kQuietLookupSpacing);
        }
        world_.run_until([&] { return lookups.outstanding() == 0; }, kLookupPatience);
        found_.quiet_lookups = lookups.statistics();
        const std::uint64_t not_right = found_.quiet_lookups.asked - found_.quiet_lookups.right;
        if (not_right > 0) {
            complain("in an ideal ring " + std::to_string(found_.quiet_lookups.wrong) + " of " +
                     std::to_string(found_.quiet_lookups.asked) + " lookups were answered wrongly, " +
                     std::to_string(found_.quiet_lookups.failed) + " failed and " +
                     std::to_string(lookups.outstanding()) + " never ended");
        }
    }

    // Keys that the owner or one of its R - 1 successors does not hold in the acknowledged version or a greater one.
    std::vector<std::string> thin_keys() {
        std::map<Id, std::size_t> members;
        for (const std::size_t device : world_.live()) {
            members.emplace(world_.id(device), device);
        }
        std::vector<std::string> thin;
        for (const auto& [key, acknowledged] : keys_.acknowledged()) {
            const Id point = key_id(key);
            auto holder = members.lower_bound(point);
            for (std::size_t i = 0; i < std::min(plan_.node.replicas, members.size()); ++i) {
                holder = holder == members.end() ? members.begin() : holder;
                const std::optional<Version> held = world_.held(holder->second, point);
                if (!held || *held < acknowledged.version) {
                    thin.push_back(key + " (at device " + std::to_string(holder->second) + ")");
                }
                ++holder;
            }
        }
        return thin;
    }

    std::string unsettled() const {
        std::string lines;
        for (const std::size_t device : world_.live()) {
            if (!world_.node(device).settled()) {
                lines +=
                    "device " + std::to_string(device) + " (" + world_.id(device).short_hex() + ") is not settled\n";
            }
        }
        return lines;
    }

    void tell(const std::string& what, const std::vector<std::string>& keys) {
        if (!keys.empty()) {
            complain(std::to_string(keys.size()) + " " + what + ", the first is '" + keys.front() + "'");
        }
    }

    const SwarmPlan& plan_;
    Rng dice_;
    World world_;
    KeyAudit keys_;
    Time healed_at_{};
    SwarmRun found_;
};

void add(LookupAudit::Statistics& sum, const LookupAudit::Statistics& lookups) {
    sum.asked += lookups.asked;
    sum.right += lookups.right;
    sum.wrong += lookups.wrong;
    sum.failed += lookups.failed;
    sum.cut_short += lookups.cut_short;
    sum.timeouts += lookups.timeouts;
}

std::string lines_of(const std::vector<FaultPlan>& faults) {
    std::string lines;
    for (const FaultPlan& fault : faults) {
        lines += "    " + text(fault) + "\n";
    }
    return lines;
}

// Takes away one fault after the other for as long as the run still fails without it.
SwarmPlan shrink(SwarmPlan plan) {
    for (std::size_t i = 0; i < plan.faults.size();) {
        SwarmPlan less = plan;
        less.faults.erase(less.faults.begin() + static_cast<std::ptrdiff_t>(i));
        if (!run_swarm_plan(less).violations.empty()) {
            plan = std::move(less);
        } else {
            ++i;
        }
    }
    return plan;
}

std::string explain(const SwarmOptions& options, std::uint64_t index, const SwarmPlan& plan, const SwarmRun& run) {
    std::string text = swarm_line(options, index, plan) + "\n  " + std::to_string(plan.nodes) + " nodes, " +
                       std::to_string(plan.node.successors) + " successors, " + std::to_string(plan.node.replicas) +
                       " replicas\n" + lines_of(plan.faults);
    for (const std::string& violation : run.violations) {
        text += "  " + violation + "\n";
    }
    const SwarmPlan least = shrink(plan);
    if (least.faults.size() < plan.faults.size()) {
        text += "  it fails with these faults alone, too: " + swarm_line(options, index, least) + "\n  " +
                run_swarm_plan(least).violations.front() + "\n";
    }
    return text;
}

}  // namespace

SwarmRun run_swarm_plan(const SwarmPlan& plan) {
    return Run(plan).run();
}

SwarmPlan draw_swarm_plan(const SwarmOptions& options, std::uint64_t index) {
    Rng dice(Rng(Rng(options.seed).next() + index).next());
    SwarmPlan plan;
    plan.seed = dice.next();
    plan.nodes = kNodesMin + dice.below(kNodesMax - kNodesMin + 1);
    plan.nodes = options.nodes.value_or(plan.nodes);
    plan.value_bytes_max = options.value_bytes_max;
    plan.node.successors = kSuccessors[dice.below(kSuccessors.size())];
    plan.node.replicas = std::min(kReplicas[dice.below(kReplicas.size())], plan.node.successors + 1);
    const std::uint64_t fault_seed = dice.next();
    const std::size_t at_least = dice.below(fault_kinds().size());
    for (std::size_t kind = 0; kind < fault_kinds().size(); ++kind) {
        const bool drawn = dice.below(kFaultOneOf) == 0 || kind == at_least;
        const bool named =
            options.faults && std::find(options.faults->begin(), options.faults->end(), kind) != options.faults->end();
        if (options.faults ? named : drawn) {
            plan.faults.push_back(draw_fault(kind, plan.busy, fault_seed));
        }
    }
    return plan;
}

std::string swarm_line(const SwarmOptions& options, std::uint64_t index, const SwarmPlan& plan) {
    std::string line =
        "chord_sim swarm --seed " + std::to_string(options.seed) + " --runs 1 --index " + std::to_string(index);
    if (options.nodes) {
        line += " --nodes " + std::to_string(*options.nodes);
    }
    if (options.value_bytes_max > 0) {
        line += " --value-bytes " + std::to_string(options.value_bytes_max);
    }
    for (const FaultPlan& fault : plan.faults) {
        line += (&fault == &plan.faults.front() ? " --faults " : ",") + std::string(fault_kinds()[fault.kind].name);
    }
    return plan.faults.empty() ? line + " --faults none" : line;
}

SwarmReport swarm(const SwarmOptions& options) {
    SwarmReport report;
    TraceHash trace;
    report.strokes.resize(fault_kinds().size());
    for (std::uint64_t i = 0; i < options.runs; ++i) {
        const std::uint64_t index = options.first_index + i;
        const SwarmPlan plan = draw_swarm_plan(options, index);
        const SwarmRun run = run_swarm_plan(plan);
        ++report.runs;
        report.keys_acknowledged += run.keys.acknowledged;
        report.keys_lost += run.keys.lost.size();
        report.keys_unreadable += run.keys.unreadable.size();
        report.disks_lost += run.disks_lost;
        report.thin_runs += run.thin.empty() ? 0U : 1U;
        report.thin_keys += run.thin.size();
        add(report.busy_lookups, run.busy_lookups);
        const bool divided = std::any_of(plan.faults.begin(), plan.faults.end(),
                                         [](const FaultPlan& fault) { return fault_kinds()[fault.kind].divides; });
        add(report.undivided_lookups, divided ? LookupAudit::Statistics{} : run.busy_lookups);
        add(report.quiet_lookups, run.quiet_lookups);
        for (std::size_t kind = 0; kind < run.strokes.size(); ++kind) {
            report.strokes[kind] += run.strokes[kind];
        }
        if (run.quiet) {
            report.quiet.push_back(*run.quiet);
        }
        trace.add(run.trace_hash);
        if (!run.violations.empty()) {
            ++report.failed;
            if (report.failures.size() < options.failures_told) {
                report.failures.push_back(explain(options, index, plan, run));
            }
        }
    }
    std::sort(report.quiet.begin(), report.quiet.end());
    report.trace_hash = trace.value();
    return report;
}

}  // namespace chord::sim
