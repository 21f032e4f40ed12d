// chord_sim walk: random schedules of joins, failures and leaves, at event or message level, or of splits.
#include "tests/sim/command_line.hpp"
#include "tests/sim/commands.hpp"
#include "tests/sim/message_walker.hpp"
#include "tests/sim/report.hpp"
#include "tests/sim/schedule_walker.hpp"
#include "tests/sim/split_walker.hpp"

namespace chord::sim {

namespace {

std::optional<Variant> variant_named(const std::string& name) {
    for (std::size_t i = 0; i < kVariantNames.size(); ++i) {
        if (name == kVariantNames[i]) {
            return static_cast<Variant>(i);
        }
    }
    return std::nullopt;
}

constexpr std::uint64_t kNodesDefault = 10;
constexpr std::uint64_t kNodesMax = 12;
constexpr std::uint64_t kSplitNodesMin = 4;
constexpr std::uint64_t kSplitNodesMax = 16;
constexpr std::uint64_t kSplitSuccessorsMin = 2;

void add_keys(const SplitReport& found, Report& report) {
    report.add("writes", found.totals.attempts);
    report.add("acknowledged", found.totals.acknowledged);
    report.add("refused", found.totals.refused);
    report.add("unanswered", found.totals.unanswered);
    report.add("reads", found.reads);
    report.add("reads_judged", found.reads_judged);
    report.add("lost", found.keys.lost.size());
    report.add("foreign", found.keys.foreign.size());
    report.add("stale_reads", found.keys.stale.size());
    report.add("stale_reads_between_joins", found.stale_between_joins);
    report.add("conflicts_listed", found.keys.listed);
    report.add("conflicts_unlisted", found.keys.unlisted.size());
    report.add("conflicts_claimed", found.keys.claimed);
    report.add("conflicts_claimed_apart", found.keys.claimed_apart);
    report.add("conflicts_unproven", found.keys.unproven);
}

}  // namespace

int walk_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err) {
    WalkOptions walk;
    std::uint64_t successors = 3, rounds_max = 50;
    std::optional<std::uint64_t> schedules, index, most_nodes;
    bool messages = false, splits = false, json = false, help_wanted = false;
    const std::vector<Option> options{
        {"--schedules", "K", "how many (1000; 1 with --index)", number(schedules, 1, 1'000'000'000)},
        {"--r", "R", "length of the successor list (3)", number(successors, 1, kSuccessorsMax)},
        {"--seed", "S", "decides everything that is random (1)", number(walk.seed, 0, UINT64_MAX)},
        {"--index", "I", "the first schedule's number (0)", number(index, 0, UINT64_MAX / 2)},
        {"--n-max", "N", "nodes alive at a time (10; with --splits 16)", number(most_nodes, 3, kSplitNodesMax)},
        {"--rounds", "K", "of quiet within which the ring must be ideal (50)", number(rounds_max, 1, 100'000)},
        {"--messages", "", "whole nodes and messages instead of bare events", flag(messages)},
        {"--splits", "", "the same with splits, writes on every side, and what became of the values", flag(splits)},
        {"--broken", "RULE", "leave a rule out: adopt-unanswered, padded-join, lost-regroup",
         [&](const std::string& text) -> std::optional<std::string> {
             const std::optional<Variant> variant = variant_named(text);
             walk.variant = variant.value_or(Variant::correct);
             return variant ? std::nullopt : std::optional<std::string>("one of the rules that --help names");
         }},
        {"--json", "", "one object on stdout", flag(json)},
        {"--help", "", "this text", flag(help_wanted)},
    };
    if (const std::optional<std::string> sentence = parse(options, arguments)) {
        return bad_usage("walk: " + *sentence, err);
    }
    if (help_wanted) {
        std::fprintf(
            out,
            "usage: chord_sim walk [option...]\n\nRandom schedules of joins, failures and leaves, each until the "
            "ring is ideal again.\n\n%s",
            help(options).c_str());
        return 0;
    }
    if ((messages || splits) && walk.variant != Variant::correct) {
        return bad_usage("walk: --broken works at event level only, without --messages or --splits", err);
    }
    if (messages && splits) {
        return bad_usage("walk: --splits is a walk of its own, without --messages", err);
    }
    if (splits && successors < kSplitSuccessorsMin) {
        return bad_usage("walk: --splits needs --r of at least 2, as it keeps three copies", err);
    }
    const std::uint64_t nodes_max = most_nodes.value_or(splits ? kSplitNodesMax : kNodesDefault);
    if (nodes_max > (splits ? kSplitNodesMax : kNodesMax) || (splits && nodes_max < kSplitNodesMin)) {
        return bad_usage("walk: --n-max must be from 3 to 12, and with --splits from 4 to 16", err);
    }
    walk.first_index = index.value_or(0);
    walk.schedules = schedules.value_or(index ? 1 : walk.schedules);
    walk.length_max = successors;
    walk.nodes_max = nodes_max;
    walk.rounds_max = rounds_max;
    const std::string line = command_line("walk", arguments, walk.seed);
    announce(line, json, out, err);

    const std::optional<SplitReport> split = splits ? std::optional(walk_splits(walk)) : std::nullopt;
    const WalkReport found = split ? split->walk : messages ? walk_messages(walk) : walk_schedules(walk);
    Report report(line);
    report.add("schedules", found.schedules);
    report.add("converged", found.converged);
    report.add("non_converged", found.non_converged);
    report.add("broken", found.broken);
    report.add(messages || splits ? "messages" : "events", found.events);
    report.add("rounds_p50", found.rounds_p50);
    report.add("rounds_p99", found.rounds_p99);
    report.add("rounds_max", found.rounds_max);
    for (std::size_t rule = 0; rule < kRules; ++rule) {
        if (found.transient[rule] > 0) {
            report.add(std::string(name(static_cast<Rule>(rule))) + "_broken_for_a_while", found.transient[rule]);
        }
    }
    if (split) {
        add_keys(*split, report);
    }
    report.add_text("trace_hash", hex(found.trace_hash));
    for (const WalkFailure& failure : found.failures) {
        report.complain(failure.text);
    }
    return report.print(json, out);
}

}  // namespace chord::sim
