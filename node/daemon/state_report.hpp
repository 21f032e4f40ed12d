// The node's state as a few lines of text: what SIGUSR1 writes to the log.
#pragma once

#include <string>
#include <vector>

#include "node/core/client.hpp"

namespace chord::daemon {

/// One line each for the node, its ring, its keys, its store and its counters; counters that are 0 are left out.
std::vector<std::string> state_report(const NodeView& view);

}  // namespace chord::daemon
