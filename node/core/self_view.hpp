// self_view: the node as it shows itself to people and programs.
#pragma once

#include "node/core/client.hpp"
#include "node/core/context.hpp"

namespace chord {

/// Everything of NodeView that the shared state tells. Scans the store: for people, not for hot paths.
NodeView self_view(Context& context);

}  // namespace chord
