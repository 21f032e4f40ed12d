// What the operator's profile and limits mean to the engine.
#pragma once

#include "node/daemon/options.hpp"
#include "node/engine/engine.hpp"

namespace chord::daemon {

/// Sets the periods of upkeep and the first timeouts. lan: quick to heal, where packets cost nothing; metered: a third
/// of the traffic, three times as slow to notice. Everything else stays as it is.
void apply_profile(Profile profile, EngineOptions& options);

/// Values up to this length: what clients may write, what peers may send, and the memory for it. REQUIRES: at most
/// kValueBytesMax.
void apply_value_limit(std::size_t value_bytes_max, EngineOptions& options);

}  // namespace chord::daemon
