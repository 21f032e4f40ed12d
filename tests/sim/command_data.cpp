// chord_sim data: short schedules of data operations in small rings of whole stacks, as data_swarm.hpp makes them.
#include "tests/sim/command_line.hpp"
#include "tests/sim/commands.hpp"
#include "tests/sim/data_swarm.hpp"
#include "tests/sim/fault_list.hpp"
#include "tests/sim/report.hpp"

namespace chord::sim {

int data_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err) {
    DataOptions data_options;
    std::optional<std::uint64_t> runs, index;
    bool json = false, help_wanted = false;
    const std::vector<Option> options{
        {"--runs", "K", "how many schedules (1000; 1 with --index)", number(runs, 1, 10'000'000)},
        {"--seed", "S", "decides everything that is random (1)", number(data_options.seed, 0, UINT64_MAX)},
        {"--index", "I", "the first schedule's number (0)", number(index, 0, UINT64_MAX / 2)},
        {"--faults", "A,B", "these and no others, instead of drawing them; or none", fault_list(data_options.faults)},
        {"--json", "", "one object on stdout", flag(json)},
        {"--help", "", "this text", flag(help_wanted)},
    };
    if (const std::optional<std::string> sentence = parse(options, arguments)) {
        return bad_usage("data: " + *sentence, err);
    }
    if (help_wanted) {
        std::fprintf(out,
                     "usage: chord_sim data [option...]\n\nReads, writes, deletes, conditional writes, lifetimes and "
                     "watches in small rings of whole nodes, under faults; then quiet, in which all holders must be "
                     "equal and right.\n\n%s\nThe faults:\n\n%s",
                     help(options).c_str(), fault_help().c_str());
        return 0;
    }
    data_options.first_index = index.value_or(0);
    data_options.runs = runs.value_or(index ? 1 : data_options.runs);
    const std::string line = command_line("data", arguments, data_options.seed);
    announce(line, json, out, err);

    const DataReport found = data_swarm(data_options);
    Report report(line);
    report.add("runs", found.runs);
    report.add("strict_runs", found.strict_runs);
    report.add("failed", found.failed);
    report.add("never_settled", found.never_settled);
    report.add("writes", found.totals.attempts);
    report.add("writes_acknowledged", found.totals.acknowledged);
    report.add("writes_refused", found.totals.refused);
    report.add("writes_unanswered", found.totals.unanswered);
    report.add("reads", found.counts.reads);
    report.add("reads_failed", found.counts.reads_failed);
    report.add("values_twice", found.counts.twice);
    report.add("versions_replaced_twice", found.counts.decided_twice);
    report.add("watch_events", found.counts.events);
    report.add("watch_resyncs", found.counts.resyncs);
    report.add("disks_lost", found.disks_lost);
    report.add_text("trace_hash", hex(found.trace_hash));
    for (const std::string& failure : found.failures) {
        report.complain(failure);
    }
    return report.print(json, out);
}

}  // namespace chord::sim
