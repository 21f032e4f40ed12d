// A whole run of chordctl minus the process: arguments in, texts and an exit code out.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "node/cli/fleet/machine.hpp"
#include "node/cli/verbs.hpp"

namespace chord::cli {

/// What the process tells about itself.
struct Surroundings {
    const char* socket_variable = nullptr;  // $CHORDD_SOCKET
    bool no_color = false;                  // $NO_COLOR is set and not empty
    bool terminal = false;                  // stdout is one
    std::function<Outcome<std::string>()> read_value;
    Machine machine;
    /// A session that connects when it is first asked.
    std::function<std::unique_ptr<Session>(std::string path, std::chrono::milliseconds timeout)> open;
};

struct RunResult {
    std::string out;
    std::string err;
    ExitCode code = ExitCode::ok;
};

RunResult run(const std::vector<std::string>& arguments, const Surroundings& surroundings);

}  // namespace chord::cli
