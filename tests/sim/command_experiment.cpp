// chord_sim experiment: measures a figure of the papers with our node; tests/sim/experiments has one file for each.
#include <algorithm>
#include <iterator>
#include <sstream>

#include "tests/sim/command_line.hpp"
#include "tests/sim/commands.hpp"
#include "tests/sim/experiments/experiment.hpp"
#include "tests/sim/experiments/svg_plot.hpp"
#include "tests/sim/report.hpp"

namespace chord::sim {

namespace {

struct ExperimentArguments {
    Settings settings;
    std::string svg;
    bool json = false, help = false;

    std::vector<Option> options() {
        return {
            {"--seed", "S", "decides everything that is random (1)", number(settings.seed, 0, UINT64_MAX)},
            {"--quick", "", "a small size that takes seconds, with wider tolerances", flag(settings.quick)},
            {"--nodes", "N", "instead of the paper's number", chosen("--nodes", settings.nodes, 1 << 20)},
            {"--seeds", "K", "runs to average over", chosen("--seeds", settings.seeds, 1000)},
            {"--lookups", "K", "lookups at each point", chosen("--lookups", settings.lookups, 10'000'000)},
            {"--keys", "K", "keys on the ring", chosen("--keys", settings.keys, 100'000'000)},
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

    // An option that was given but that the experiment does not heed.
    std::optional<std::string> unheeded(const Experiment& experiment) const {
        std::istringstream words(experiment.options);
        const std::vector<std::string> heeded{std::istream_iterator<std::string>(words), {}};
        const auto ignored = [&](const std::string& option) {
            return std::find(heeded.begin(), heeded.end(), option) == heeded.end();
        };
        const auto first = std::find_if(sized_.begin(), sized_.end(), ignored);
        if (first != sized_.end()) {
            return *first;
        }
        return settings.duration && ignored("--for") ? std::optional<std::string>("--for") : std::nullopt;
    }

private:
    std::function<std::optional<std::string>(const std::string&)> chosen(const char* name,
                                                                         std::optional<std::uint64_t>& into,
                                                                         std::uint64_t max) {
        return [this, name, &into, max](const std::string& text) {
            std::uint64_t value = 0;
            std::optional<std::string> wanted = number(value, 1, max)(text);
            into = value;
            sized_.push_back(name);
            return wanted;
        };
    }

    std::vector<std::string> sized_;
};

void print_help(const std::vector<Option>& options, std::FILE* out) {
    std::fputs("usage: chord_sim experiment NAME [option...]\n\nA published figure, measured with our node.\n\n", out);
    for (const Experiment& experiment : experiments()) {
        std::fprintf(out, "  %-16s %s\n  %-16s   heeds %s\n", experiment.name, experiment.help, "", experiment.options);
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

bool write_file(const std::string& name, const std::string& text) {
    std::FILE* file = std::fopen(name.c_str(), "w");
    if (!file) {
        return false;
    }
    const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
    return std::fclose(file) == 0 && written;
}

int run_experiment(const Experiment& experiment, const ExperimentArguments& command, const std::string& line,
                   std::FILE* out, std::FILE* err) {
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
    if (!command.svg.empty() && !write_file(command.svg, svg_of(figure))) {
        return bad_usage("experiment: '" + command.svg + "' cannot be written", err);
    }
    return report.print(command.json, out);
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
    if (const std::optional<std::string> option = command.unheeded(*experiment)) {
        return bad_usage("experiment: " + name + " does not heed " + *option, err);
    }
    const std::string line = command_line("experiment " + name, rest, command.settings.seed);
    announce(line, command.json, out, err);
    return run_experiment(*experiment, command, line, out, err);
}

}  // namespace chord::sim
