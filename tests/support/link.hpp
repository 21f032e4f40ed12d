// A simulated link with a rate, a queue, delay and losses, in virtual time. Everything is a function of the seed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "node/core/base/rng.hpp"
#include "node/core/base/time.hpp"

namespace chord::testing {

struct LinkOptions {
    std::uint64_t bits_per_second = 0;  // 0: no limit
    Duration delay{};                   // one way, without the queue
    Duration jitter{};                  // up to this much more, so that datagrams overtake each other
    std::uint32_t loss_per_mille = 0;
    std::uint32_t doubled_per_mille = 0;
    std::size_t queue_bytes = 64 * 1024;  // drop-tail
    std::size_t udp_payload_max = 65535;  // larger datagrams vanish
};

/// One direction of a bottleneck. Bytes on it count the IP and UDP headers (28).
class Link {
public:
    static constexpr std::size_t kIpUdpBytes = 28;

    Link(const LinkOptions& options, std::uint64_t seed) : options_(options), rng_(seed) {}

    /// When a datagram of this UDP payload arrives: at no, one or two instants.
    std::vector<Time> carry(std::size_t udp_payload, Time now) {
        const std::size_t bytes = udp_payload + kIpUdpBytes;
        if (udp_payload > options_.udp_payload_max) return {};
        Duration queued{};
        if (options_.bits_per_second != 0) {
            busy_until_ = std::max(busy_until_, now);
            queued = busy_until_ - now;
            if (static_cast<std::uint64_t>(queued.count()) * options_.bits_per_second / 8'000'000 + bytes >
                options_.queue_bytes) {
                ++overflows_;
                return {};
            }
            busy_until_ += Duration(static_cast<std::int64_t>(bytes * 8'000'000 / options_.bits_per_second));
            queued = busy_until_ - now;
        }
        carried_ += bytes;
        queues_.push_back(queued);
        if (rng_.chance(options_.loss_per_mille, 1000)) return {};
        std::vector<Time> arrivals(rng_.chance(options_.doubled_per_mille, 1000) ? 2 : 1);
        for (Time& each : arrivals) {
            const auto jitter = rng_.below(static_cast<std::uint64_t>(options_.jitter.count()) + 1);
            each = now + queued + options_.delay + Duration(static_cast<std::int64_t>(jitter));
        }
        return arrivals;
    }

    LinkOptions& options() { return options_; }
    const LinkOptions& options() const { return options_; }
    std::uint64_t carried() const { return carried_; }
    std::uint64_t overflows() const { return overflows_; }
    /// Of each datagram since the last call: how long it waited, and was being sent.
    std::vector<Duration> take_queues() { return std::exchange(queues_, {}); }

private:
    LinkOptions options_;
    Rng rng_;
    Time busy_until_{};
    std::uint64_t carried_ = 0;
    std::uint64_t overflows_ = 0;
    std::vector<Duration> queues_;
};

}  // namespace chord::testing
