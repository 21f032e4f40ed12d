// Time as the core sees it: microseconds of node time, handed in as `now`. The clock type has no now(), so a hidden
// clock does not compile.
//
// Node time starts at the node's first start, never runs backwards, goes on after a restart where the last commit
// left it (time spent switched off is not counted) and has nothing to do with the wall clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace chord {

using Duration = std::chrono::duration<std::int64_t, std::micro>;

struct NodeClock {
    using rep = Duration::rep;
    using period = Duration::period;
    using duration = Duration;
    using time_point = std::chrono::time_point<NodeClock>;
    static constexpr bool is_steady = true;
};

using Time = NodeClock::time_point;

inline constexpr Time kNever = Time::max();

/// Milliseconds since 1970 as the device believes. May be wrong by decades and may jump; only the hybrid logical clock
/// looks at it.
enum class WallMs : std::uint64_t {};

}  // namespace chord
