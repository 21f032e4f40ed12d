// chord_sim walk: random schedules of joins, failures and leaves, at event or message level.
#include "tests/sim/command_line.hpp"
#include "tests/sim/commands.hpp"
#include "tests/sim/message_walker.hpp"
#include "tests/sim/report.hpp"
#include "tests/sim/schedule_walker.hpp"

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

}  // namespace

int walk_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err) {
    WalkOptions walk;
    std::uint64_t successors = 3, nodes_max = 10, rounds_max = 50;
    bool messages = false, json = false, help_wanted = false;
    const std::vector<Option> options{
        {"--schedules", "K", "how many (1000)", number(walk.schedules, 1, 1'000'000'000)},
        {"--r", "R", "length of the successor list (3)", number(successors, 1, kSuccessorsMax)},
        {"--seed", "S", "decides everything that is random (1)", number(walk.seed, 0, UINT64_MAX)},
        {"--index", "I", "the first schedule's number (0)", number(walk.first_index, 0, UINT64_MAX / 2)},
        {"--n-max", "N", "nodes alive at a time (10)", number(nodes_max, 3, 12)},
        {"--rounds", "K", "of quiet within which the ring must be ideal (50)", number(rounds_max, 1, 100'000)},
        {"--messages", "", "whole nodes and messages instead of bare events", flag(messages)},
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
    if (messages && walk.variant != Variant::correct) {
        return bad_usage("walk: --broken works at event level only, without --messages", err);
    }
    walk.length_max = successors;
    walk.nodes_max = nodes_max;
    walk.rounds_max = rounds_max;
    const std::string line = command_line("walk", arguments, walk.seed);
    announce(line, json, out, err);

    const WalkReport found = messages ? walk_messages(walk) : walk_schedules(walk);
    Report report(line);
    report.add("schedules", found.schedules);
    report.add("converged", found.converged);
    report.add("non_converged", found.non_converged);
    report.add("broken", found.broken);
    report.add(messages ? "messages" : "events", found.events);
    report.add("rounds_p50", found.rounds_p50);
    report.add("rounds_p99", found.rounds_p99);
    report.add("rounds_max", found.rounds_max);
    for (std::size_t rule = 0; rule < kRules; ++rule) {
        if (found.transient[rule] > 0) {
            report.add(std::string(name(static_cast<Rule>(rule))) + "_broken_for_a_while", found.transient[rule]);
        }
    }
    report.add_text("trace_hash", hex(found.trace_hash));
    for (const WalkFailure& failure : found.failures) {
        report.complain(failure.text);
    }
    return report.print(json, out);
}

}  // namespace chord::sim
