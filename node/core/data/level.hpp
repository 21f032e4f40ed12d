// Levels: how many holders an operation needs, given what the ring is known to be.
#pragma once

#include <algorithm>
#include <cstdint>

#include "node/core/context.hpp"

namespace chord {

/// `standard`: for Level::standard. Lowered only to the size of the ring as last confirmed, never for want of answers.
inline std::size_t holders_needed(const Context& context, Level level, std::size_t standard) {
    const std::size_t replicas = context.options.replicas;
    std::size_t wanted = standard;
    if (level == Level::one) wanted = 1;
    if (level == Level::quorum) wanted = replicas / 2 + 1;
    if (level == Level::all) wanted = replicas;
    return std::min<std::size_t>(wanted, std::max<std::uint64_t>(1, context.ring_size_confirmed));
}

}  // namespace chord
