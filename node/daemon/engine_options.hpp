// What the operator's profile means to the engine.
#pragma once

#include "node/daemon/options.hpp"
#include "node/engine/engine.hpp"

namespace chord::daemon {

/// Sets the periods of upkeep and the first timeouts. lan: quick to heal, where packets cost nothing; metered: a third
/// of the traffic, three times as slow to notice. Everything else stays as it is.
void apply_profile(Profile profile, EngineOptions& options);

}  // namespace chord::daemon
