#include "node/daemon/clock.hpp"

#include <cstdint>

namespace chord::daemon {

Bytes encode_node_time(Time time) {
    const auto count = static_cast<std::uint64_t>(time.time_since_epoch().count());
    Bytes bytes;
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>((count >> shift) & 0xff));
    return bytes;
}

std::optional<Time> decode_node_time(BytesView bytes) {
    if (bytes.size() != 8) return std::nullopt;
    std::uint64_t count = 0;
    for (const char byte : bytes) count = (count << 8) | static_cast<std::uint8_t>(byte);
    // Half of the range is far beyond any device's life and leaves room for now() to grow.
    if (count > static_cast<std::uint64_t>(INT64_MAX / 2)) return std::nullopt;
    return Time(Duration(static_cast<std::int64_t>(count)));
}

Clock::Clock(Time base) : base_(base), start_(std::chrono::steady_clock::now()) {}

Time Clock::now() const {
    return base_ + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start_);
}

std::uint64_t Clock::wall_us() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    const auto count = std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
    return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

WallMs Clock::wall() {
    return WallMs(wall_us() / 1000);
}

std::chrono::steady_clock::time_point Clock::steady_at(Time time) const {
    // Beyond a year it is the same as never, and the sum below cannot overflow.
    if (time - base_ > std::chrono::hours(24 * 365)) return std::chrono::steady_clock::time_point::max();
    return start_ + (time - base_);
}

}  // namespace chord::daemon
