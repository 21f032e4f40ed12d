// NetworkModel: what becomes of a datagram between two simulated nodes. Shared by the message and the datagram
// simulator.
#pragma once

#include <array>
#include <cstdint>

#include "node/core/base/peer.hpp"
#include "node/core/base/rng.hpp"
#include "node/core/base/time.hpp"

namespace chord::sim {

/// A share in parts per million: the core of the simulator decides nothing with floating point.
using PerMillion = std::uint32_t;
inline constexpr PerMillion kAlways = 1'000'000;

struct NetworkConditions {
    Duration latency = std::chrono::milliseconds(20);  // one way, uniform in latency ± jitter
    Duration jitter = std::chrono::milliseconds(10);   // at most latency
    PerMillion loss = 0;
    PerMillion duplicate = 0;
    PerMillion reorder = 0;  // takes up to reorder_delay longer, so later ones overtake it
    Duration reorder_delay = std::chrono::milliseconds(200);
};

class NetworkModel {
public:
    NetworkModel(const NetworkConditions& conditions, std::uint64_t seed) : conditions_(conditions), rng_(seed) {}

    /// The delays after which copies arrive: none when it is lost, two when it is duplicated.
    struct Copies {
        std::size_t count = 0;
        std::array<Duration, 2> delays{};
    };
    Copies send();

    const NetworkConditions& conditions() const { return conditions_; }
    void change(const NetworkConditions& conditions) { conditions_ = conditions; }

private:
    bool happens(PerMillion share) { return share > 0 && rng_.chance(share, kAlways); }
    Duration delay();

    NetworkConditions conditions_;
    Rng rng_;
};

/// The address of simulated node number `index` (below 2^24): [::ffff:10.a.b.c]:4000.
Endpoint address_of(std::size_t index);
/// REQUIRES: an address made by address_of.
std::size_t index_of(const Endpoint& address);

/// An exponentially distributed duration (von Neumann's method: comparisons only, so the same on every machine).
Duration exponential(Rng& rng, Duration mean);

}  // namespace chord::sim
