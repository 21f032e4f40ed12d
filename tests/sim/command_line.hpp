// The options of chord_sim's commands: one table a command gives parsing, help and the line that reproduces a run.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/core/base/time.hpp"

namespace chord::sim {

/// `--name VALUE`, or `--name` alone when `value` is empty.
struct Option {
    std::string name;
    std::string value;  // what help calls it
    std::string help;
    /// Takes the text over; returns what it should have been, or nullopt when it is well-formed.
    std::function<std::optional<std::string>(const std::string& text)> take;
};

/// Returns the sentence to print, or nullopt when all arguments were taken. `--name=VALUE` is the same as `--name
/// VALUE`.
std::optional<std::string> parse(const std::vector<Option>& options, const std::vector<std::string>& arguments);

/// The table as text, one line an option.
std::string help(const std::vector<Option>& options);

// Makers of `take`. Each rejects what lies outside its bounds.
std::function<std::optional<std::string>(const std::string&)> number(std::uint64_t& into, std::uint64_t min,
                                                                     std::uint64_t max);
/// nullopt stays for an option that was not given.
std::function<std::optional<std::string>(const std::string&)> number(std::optional<std::uint64_t>& into,
                                                                     std::uint64_t min, std::uint64_t max);
/// 0 to 1, into parts per million.
std::function<std::optional<std::string>(const std::string&)> share(std::uint32_t& into);
/// A number with ms, s, min, h or d: 1.4min.
std::function<std::optional<std::string>(const std::string&)> duration(std::optional<Duration>& into);
std::function<std::optional<std::string>(const std::string&)> flag(bool& into);

}  // namespace chord::sim
