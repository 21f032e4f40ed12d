// The program chordd: from its command line to its exit code.
#pragma once

#include <span>

namespace chord::daemon {

/// `arguments` without the program's name. Returns the process's exit code (fault.hpp, Exit). What stands in the way of
/// a start is one line on stderr.
int run_program(std::span<const char* const> arguments);

}  // namespace chord::daemon
