#include "tests/sim/commands.hpp"

#include <algorithm>

#include "tests/sim/command_line.hpp"
#include "tests/sim/message_walker.hpp"
#include "tests/sim/run.hpp"
#include "tests/sim/schedule_walker.hpp"

namespace chord::sim {

namespace {

constexpr int kViolation = 1;
constexpr int kUsage = 2;

// What a command found, as lines for people or one JSON object. Names are ours and need no escaping.
class Report {
public:
    explicit Report(std::string command) : command_(std::move(command)) {}

    void add(std::string name, std::uint64_t value) { add_raw(std::move(name), std::to_string(value)); }
    void add(std::string name, const std::optional<Duration>& value) {
        add_raw(std::move(name), value ? seconds(*value) : "null");
    }
    void add_decimal(std::string name, double value) {
        char text[32];
        std::snprintf(text, sizeof text, "%.3f", value);
        add_raw(std::move(name), text);
    }
    void add_text(std::string name, const std::string& value) { add_raw(std::move(name), quoted(value)); }
    void complain(const std::string& what) { complaints_.push_back(what); }

    int print(bool json, std::FILE* out) const {
        if (json) {
            std::string object =
                "{\"v\":1,\"command\":" + quoted(command_) + ",\"ok\":" + (complaints_.empty() ? "true" : "false");
            for (const auto& [name, value] : values_) {
                object += "," + quoted(name) + ":" + value;
            }
            object += ",\"violations\":[";
            for (const std::string& complaint : complaints_) {
                object += (object.back() == '[' ? "" : ",") + quoted(complaint);
            }
            std::fprintf(out, "%s]}\n", object.c_str());
        } else {
            for (const auto& [name, value] : values_) {
                std::fprintf(out, "  %-28s %s\n", name.c_str(), value.c_str());
            }
            for (const std::string& complaint : complaints_) {
                std::fprintf(out, "VIOLATION: %s\n", complaint.c_str());
            }
            std::fprintf(out, complaints_.empty() ? "ok\n" : "reproduce with: %s\n", command_.c_str());
        }
        return complaints_.empty() ? 0 : kViolation;
    }

    static std::string seconds(Duration duration) {
        char text[32];
        std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(duration.count() / 1'000'000),
                      static_cast<long long>(duration.count() / 1'000 % 1'000));
        return text;
    }

private:
    void add_raw(std::string name, std::string value) { values_.emplace_back(std::move(name), std::move(value)); }

    static std::string quoted(const std::string& text) {
        std::string quoted = "\"";
        for (const char c : text) {
            if (c == '\n') {
                quoted += "\\n";
            } else {
                quoted += c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
            }
        }
        return quoted + "\"";
    }

    std::string command_;
    std::vector<std::pair<std::string, std::string>> values_;
    std::vector<std::string> complaints_;
};

std::string hex(std::uint64_t value) {
    char text[20];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
    return text;
}

std::string joined(const std::string& command, const std::vector<std::string>& arguments) {
    std::string line = "chord_sim " + command;
    for (const std::string& argument : arguments) {
        line += " " + argument;
    }
    return line;
}

// The first line of every run, before anything can go wrong. With --json it goes to stderr, and into the object.
void announce(const std::string& line, bool json, std::FILE* out, std::FILE* err) {
    std::fprintf(json ? err : out, "%s\n", line.c_str());
    std::fflush(json ? err : out);
}

int bad_usage(const std::string& sentence, std::FILE* err) {
    std::fprintf(err, "chord_sim: %s\n", sentence.c_str());
    return kUsage;
}

// ---- run ----------------------------------------------------------------------------------------------------------

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
            return take(text + "h") ? std::optional<std::string>("a number of hours above 0") : std::nullopt;
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
    std::vector<std::string> given = arguments;
    if (std::find(given.begin(), given.end(), "--seed") == given.end()) {
        given.insert(given.begin(), {"--seed", std::to_string(command.run.seed)});
    }
    const std::string line = joined("run", given);
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

// ---- walk ---------------------------------------------------------------------------------------------------------

std::optional<Variant> variant_named(const std::string& name) {
    for (std::size_t i = 0; i < kVariantNames.size(); ++i) {
        if (name == kVariantNames[i]) {
            return static_cast<Variant>(i);
        }
    }
    return std::nullopt;
}

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
    std::vector<std::string> given = arguments;
    if (std::find(given.begin(), given.end(), "--seed") == given.end()) {
        given.insert(given.begin(), {"--seed", std::to_string(walk.seed)});
    }
    const std::string line = joined("walk", given);
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

constexpr const char* kUsageText =
    "usage: chord_sim run|walk [option...]\n\n"
    "  run    a ring of whole nodes in virtual time: joins, churn, lookups, keys\n"
    "  walk   random schedules of joins, failures and leaves, until the ring is ideal\n\n"
    "chord_sim COMMAND --help tells the options. Exit codes: 0 all was right, 1 a violation was found, 2 a bad\n"
    "command line. The first line printed is the command that reproduces the run.\n";

}  // namespace

int run_program(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err) {
    if (arguments.empty()) {
        return bad_usage("a command is missing: run or walk (see --help)", err);
    }
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    if (arguments.front() == "run") {
        return run_command(rest, out, err);
    }
    if (arguments.front() == "walk") {
        return walk_command(rest, out, err);
    }
    if (arguments.front() == "--help" || arguments.front() == "help") {
        std::fputs(kUsageText, out);
        return 0;
    }
    return bad_usage("unknown command '" + arguments.front() + "': run and walk are the ones there are", err);
}

}  // namespace chord::sim
