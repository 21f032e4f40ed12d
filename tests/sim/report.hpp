// Report: what a command of chord_sim found, as lines for people or as one JSON object, and its exit code.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/core/base/time.hpp"

namespace chord::sim {

/// Exit codes of every command.
inline constexpr int kViolation = 1;
inline constexpr int kUsage = 2;
inline constexpr int kUnwritten = 74;  // as chordctl's

class Report {
public:
    /// `command` is the line that repeats the run.
    explicit Report(std::string command) : command_(std::move(command)) {}

    // Names are ours and need no escaping. The order of adding is the order of printing.
    void add(std::string name, std::uint64_t value) { add_json(std::move(name), std::to_string(value)); }
    void add(std::string name, const std::optional<Duration>& value);
    void add_decimal(std::string name, double value);
    void add_text(std::string name, const std::string& value);
    /// A value that is JSON already: an object or a list. Lines for people leave it out.
    void add_object(std::string name, std::string json);
    /// A violation, with all that is needed to repeat it; makes the exit code 1.
    void complain(const std::string& what) { complaints_.push_back(what); }

    /// Returns the exit code.
    int print(bool json, std::FILE* out) const;

private:
    struct Value {
        std::string name;
        std::string json;
        bool for_people = true;
    };

    void add_json(std::string name, std::string json) { values_.push_back({std::move(name), std::move(json), true}); }
    void print_json(std::FILE* out) const;
    void print_lines(std::FILE* out) const;

    std::string command_;
    std::vector<Value> values_;
    std::vector<std::string> complaints_;
};

/// A JSON string, quotes included. `text` is UTF-8 without control characters other than the line feed.
std::string quoted(const std::string& text);
/// 16 hex digits.
std::string hex(std::uint64_t value);
/// Seconds with three decimals.
std::string seconds(Duration duration);

/// The line that repeats a run: `chord_sim`, the command, its arguments, with --seed put first when it was left out.
std::string command_line(const std::string& command, std::vector<std::string> arguments, std::uint64_t seed);
/// The first line of every run, before anything can go wrong. With --json it goes to stderr, and into the object.
void announce(const std::string& line, bool json, std::FILE* out, std::FILE* err);
/// Prints the sentence; returns kUsage.
int bad_usage(const std::string& sentence, std::FILE* err);
/// Prints that `what` cannot be written, and errno's reason; returns kUnwritten.
int unwritten(const std::string& what, std::FILE* err);

}  // namespace chord::sim
