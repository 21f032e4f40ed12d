// chord_sim's commands: `run` (a ring of whole engines) and `walk` (random schedules at event or message level).
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace chord::sim {

/// Exit codes: 0 all was right, 1 a violation was found (the line that reproduces it is printed), 2 a bad command line.
int run_program(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err);

}  // namespace chord::sim
