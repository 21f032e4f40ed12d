// chord_sim run: a ring of whole engines, as run.hpp makes it.
#include <algorithm>

#include "tests/sim/command_line.hpp"
#include "tests/sim/commands.hpp"
#include "tests/sim/report.hpp"
#include "tests/sim/run.hpp"

namespace chord::sim {

namespace {

struct RunArguments {
    RunOptions run;
    std::uint64_t nodes = 200, lookups = 1000, keys = 0, successors = 8;
    std::optional<Duration> duration, latency, jitter, spacing, partition;
    bool json = false, help = false;

    std::vector<Option> options() {
        return {
            {"--nodes", "N", "devices (200)", number(nodes, 1, 100'000)},
            {"--seed", "S", "decides everything that is random (1)", number(run.seed, 0, UINT64_MAX)},
            {"--session-mean", "T", "devices stay for this long on average, then go (for ever)",
             sim::duration(run.session_mean)},
            {"--spacing", "T", "between two devices that go, at least (5s)", sim::duration(spacing)},
            {"--hours", "H", "how long the busy phase lasts (0.167); or --for T", hours()},
            {"--for", "T", "the same with a unit: 10min", sim::duration(duration)},
            {"--partition", "T", "two halves cannot hear each other for this long", sim::duration(partition)},
            {"--lookups", "K", "in the busy phase, and again in the quiet one (1000)", number(lookups, 0, 10'000'000)},
            {"--keys", "K", "written at first, read at last (0)", number(keys, 0, 1'000'000)},
            {"--latency", "T", "one way, mean (20ms)", sim::duration(latency)},
            {"--jitter", "T", "the latency is uniform within ± this (10ms)", sim::duration(jitter)},
            {"--loss", "P", "share of datagrams lost (0)", share(run.network.loss)},
            {"--duplicate", "P", "share of datagrams that arrive twice (0)", share(run.network.duplicate)},
            {"--reorder", "P", "share of datagrams that are overtaken (0)", share(run.network.reorder)},
            {"--successors", "R", "length of the successor list (8)", number(successors, 1, kSuccessorsMax)},
            {"--plain-chord", "", "route by fingers and first successor alone, as the 2001 paper does",
             flag(run.node.plain_chord)},
            {"--json", "", "one object on stdout", flag(json)},
            {"--help", "", "this text", flag(help)},
        };
    }

    // Takes over what the table could not write in place; returns the sentence to print if that cannot be.
    std::optional<std::string> finish() {
        run.nodes = nodes;
        run.lookups = lookups;
        run.keys = keys;
        run.node.successors = successors;
        run.node.replicas = std::min<std::size_t>(run.node.replicas, successors + 1);
        run.partition = partition;
        run.duration = duration.value_or(run.duration);
        run.spacing = spacing.value_or(run.spacing);
        run.network.latency = latency.value_or(run.network.latency);
        run.network.jitter = jitter.value_or(std::min(run.network.jitter, run.network.latency));
        if (run.network.jitter > run.network.latency) {
            return "--jitter cannot be more than the latency";
        }
        return std::nullopt;
    }

private:
    std::function<std::optional<std::string>(const std::string&)> hours() {
        return [take = sim::duration(duration)](const std::string& text) -> std::optional<std::string> {
            return take(text + "h") ? std::optional<std::string>("a number of hours above 0 and at most 87600")
                                    : std::nullopt;
        };
    }
};

void add_lookups(Report& report, const std::string& phase, const LookupAudit::Statistics& lookups) {
    report.add(phase + "_lookups", lookups.asked);
    report.add(phase + "_lookups_right", lookups.right);
    report.add(phase + "_lookups_wrong", lookups.wrong);
    report.add(phase + "_lookups_failed", lookups.failed);
    report.add(phase + "_lookup_timeouts", lookups.timeouts);
}

}  // namespace

int run_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err) {
    RunArguments command;
    const std::vector<Option> options = command.options();
    if (const std::optional<std::string> sentence = parse(options, arguments)) {
        return bad_usage("run: " + *sentence, err);
    }
    if (command.help) {
        std::fprintf(out, "usage: chord_sim run [option...]\n\nA ring of whole nodes in virtual time.\n\n%s",
                     help(options).c_str());
        return 0;
    }
    if (const std::optional<std::string> sentence = command.finish()) {
        return bad_usage("run: " + *sentence, err);
    }
    const std::string line = command_line("run", arguments, command.run.seed);
    announce(line, command.json, out, err);

    const RunReport run = simulate(command.run);
    Report report(line);
    report.add("nodes", command.nodes);
    report.add("join_to_ideal_s", run.joined);
    if (command.partition) {
        report.add("heal_to_ideal_s", run.merged);
    }
    add_lookups(report, "busy", run.busy_lookups);
    report.add("crashes", run.churn.crashes);
    report.add("leaves", run.churn.leaves);
    report.add("returns", run.churn.returns);
    report.add("replacements", run.churn.replacements);
    report.add("quiet_to_ideal_s", run.quiet);
    add_lookups(report, "quiet", run.quiet_lookups);
    report.add_decimal("path_mean", run.path_mean());
    report.add_decimal("path_plain_chord", run.path_expected);
    if (run.keys) {
        report.add("keys_acknowledged", run.keys->acknowledged);
        report.add("keys_read", run.keys->read);
        report.add("keys_lost", run.keys->lost.size());
    }
    report.add("virtual_time_s", run.virtual_time);
    report.add("datagrams", run.world.datagrams);
    report.add("datagram_bytes", run.world.datagram_bytes);
    report.add("calls_answered", run.world.calls_answered);
    report.add("calls_timed_out", run.world.calls_timed_out);
    report.add("ring_checks", run.world.ring_checks);
    for (std::size_t rule = 0; rule < kRules; ++rule) {
        if (run.world.broken[rule] > 0) {
            report.add(std::string(name(static_cast<Rule>(rule))) + "_broken_checks", run.world.broken[rule]);
        }
    }
    report.add_text("trace_hash", hex(run.trace_hash));
    for (const std::string& violation : run.violations) {
        report.complain(violation);
    }
    return report.print(command.json, out);
}

}  // namespace chord::sim
