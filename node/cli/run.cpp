#include "node/cli/run.hpp"

#include <algorithm>

#include "node/cli/help.hpp"
#include "node/cli/json.hpp"

namespace chord::cli {
namespace {

// A failure is a sentence on stderr; with --json, scripts find it on stdout too, as the one object of the run.
RunResult failed(const Failure& failure, bool json) {
    RunResult result;
    result.code = failure.code;
    result.err = "chordctl: " + failure.sentence + "\n";
    if (json) {
        result.out = "{\"v\":1,\"error\":{\"exit\":" + std::to_string(static_cast<int>(failure.code)) +
                     ",\"text\":" + json_string(failure.sentence) + "}}\n";
    }
    return result;
}

std::string text_object(std::string_view name, std::string_view text) {
    return "{\"v\":1," + json_string(name) + ":" + json_string(text) + "}\n";
}

}  // namespace

RunResult run(const std::vector<std::string>& arguments, const Surroundings& surroundings) {
    const Outcome<CommandLine> parsed = parse_command_line(arguments);
    if (const auto* failure = std::get_if<Failure>(&parsed)) {
        const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
        return failed(*failure, json);
    }
    const auto& line = std::get<CommandLine>(parsed);
    if (line.version) return {line.json ? text_object("version", CHORDD_VERSION) : version_text(), "", ExitCode::ok};
    if (line.help) {
        const std::string help = line.verb == nullptr ? help_text() : help_text(*line.verb);
        return {line.json ? text_object("help", help) : help, "", ExitCode::ok};
    }

    const Outcome<std::string> path = socket_path(line, surroundings.socket_variable);
    if (const auto* failure = std::get_if<Failure>(&path)) return failed(*failure, line.json);

    Console console;
    console.terminal = surroundings.terminal;
    console.colour = surroundings.terminal && !surroundings.no_color && !line.no_color;

    console.read_value = surroundings.read_value;
    const std::unique_ptr<Session> session =
        surroundings.open(std::get<std::string>(path), line.timeout.value_or(line.verb->timeout));
    Call call{line, *session, console, surroundings.machine};
    const Outcome<ExitCode> outcome = line.verb->run(call);
    if (const auto* failure = std::get_if<Failure>(&outcome)) return failed(*failure, line.json);
    return {std::move(console.out), line.quiet ? std::string() : std::move(console.notes), std::get<ExitCode>(outcome)};
}

}  // namespace chord::cli
