// self_view: the node as it shows itself to people and programs.
#pragma once

#include "node/core/client.hpp"
#include "node/core/context.hpp"

namespace chord {

/// The keys in the store. Counting reads all of them, so a count stands for as long as makes that cheap.
struct KeyCount {
    std::uint64_t owned = 0, held = 0, bytes = 0;  // as in NodeView
    Time until{};                                  // when it is to be counted anew
};

/// Everything of NodeView that the shared state tells. The keys are counted anew when `count` is too old.
NodeView self_view(Context& context, KeyCount& count);

}  // namespace chord
