// The verbs of chordctl: one table, from which the parser, the help and (later) completions and manual pages come.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "node/cli/options.hpp"
#include "node/cli/outcome.hpp"
#include "node/cli/session.hpp"

namespace chord::cli {

struct Machine;

/// What a verb reads and writes beside the daemon. Output is collected and written once, at the end.
struct Console {
    std::string out;
    std::string notes;  // lines for stderr; dropped with --quiet
    bool colour = false;
    bool terminal = false;                             // stdout is one
    std::function<Outcome<std::string>()> read_value;  // all of stdin, bounded
};

struct Call {
    const CommandLine& line;
    Session& session;
    Console& console;
    const Machine& machine;
};

struct Flag {
    std::string_view name;
    std::string_view argument;  // how help names its value; empty for a switch
    std::string_view help;
};

struct Verb {
    std::string_view name;      // one word, or two: "fleet init"
    std::string_view synopsis;  // words behind the name
    std::string_view help;      // one line
    std::span<const Flag> flags;
    std::size_t words_min;
    std::size_t words_max;
    std::chrono::seconds timeout;  // without --timeout
    bool raw;                      // every argument behind it is a word
    Outcome<ExitCode> (*run)(Call&);
};

std::span<const Verb> verbs();
const Verb* find_verb(std::string_view name);
/// True for the first word of verbs of two.
bool is_verb_group(std::string_view word);
const Flag* find_flag(const Verb& verb, std::string_view name);

/// The greatest value that any node can be told to take; more is refused before it is sent.
constexpr std::size_t kPutBytesMax = std::size_t{1} << 20;

}  // namespace chord::cli
