// Clock: the only place of the program that asks for the time.
//
// Node time is the base that the store remembers plus the steady time since the start. After a crash it resumes where
// it was last written down, at most kNodeTimeSavedEvery behind: lifetimes then run that much longer, never shorter.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "node/core/base/bytes.hpp"
#include "node/core/base/time.hpp"

namespace chord::daemon {

/// The name under which node time rests in the store.
inline constexpr std::string_view kNodeTimeMeta = "node_time";
/// How often it is written down: together with other writes, and without any.
inline constexpr Duration kNodeTimeSavedEvery = std::chrono::seconds(10);
inline constexpr Duration kNodeTimeSavedEveryIdle = std::chrono::minutes(1);

/// Eight bytes, int64 microseconds, big-endian.
Bytes encode_node_time(Time time);

/// The time written by encode_node_time; nullopt for any other length and for times before the first start.
std::optional<Time> decode_node_time(BytesView bytes);

class Clock {
public:
    /// Node time is `base` now.
    explicit Clock(Time base);

    /// Never decreases.
    Time now() const;

    /// 0 when the device believes to live before 1970.
    static WallMs wall();
    static std::uint64_t wall_us();

    /// The steady instant at which now() reads `time`; for timers. kNever gives time_point::max().
    std::chrono::steady_clock::time_point steady_at(Time time) const;

private:
    Time base_;
    std::chrono::steady_clock::time_point start_;
};

}  // namespace chord::daemon
