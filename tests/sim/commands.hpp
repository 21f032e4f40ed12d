// chord_sim's commands, one file each (command_*.cpp); the table of them stands in commands.cpp.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace chord::sim {

/// Exit codes: 0 all was right, 1 a violation was found (the line that reproduces it is printed), 2 a bad command line,
/// 74 what was found could not be written.
int run_program(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err);

// Each takes the words after its name; the exit codes are the same.
int run_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err);
int walk_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err);
int data_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err);
int swarm_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err);
int scale_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err);
int experiment_command(const std::vector<std::string>& arguments, std::FILE* out, std::FILE* err);

}  // namespace chord::sim
