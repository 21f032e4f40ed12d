// chord_sim swarm: runs of whole stacks under faults that are drawn from the seed, as swarm.hpp makes them.
#include "tests/sim/command_line.hpp"
#include "tests/sim/commands.hpp"
#include "tests/sim/fault_list.hpp"
#include "tests/sim/report.hpp"
#include "tests/sim/swarm.hpp"

namespace chord::sim {

namespace {

void print_help(const std::vector<Option>& options, std::FILE* out) {
    std::fprintf(out,
                 "usage: chord_sim swarm [option...]\n\nRings of whole nodes, each under faults of its own; then "
                 "quiet, in which all must become right again.\n\n%s\nThe faults:\n\n%s",
                 help(options).c_str(), fault_help().c_str());
}

void add_lookups(Report& report, const std::string& phase, const LookupAudit::Statistics& lookups) {
    report.add(phase + "_lookups", lookups.asked);
    report.add(phase + "_lookups_right", lookups.right);
    report.add(phase + "_lookups_wrong", lookups.wrong);
    report.add(phase + "_lookups_failed", lookups.failed);
}

// The value below which `percent` of them lie.
std::optional<Duration> percentile(const std::vector<Duration>& rising, std::size_t percent) {
    return rising.empty() ? std::nullopt : std::optional(rising[(rising.size() - 1) * percent / 100]);
}

}  // namespace

int swarm_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err) {
    SwarmOptions swarm_options;
    std::optional<std::uint64_t> runs, index, nodes, value_bytes;
    bool json = false, help_wanted = false;
    const std::vector<Option> options{
        {"--runs", "K", "how many (20; 1 with --index)", number(runs, 1, 1'000'000)},
        {"--seed", "S", "decides everything that is random (1)", number(swarm_options.seed, 0, UINT64_MAX)},
        {"--index", "I", "the first run's number (0)", number(index, 0, UINT64_MAX / 2)},
        {"--nodes", "N", "devices at the beginning, instead of drawing 5 to 40", number(nodes, 1, 200)},
        {"--value-bytes", "N", "values of up to N bytes more than the usual few tens", number(value_bytes, 1, 65'000)},
        {"--faults", "A,B", "these and no others, instead of drawing them; or none", fault_list(swarm_options.faults)},
        {"--json", "", "one object on stdout", flag(json)},
        {"--help", "", "this text", flag(help_wanted)},
    };
    if (const std::optional<std::string> sentence = parse(options, arguments)) {
        return bad_usage("swarm: " + *sentence, err);
    }
    if (help_wanted) {
        print_help(options, out);
        return 0;
    }
    swarm_options.nodes = nodes;
    swarm_options.value_bytes_max = value_bytes.value_or(0);
    swarm_options.first_index = index.value_or(0);
    swarm_options.runs = runs.value_or(index ? 1 : swarm_options.runs);
    const std::string line = command_line("swarm", arguments, swarm_options.seed);
    announce(line, json, out, err);

    const SwarmReport found = swarm(swarm_options);
    Report report(line);
    report.add("runs", found.runs);
    report.add("failed", found.failed);
    add_lookups(report, "busy", found.busy_lookups);
    add_lookups(report, "undivided", found.undivided_lookups);
    add_lookups(report, "quiet", found.quiet_lookups);
    report.add("keys_acknowledged", found.keys_acknowledged);
    report.add("keys_lost", found.keys_lost);
    report.add("keys_unreadable", found.keys_unreadable);
    report.add("keys_lacking_a_copy", found.thin_keys);
    report.add("runs_with_such_keys", found.thin_runs);
    report.add("disks_lost", found.disks_lost);
    report.add("quiet_to_settled_p50_s", percentile(found.quiet, 50));
    report.add("quiet_to_settled_p99_s", percentile(found.quiet, 99));
    report.add("quiet_to_settled_max_s", percentile(found.quiet, 100));
    for (std::size_t kind = 0; kind < found.strokes.size(); ++kind) {
        if (found.strokes[kind] > 0) {
            report.add(std::string(fault_kinds()[kind].name) + "_strokes", found.strokes[kind]);
        }
    }
    report.add_text("trace_hash", hex(found.trace_hash));
    for (const std::string& failure : found.failures) {
        report.complain(failure);
    }
    return report.print(json, out);
}

}  // namespace chord::sim
