// The state directory: made at the first start, refused with a sentence when it cannot serve.
#pragma once

#include <optional>
#include <string>

#include "node/host/fault.hpp"

namespace chord::daemon {

/// Makes `path` (its last component only) with mode 0700 if it is missing, and checks that it is a directory that this
/// user may write to and that others may not.
std::optional<Fault> prepare_state_dir(const std::string& path);

}  // namespace chord::daemon
