// chord_sim experiment: measures a figure of the papers with our node; tests/sim/experiments has one file for each.
#include <algorithm>

#include "tests/sim/command_line.hpp"
#include "tests/sim/commands.hpp"
#include "tests/sim/experiments/experiment.hpp"
#include "tests/sim/experiments/svg_plot.hpp"
#include "tests/sim/experiments/whole_stacks.hpp"
#include "tests/sim/report.hpp"

namespace chord::sim {

namespace {

std::optional<double> as_double(const std::optional<std::uint64_t>& count) {
    return count ? std::optional(static_cast<double>(*count)) : std::nullopt;
}

// The options that say how much is measured.
struct Size {
    const char* option;
    const char* unit;
    std::optional<double> (*of)(const Sizes& sizes);
};
constexpr Size kSizes[] = {
    {"--nodes", "", [](const Sizes& sizes) { return as_double(sizes.nodes); }},
    {"--seeds", "", [](const Sizes& sizes) { return as_double(sizes.seeds); }},
    {"--lookups", "", [](const Sizes& sizes) { return as_double(sizes.lookups); }},
    {"--keys", "", [](const Sizes& sizes) { return as_double(sizes.keys); }},
    {"--for", "s",
     [](const Sizes& sizes) { return sizes.duration ? std::optional(in_seconds(*sizes.duration)) : std::nullopt; }},
};

struct ExperimentArguments {
    Settings settings;
    std::string svg;
    bool json = false, help = false;

    std::vector<Option> options() {
        return {
            {"--seed", "S", "decides everything that is random (1)", number(settings.seed, 0, UINT64_MAX)},
            {"--quick", "", "a small size that takes seconds, with wider tolerances", flag(settings.quick)},
            {"--nodes", "N", "instead of the paper's number", number(settings.nodes, 1, 1 << 20)},
            {"--seeds", "K", "runs to average over", number(settings.seeds, 1, 1000)},
            {"--lookups", "K", "lookups at each point", number(settings.lookups, 1, 10'000'000)},
            {"--keys", "K", "keys on the ring", number(settings.keys, 1, 100'000'000)},
            {"--for", "T", "how long each point is measured", duration(settings.duration)},
            {"--svg", "FILE", "writes the plot there",
             [this](const std::string& text) -> std::optional<std::string> {
                 svg = text;
                 return text.empty() ? std::optional<std::string>("the name of a file") : std::nullopt;
             }},
            {"--json", "", "one object on stdout", flag(json)},
            {"--help", "", "this text", flag(help)},
        };
    }

    // What the experiment cannot do with what was chosen.
    std::optional<std::string> refusal(const Experiment& experiment) const {
        for (const Size& size : kSizes) {
            const std::optional<double> chosen = size.of(settings), least = size.of(experiment.least);
            if (chosen && !least) {
                return std::string("does not heed ") + size.option;
            }
            if (chosen && *chosen < *least) {
                return std::string("needs ") + size.option + " of at least " + shown(*least) + size.unit;
            }
        }
        return svg.empty() || experiment.plots ? std::nullopt : std::optional<std::string>("has no plot");
    }
};

std::string heeded(const Experiment& experiment) {
    std::string list;
    for (const Size& size : kSizes) {
        if (const std::optional<double> least = size.of(experiment.least)) {
            list += std::string(list.empty() ? "" : ", ") + size.option + " from " + shown(*least) + size.unit;
        }
    }
    return list + (experiment.plots ? ", --svg" : "");
}

void print_help(const std::vector<Option>& options, std::FILE* out) {
    std::fputs("usage: chord_sim experiment NAME [option...]\n\nA published figure, measured with our node.\n\n", out);
    for (const Experiment& experiment : experiments()) {
        std::fprintf(out, "  %-16s %s\n  %-16s   heeds %s\n", experiment.name, experiment.help, "",
                     heeded(experiment).c_str());
    }
    std::fprintf(out, "\n%s", help(options).c_str());
}

std::string names() {
    std::string list;
    for (const Experiment& experiment : experiments()) {
        list += (list.empty() ? "" : ", ") + std::string(experiment.name);
    }
    return list;
}

bool write_and_close(std::FILE* file, const std::string& text) {
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    return std::fclose(file) == 0 && written;
}

int run_experiment(const Experiment& experiment, const ExperimentArguments& command, const std::string& line,
                   std::FILE* out, std::FILE* err) {
    std::FILE* const svg = command.svg.empty() ? nullptr : std::fopen(command.svg.c_str(), "w");
    if (!svg && !command.svg.empty()) {
        return unwritten("'" + command.svg + "'", err);
    }
    announce(line, command.json, out, err);
    const Figure figure = experiment.run(command.settings);
    Report report(line);
    report.add_text("experiment", experiment.name);
    report.add_object("figure", json_of(figure));
    for (const Check& check : figure.checks) {
        if (!check.holds()) {
            report.complain(check.what + " is " + shown(check.ours) + ", outside " + bounds(check));
        }
    }
    for (const std::string& complaint : figure.complaints) {
        report.complain(complaint);
    }
    if (!command.json) {
        std::fprintf(out, "\n%s\n", text_of(figure).c_str());
    }
    const int code = report.print(command.json, out);
    return !svg || write_and_close(svg, svg_of(figure)) ? code : unwritten("'" + command.svg + "'", err);
}

}  // namespace

int experiment_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err) {
    ExperimentArguments command;
    const std::vector<Option> options = command.options();
    if (!arguments.empty() && (arguments.front() == "--help" || arguments.front() == "-h")) {
        print_help(options, out);
        return 0;
    }
    const std::string name = arguments.empty() || arguments.front().starts_with('-') ? "" : arguments.front();
    const auto experiment = std::find_if(experiments().begin(), experiments().end(),
                                         [&](const Experiment& known) { return name == known.name; });
    if (experiment == experiments().end()) {
        const std::string wrong = !name.empty()        ? "none is called '" + name + "'"
                                  : !arguments.empty() ? "the name comes first, before " + arguments.front()
                                                       : "a name is missing";
        return bad_usage("experiment: " + wrong + ": " + names() + " are the ones there are", err);
    }
    const std::vector<std::string> rest(arguments.begin() + 1, arguments.end());
    if (const std::optional<std::string> sentence = parse(options, rest)) {
        return bad_usage("experiment: " + *sentence, err);
    }
    if (command.help) {
        print_help(options, out);
        return 0;
    }
    if (const std::optional<std::string> sentence = command.refusal(*experiment)) {
        return bad_usage("experiment: " + name + " " + *sentence, err);
    }
    const std::string line = command_line("experiment " + name, rest, command.settings.seed);
    return run_experiment(*experiment, command, line, out, err);
}

}  // namespace chord::sim
