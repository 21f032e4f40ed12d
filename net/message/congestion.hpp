// CongestionController: how many bytes of one kind of traffic may be under way to one peer. NewReno (new_reno.hpp) for
// what somebody waits for, LEDBAT++ (ledbat.hpp) for what nobody waits for.
//
// It is not the loss detection (sent_log.hpp): it is told what became of transmissions and changes a number of bytes.
// All bytes are those of UDP payloads, overhead of the channel included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "node/core/base/time.hpp"

namespace chord::net {

/// A transmission of `bytes` bytes that left at `sent_at` has been acknowledged.
struct Acked {
    std::size_t bytes;
    Time sent_at;
    bool window_limited;  // the window was used up: only then may it grow (RFC 9002 section 7.8)
};

class CongestionController {
public:
    virtual ~CongestionController() = default;

    /// A round-trip time was measured, with a full datagram; comes before the on_ack() of the same ack. REQUIRES: rtt
    /// >= 0.
    virtual void on_rtt(Duration rtt, Time now) = 0;

    virtual void on_ack(const Acked& acked, Time now) = 0;

    /// Transmissions were lost; the newest of them left at `sent_at`. One reduction a round trip, as those that left
    /// before the last reduction say nothing new (RFC 9002 section 7.3.2).
    virtual void on_loss(Time sent_at, Time now) = 0;

    /// Nothing got through for so long that what is known of the path is void (RFC 9002 section 7.6).
    virtual void on_persistent_congestion() = 0;

    /// Nothing has been sent for longer than a probe timeout: the window is not to be filled at once (RFC 5681
    /// section 4.1).
    virtual void on_idle() = 0;

    /// The size of the largest datagram has changed. REQUIRES: bytes > 0.
    virtual void set_datagram_bytes(std::size_t bytes) = 0;

    /// Bytes that may be under way, >= 1 datagram.
    virtual std::size_t window() const = 0;

    /// How long after a transmission the next may leave, whatever the window says; 0 unless even one datagram a round
    /// trip is too much.
    virtual Duration spacing() const = 0;
};

inline constexpr std::size_t kWindowUnlimited = std::numeric_limits<std::size_t>::max();

}  // namespace chord::net
