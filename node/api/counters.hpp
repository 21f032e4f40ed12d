// The counters that users see: the node's own and those of the daemon around it, by name.
#pragma once

#include "node/api/context.hpp"

namespace chord::api {

/// Sorted by name.
CounterList all_counters(const ApiContext& context, const NodeView& view);

}  // namespace chord::api
