#include "net/guard/handshake_gate.hpp"

#include "net/guard/cookie.hpp"
#include "net/guard/source.hpp"

namespace chord::net {

bool SourceLimiter::take(const Endpoint& from, Time now) {
    const auto debt = [](const TokenBucket& bucket) { return bucket.full_at(); };
    return buckets_.find_or_make(bytes_of(source_of(from)), debt).take(rate_, now);
}

HandshakeGate::Verdict HandshakeGate::judge(const CookieIssuer& issuer, std::span<const std::uint8_t> message,
                                            const Endpoint& from, Time now) {
    if (!issuer.mac1_is_right(message)) return Verdict::drop;
    load_.add(now);
    if (!load_.under_load(now)) return Verdict::work;
    if (!issuer.mac2_is_right(message, from, now)) return Verdict::send_cookie;
    return sources_.take(from, now) ? Verdict::work : Verdict::drop;
}

}  // namespace chord::net
