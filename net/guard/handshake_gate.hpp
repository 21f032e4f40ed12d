// HandshakeGate: what may cost this node public-key work. Cheap defence first (WireGuard, NDSS 2017,
// sections 5.3, 5.4.7, 6.5, with BLAKE2b in place of BLAKE2s): the macs of cookie.hpp, then the load, then a limit for
// each source.
//
//   mac1 wrong                       drop: to a stranger nobody is here
//   calm                             work
//   under load, mac2 missing/wrong   send_cookie: 56 bytes, two hashes and no state for it
//   under load, mac2 right           work, while the source stays within its rate; else drop
//
// Invariants
//  1. Memory is fixed: 16 bytes a source remembered.
//  2. A source is charged only for datagrams with a right mac2, so that nobody who cannot receive at its address uses
//     up what it is allowed; hence the limiter is not asked while calm. A source that shares its address with an
//     attacker (NAT, one /64) shares the rate, and a token grows every 50 ms for whoever comes first.
//  3. A flood from any number of spoofed addresses leaves no trace in the table. Such a flood costs the honest one
//     round trip, for a cookie.
//  4. Sources pushed out of the table by as many real ones as it has entries are forgiven, not locked out: a limit is
//     forgotten, and the bucket is full again 250 ms after its last token anyway.
//  5. What k real sources get together is not bounded here, as in WireGuard: 20 · k handshakes a second, and more once
//     there are more of them than entries. A /48 of IPv6 is 65,536 sources.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "net/guard/keyed_table.hpp"
#include "net/guard/token_bucket.hpp"
#include "node/core/base/peer.hpp"

namespace chord::net {

class CookieIssuer;

/// Whether more handshakes are wanted than this node likes to do. It counts what is wanted and not what is done, so
/// that it does not calm down merely because cookies keep the work away.
class LoadMeter {
public:
    LoadMeter(const Rate& bound, Duration load_for) : bound_(bound), load_for_(load_for) {}

    /// One more handshake is wanted; beyond the bound the node is under load from now on for load_for.
    void add(Time now) {
        if (!bucket_.take(bound_, now)) until_ = now + load_for_;
    }

    bool under_load(Time now) const { return now < until_; }

private:
    Rate bound_;
    Duration load_for_;
    TokenBucket bucket_;
    Time until_{};
};

/// A token bucket for each source (source.hpp). Contract of the caller: invariant 2 above.
class SourceLimiter {
public:
    SourceLimiter(const Rate& rate, std::size_t sources_max, const TableSecret& secret)
        : rate_(rate), buckets_(sources_max, secret) {}

    /// Whether one more datagram of this source is within its rate; if so it is charged.
    bool take(const Endpoint& from, Time now);

    std::size_t bytes() const { return buckets_.bytes(); }

private:
    Rate rate_;
    KeyedTable<TokenBucket> buckets_;
};

struct HandshakeGateOptions {
    Rate load_bound{std::chrono::milliseconds(50), 20};  // more than 20 handshakes a second, or in a row: under load
    Duration load_for = std::chrono::seconds(1);
    Rate source_rate{std::chrono::milliseconds(50), 5};  // 20 a second, burst 5
    std::size_t sources_max = 1024;                      // 16 KiB
};

class HandshakeGate {
public:
    enum class Verdict : std::uint8_t { drop, send_cookie, work };

    HandshakeGate(const HandshakeGateOptions& options, const TableSecret& secret)
        : load_(options.load_bound, options.load_for), sources_(options.source_rate, options.sources_max, secret) {}

    /// What a handshake message (with its macs at its end) from `from` is worth. `issuer`: the one whose key the
    /// message's kind asks for. Any bytes will do as `message`.
    Verdict judge(const CookieIssuer& issuer, std::span<const std::uint8_t> message, const Endpoint& from, Time now);

    bool under_load(Time now) const { return load_.under_load(now); }
    std::size_t bytes() const { return sources_.bytes(); }

private:
    LoadMeter load_;
    SourceLimiter sources_;
};

}  // namespace chord::net
