// What `chordctl help`, `--help` and `--version` print; written from the table of verbs.
#pragma once

#include <string>

#include "node/cli/verbs.hpp"

namespace chord::cli {

std::string help_text();
std::string help_text(const Verb& verb);
std::string version_text();

}  // namespace chord::cli
