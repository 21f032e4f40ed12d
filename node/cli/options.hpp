// The command line of chordctl: global flags anywhere, then a verb with its words and its own flags.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/cli/outcome.hpp"

namespace chord::cli {

struct Verb;

struct CommandLine {
    const Verb* verb = nullptr;  // null only with help or version
    std::vector<std::string> words;
    std::vector<std::pair<std::string_view, std::string>> flags;  // of the verb, by name; a switch has an empty value

    bool json = false;
    bool quiet = false;
    bool no_color = false;
    bool help = false;
    bool version = false;
    std::optional<std::string> socket;
    std::optional<std::chrono::milliseconds> timeout;

    /// The last value given for a flag of the verb.
    const std::string* flag(std::string_view name) const;
};

/// `arguments` without the program's name. "--" ends the flags; everything behind a raw verb (exec) is its words.
Outcome<CommandLine> parse_command_line(const std::vector<std::string>& arguments);

/// Where the daemon listens: --socket, else $CHORDD_SOCKET (empty counts as unset), else /run/chordd/chordd.sock.
/// `environment` is that variable or null. A path that does not fit into a socket address is a failure.
Outcome<std::string> socket_path(const CommandLine& line, const char* environment);

}  // namespace chord::cli
