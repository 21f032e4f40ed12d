// PathMtu: the largest datagram that gets through to one peer, found with probes: Datagram Packetization Layer Path MTU
// Discovery (RFC 8899). Sizes are those of UDP payloads. ICMP is not listened to.
//
//   search      1280, 1400, then what fills a frame of Ethernet (1472 with IPv4, 1452 with IPv6), one after the other;
//               a size has failed after MAX_PROBES = 3 probes without an ack
//   complete    the next size failed or there is none; searched on after PMTU_RAISE_TIMER = 600 s
//   black hole  datagrams above the base lost in 3 round trips with none getting through, or 3 timeouts in a row with
//               such under way: back to the base; search begins anew 60 s later
//
// Deviations from RFC 8899: the base of 1200 is not confirmed first (IPv6 promises 1280 bytes of packet, and the
// handshake got through), and there is no size below it; lost data and not lost probes tell a black hole (section 4.3
// allows it).
//
// Invariants
//  1. datagram_bytes() is the base or a size whose probe was acknowledged since the last fall.
//  2. At most one probe is under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "node/core/base/peer.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

inline constexpr std::size_t kBaseDatagramBytes = 1200;  // BASE_PLPMTU

class PathMtu {
public:
    static constexpr int kProbesMax = 3;
    static constexpr int kLossesMax = 3;
    static constexpr Duration kProbeTimer = std::chrono::seconds(3);
    static constexpr Duration kRaiseTimer = std::chrono::seconds(600);
    static constexpr Duration kCoolOff = std::chrono::seconds(60);

    /// For the path to `peer`: its address says which of the two families' sizes is the last one.
    explicit PathMtu(const Endpoint& peer);

    /// Bytes of UDP payload that datagrams to this peer may have.
    std::size_t datagram_bytes() const { return size_; }

    /// The size of the probe that should leave now, if one should. Changes nothing.
    std::optional<std::size_t> probe_due(Time now) const;

    /// The probe that probe_due() asked for has left under this sequence. REQUIRES: probe_due(now).
    void probe_sent(std::uint64_t sequence, Time now);

    /// A probe was acknowledged; one that is not under way is ignored. True when datagram_bytes() has changed.
    bool on_probe_ack(std::uint64_t sequence, Time now);

    /// Gives a probe up whose time is over.
    void tick(Time now);

    /// A datagram of data of this size got through, or did not. Of those that were sent before a loss was seen only the
    /// first counts: a full queue loses a burst. True of on_lost(): a black hole; datagram_bytes() is the base again,
    /// and larger datagrams that are under way should be given up.
    void on_acked(std::size_t bytes);
    bool on_lost(std::size_t bytes, Time sent_at, Time now);

    /// A probe timeout of RFC 9002 went by with datagrams of up to `bytes` under way. As on_lost().
    bool on_timeout(std::size_t bytes, Time now);

    /// When probe_due() or tick() has something to do next; kNever when nothing is left to be found.
    Time next_deadline() const;

    /// Whether there is a size to be tried before the raise timer.
    bool is_searching() const { return searching_; }

private:
    std::optional<std::size_t> candidate() const;
    void complete(Time now);
    bool suspect(std::size_t bytes, int& count, Time now);

    std::size_t largest_;
    std::size_t size_ = kBaseDatagramBytes;
    bool searching_ = true;
    Time search_at_{};  // not before
    std::optional<std::uint64_t> probe_;
    std::size_t probe_bytes_ = 0;
    Time probe_until_{};
    int probes_failed_ = 0;
    int losses_ = 0;
    Time loss_seen_at_{};
    int timeouts_ = 0;
};

}  // namespace chord::net
