// Discovery: when this node sends beacons, and which of those that it hears it follows. Sans-I/O: the driver has the
// multicast sockets, the clock and the interfaces.
//
// After a start, and after it has lost its last neighbour, a node sends at once and then after pauses of 1, 2, 4, …
// seconds; then rarely: every minute while it is alone, every ten minutes in a ring. A ring that has just heard one of
// its own on the link leaves out the next, so that it costs about one beacon in ten minutes however large it is.
//
// Invariants
//  1. A beacon is never answered by a datagram to its sender's say-so: what may come of it is an ordinary call to the
//     address from which it came, at most one in kMeetAgainAfter to one address and kMeetings in all.
//  2. At most kOpened beacons are looked into; whatever else arrives costs a comparison. Memory is bounded by these.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "net/channel/local_identity.hpp"
#include "net/discovery/beacon.hpp"
#include "net/guard/token_bucket.hpp"
#include "node/core/base/rng.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

struct DiscoveryCounters {
    std::uint64_t sent = 0;     // times at which beacons left, over all interfaces
    std::uint64_t heard = 0;    // of members of this network
    std::uint64_t met = 0;      // nodes that were to be called
    std::uint64_t drops = 0;    // of strangers, changed, under another source
    std::uint64_t limited = 0;  // not looked into, or not followed, for the limits
};

class Discovery {
public:
    static constexpr int kBurst = 6;  // beacons after a start: after 0, 1, 3, 7, 15 and 31 s
    static constexpr Duration kFirstPause = std::chrono::seconds(1);
    static constexpr Duration kPeriodAlone = std::chrono::minutes(1);
    static constexpr Duration kPeriod = std::chrono::minutes(10);
    static constexpr Duration kMeetAgainAfter = std::chrono::minutes(1);
    static constexpr Rate kMeetings{std::chrono::seconds(15), 4};
    static constexpr Rate kOpened{std::chrono::milliseconds(20), 100};

    /// `keys`: as for set_keys(). `dice` also seeds the jitter.
    Discovery(const Id& self, std::vector<noise::SecretKey> keys, Dice dice);

    /// The network's keys, the newest first: beacons are sealed under the first and read under any. With none, nothing
    /// is sent or heard. REQUIRES: few, each costs a trial.
    void set_keys(std::vector<noise::SecretKey> keys);

    /// As after a start: a link has come up.
    void begin_anew(Time now);

    /// Whether beacons are to leave now, over every interface. `alone`: no neighbour is known. To be asked at
    /// next_deadline() and whenever `alone` has changed.
    bool due(bool alone, Time now);
    Time next_deadline() const { return keys_.empty() ? kNever : next_; }

    /// A new beacon. `own`: where the node listens on the interface over which it leaves. REQUIRES: after due().
    Beacon beacon(const Endpoint& own);

    /// A datagram that was sent to the group. Whom to call: the sender, if it belongs to the network and is not known.
    std::optional<Peer> receive(const Endpoint& from, std::span<const std::uint8_t> datagram,
                                const std::function<bool(const Peer&)>& is_known, Time now);

    const DiscoveryCounters& counters() const { return counters_; }

private:
    struct Meeting {
        Endpoint address;
        Time at;
    };

    Id self_;
    std::vector<noise::SecretKey> keys_;
    Dice dice_;
    Rng rng_;
    DiscoveryCounters counters_;
    int sent_in_burst_ = 0;
    bool was_alone_ = true;
    bool heard_own_ring_ = false;  // since the last beacon was due
    Time next_{};
    TokenBucket opened_;
    TokenBucket meetings_;
    std::deque<Meeting> met_;  // within kMeetAgainAfter, so as many as kMeetings allows in it
};

}  // namespace chord::net
