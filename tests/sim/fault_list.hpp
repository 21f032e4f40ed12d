// The option that names faults, for the commands that have one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace chord::sim {

/// Reads "a,b" or "none" into rows of fault_kinds(); gives the sentence that says what is wrong.
std::function<std::optional<std::string>(const std::string&)> fault_list(std::optional<std::vector<std::size_t>>& into);

/// One line a fault.
std::string fault_help();

}  // namespace chord::sim
