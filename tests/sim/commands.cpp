#include "tests/sim/commands.hpp"

#include <algorithm>
#include <array>

#include "tests/sim/report.hpp"

namespace chord::sim {

namespace {

struct Command {
    const char* name;
    const char* help;
    int (*run)(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err);
};

constexpr std::array kCommands{
    Command{"run", "a ring of whole nodes in virtual time: joins, churn, lookups, keys", run_command},
    Command{"walk", "random schedules of joins, failures and leaves, until the ring is ideal", walk_command},
    Command{"swarm", "rings of whole nodes under faults drawn from the seed, and quiet after them", swarm_command},
    Command{"data", "short schedules of data operations in small rings, under faults, and quiet after them",
            data_command},
    Command{"scale", "up to a million bare cores: memory, speed, hops", scale_command},
    Command{"experiment", "a figure of the papers, measured with our node", experiment_command},
};

// "a, b or c" for the last word "or".
std::string names(const std::string& last_word) {
    std::string list;
    for (std::size_t i = 0; i < kCommands.size(); ++i) {
        list += i == 0 ? "" : i + 1 == kCommands.size() ? " " + last_word + " " : ", ";
        list += kCommands[i].name;
    }
    return list;
}

void print_help(std::FILE* out) {
    std::fputs("usage: chord_sim COMMAND [option...]\n\n", out);
    for (const Command& command : kCommands) {
        std::fprintf(out, "  %-12s %s\n", command.name, command.help);
    }
    std::fputs(
        "\nchord_sim COMMAND --help tells the options. Exit codes: 0 all was right, 1 a violation was found, 2 a bad\n"
        "command line, 74 the output could not be written. The first line printed is the command that reproduces the "
        "run.\n",
        out);
}

int run_named(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err) {
    if (arguments.empty()) {
        return bad_usage("a command is missing: " + names("or") + " (see --help)", err);
    }
    const std::string& name = arguments.front();
    if (name == "--help" || name == "-h" || name == "help") {
        print_help(out);
        return 0;
    }
    if (name == "--version") {
        std::fputs("chord_sim " CHORDD_VERSION "\n", out);
        return 0;
    }
    const auto command =
        std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& known) { return name == known.name; });
    if (command == kCommands.end()) {
        return bad_usage("unknown command '" + name + "': " + names("and") + " are the ones there are", err);
    }
    return command->run({arguments.begin() + 1, arguments.end()}, out, err);
}

}  // namespace

int run_program(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err) {
    const int code = run_named(arguments, out, err);
    return std::fflush(out) == 0 && std::ferror(out) == 0 ? code : unwritten("the output", err);
}

}  // namespace chord::sim
