// RingLog: what happens in the ring, as lines for the operator: neighbours that come, leave, fall silent and return;
// merges, conflicts, refused writes, strangers' datagrams.
//
// It is told what is so after each turn, and writes what has changed. Neighbours get a line each, what is counted at
// most one a minute with the number.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/core/base/time.hpp"
#include "node/daemon/log.hpp"

namespace chord::daemon {

class RingLog {
public:
    static constexpr Duration kCountedEvery = std::chrono::minutes(1);
    static constexpr std::size_t kLostMax = 16;  // remembered, to say that they are back

    /// Monotonic.
    struct Counts {
        std::uint64_t merges = 0;
        std::uint64_t conflicts = 0;
        std::uint64_t no_quorum = 0;
        std::uint64_t unauthentic = 0;
    };

    explicit RingLog(Log& log) : log_(log) {}

    /// The neighbours are now these. `given_up` tells of one that is no more whether it fell silent; `evictions` counts
    /// those that fell silent or left.
    void neighbors(std::vector<Peer> now, std::uint64_t evictions, const std::function<bool(const Id&)>& given_up);

    /// `stranger` sent the latest unauthentic datagram.
    void counts(const Counts& counts, const Endpoint& stranger, Time now);

private:
    /// Something counted, and how much of it was told.
    struct Tally {
        std::uint64_t told = 0;
        Time quiet_until{};
    };

    /// How many to tell now; 0: none, or not yet.
    static std::uint64_t untold(Tally& tally, std::uint64_t count, Time now);

    Log& log_;
    std::vector<Peer> neighbors_;
    std::vector<Id> lost_;
    std::uint64_t evictions_ = 0;
    Tally merges_, conflicts_, no_quorum_, unauthentic_;
};

}  // namespace chord::daemon
