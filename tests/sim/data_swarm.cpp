#include "tests/sim/data_swarm.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "tests/sim/nemesis/nemesis.hpp"
#include "tests/sim/report.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kNodesMin = 3, kNodesMax = 8;
constexpr std::array<std::size_t, 3> kSuccessors{2, 3, 8};
constexpr std::uint64_t kFaultOneOf = 6;
constexpr Duration kJoinBound = std::chrono::minutes(10);
constexpr Duration kQuietBound = std::chrono::minutes(15);
constexpr Duration kAnswerBound = std::chrono::seconds(30);
constexpr Duration kLifetimesEnd = std::chrono::seconds(60);

// One loss or one late datagram is no death; everything else may make two nodes believe that they own a key.
constexpr std::array<std::string_view, 1> kHarmless{"disorder"};

class Run {
public:
    explicit Run(const DataPlan& plan) : plan_(plan), dice_(plan.seed ^ 0xda7a), world_(world_options(plan)) {}

    DataRun run() {
        if (join()) {
            DataAudit audit(world_, dice_.next(), plan_.sessions, plan_.keys);
            busy(audit);
            quiet(audit);
            found_.totals = audit.totals();
            found_.counts = audit.counts();
        }
        for (const std::string& violation : world_.violations()) {
            found_.violations.push_back(violation);
        }
        found_.trace_hash = world_.trace_hash();
        return std::move(found_);
    }

private:
    static WorldOptions world_options(const DataPlan& plan) {
        WorldOptions world;
        world.seed = plan.seed;
        world.node = plan.node;
        return world;
    }

    bool join() {
        for (std::size_t i = 0; i < plan_.nodes; ++i) {
            world_.add();
        }
        const bool joined = world_.run_until([this] { return world_.settled(); }, kJoinBound).has_value();
        if (!joined) {
            found_.violations.push_back("never settled after the start:\n" + world_.dump());
        }
        return joined;
    }

    void busy(DataAudit& audit) {
        Nemesis nemesis(world_, plan_.faults);
        const Time end = world_.now() + plan_.busy;
        Time act_at = world_.now();
        while (world_.now() < end) {
            world_.run_until(std::min({end, nemesis.next(), act_at}));
            nemesis.act();
            if (act_at <= world_.now()) {
                act_at += exponential(dice_, plan_.spacing);
                if (world_.live_count() > 0) {
                    audit.tend();
                    audit.act();
                }
            }
        }
        nemesis.heal();
        found_.disks_lost = nemesis.budget().lost();
    }

    void quiet(DataAudit& audit) {
        audit.tend();
        world_.run_until([&] { return audit.outstanding() == 0; }, kAnswerBound);
        found_.quiet = world_.run_until([this] { return world_.settled(); }, kQuietBound);
        if (!found_.quiet) {
            found_.violations.push_back("not settled " + seconds(kQuietBound) + " s after the last fault:\n" +
                                        world_.dump());
            return;
        }
        world_.run_for(kLifetimesEnd);  // lifetimes end, and watchers hear of it
        const std::vector<std::string> wrong = audit.judge(plan_.strict);
        found_.violations.insert(found_.violations.end(), wrong.begin(), wrong.end());
    }

    const DataPlan& plan_;
    Rng dice_;
    World world_;
    DataRun found_;
};

}  // namespace

DataRun run_data_plan(const DataPlan& plan) {
    return Run(plan).run();
}

DataPlan draw_data_plan(const DataOptions& options, std::uint64_t index) {
    Rng dice(Rng(Rng(options.seed).next() + index).next() ^ 0xda7a);
    DataPlan plan;
    plan.seed = dice.next();
    plan.nodes = kNodesMin + dice.below(kNodesMax - kNodesMin + 1);
    plan.node.successors = kSuccessors[dice.below(kSuccessors.size())];
    plan.node.replicas = std::min<std::size_t>(3, plan.node.successors + 1);
    plan.sessions = 1 + dice.below(6);
    plan.keys = 2 + dice.below(7);
    plan.busy = std::chrono::seconds(30 + dice.below(60));
    plan.spacing = std::chrono::milliseconds(20 + dice.below(200));
    const std::uint64_t fault_seed = dice.next();
    const std::size_t at_least = dice.below(fault_kinds().size() + 1);  // or none
    plan.strict = true;
    for (std::size_t kind = 0; kind < fault_kinds().size(); ++kind) {
        const bool drawn = dice.below(kFaultOneOf) == 0 || kind == at_least;
        const bool named =
            options.faults && std::find(options.faults->begin(), options.faults->end(), kind) != options.faults->end();
        if (options.faults ? !named : !drawn || at_least == fault_kinds().size()) {
            continue;
        }
        plan.faults.push_back(draw_fault(kind, plan.busy, fault_seed));
        const std::string_view name = fault_kinds()[kind].name;
        plan.strict = plan.strict && std::find(kHarmless.begin(), kHarmless.end(), name) != kHarmless.end();
    }
    return plan;
}

std::string data_line(const DataOptions& options, std::uint64_t index, const DataPlan& plan) {
    std::string line =
        "chord_sim data --seed " + std::to_string(options.seed) + " --runs 1 --index " + std::to_string(index);
    for (const FaultPlan& fault : plan.faults) {
        line += (&fault == &plan.faults.front() ? " --faults " : ",") + std::string(fault_kinds()[fault.kind].name);
    }
    return plan.faults.empty() ? line + " --faults none" : line;
}

DataReport data_swarm(const DataOptions& options) {
    DataReport report;
    TraceHash trace;
    for (std::uint64_t i = 0; i < options.runs; ++i) {
        const std::uint64_t index = options.first_index + i;
        const DataPlan plan = draw_data_plan(options, index);
        const DataRun run = run_data_plan(plan);
        ++report.runs;
        report.strict_runs += plan.strict ? 1U : 0U;
        report.totals.attempts += run.totals.attempts;
        report.totals.acknowledged += run.totals.acknowledged;
        report.totals.refused += run.totals.refused;
        report.totals.unanswered += run.totals.unanswered;
        report.counts.reads += run.counts.reads;
        report.counts.reads_failed += run.counts.reads_failed;
        report.counts.twice += run.counts.twice;
        report.counts.decided_twice += run.counts.decided_twice;
        report.counts.events += run.counts.events;
        report.counts.resyncs += run.counts.resyncs;
        report.disks_lost += run.disks_lost;
        report.never_settled += run.quiet ? 0U : 1U;
        trace.add(run.trace_hash);
        if (run.violations.empty()) {
            continue;
        }
        ++report.failed;
        if (report.failures.size() < options.failures_told) {
            std::string told = data_line(options, index, plan) + "\n  " + std::to_string(plan.nodes) + " nodes\n";
            for (const FaultPlan& fault : plan.faults) {
                told += "    " + text(fault) + "\n";
            }
            for (const std::string& violation : run.violations) {
                told += "  " + violation + "\n";
            }
            report.failures.push_back(std::move(told));
        }
    }
    report.trace_hash = trace.value();
    return report;
}

}  // namespace chord::sim
