// The world of the message-level walkers: the defaults' timers fifteen times as fast, on a network that is not, with
// loss, duplicates and reordering. More happens at once, and a schedule takes milliseconds.
#pragma once

#include "tests/sim/message_world.hpp"

namespace chord::sim {

/// One stabilize period there: what the walkers call a round.
inline constexpr Duration kFastRound = std::chrono::seconds(1);

MessageWorldOptions fast_world(std::size_t successors, std::uint64_t seed);

}  // namespace chord::sim
