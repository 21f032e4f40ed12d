// The two macs at the end of a handshake message, and the cookies that the second one needs (WireGuard, NDSS 2017,
// sections 5.4.4 and 5.4.7, adapted: PROTOCOL-NOTES 10.3).
//
//   handshake message = … ‖ mac1 (16) ‖ mac2 (16)
//   mac1         = BLAKE2b-128(key H("mac1" ‖ responder key), all before mac1): the sender knows whom it talks to
//   mac2         = BLAKE2b-128(key cookie, all before mac2), zeros without a cookie: the sender receives at its address
//   cookie       = BLAKE2b-128(key secret of the responder, source address ‖ scope ‖ port)
//   cookie reply = nonce (24) ‖ ChaCha20-Poly1305-IETF(one-time key, zero nonce, cookie) (16 + 16)
//   one-time key = BLAKE2b-256(key H("cookie" ‖ responder key), nonce ‖ mac1 of the message that is answered)
//
// H is BLAKE2b-256. "Responder key" is the static public key of the node that is to receive the message. Where the
// sender does not know it (XX to a bootstrap address) a hash of the network's pre-shared key takes its place, which
// keeps strangers out too; a node has one CookieIssuer for each of the two. Deviations from WireGuard: BLAKE2b for
// BLAKE2s; a one-time key instead of XChaCha20, and mac1 in that key instead of as associated data.
//
// A reply is no longer than the shortest handshake message with its macs, so that it never amplifies. What comes before
// these 56 bytes (kind, session index) is the caller's.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/core/base/result.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

inline constexpr std::size_t kMacBytes = 16;
inline constexpr std::size_t kMacsBytes = 2 * kMacBytes;
inline constexpr std::size_t kCookieNonceBytes = 24;
inline constexpr std::size_t kCookieReplyBytes = kCookieNonceBytes + kMacBytes + 16;

/// For how long a cookie is used after it came, and after how long a secret is replaced.
inline constexpr Duration kCookieLifetime = std::chrono::seconds(120);

using ResponderKey = std::array<std::uint8_t, 32>;
using Mac = std::array<std::uint8_t, kMacBytes>;
using CookieReply = std::array<std::uint8_t, kCookieReplyBytes>;

/// Fresh random bytes for one cookie reply.
struct CookieDice {
    std::array<std::uint8_t, kCookieNonceBytes> nonce;
    std::array<std::uint8_t, 32> secret;  // used when a new secret is due; else thrown away
};

/// What both sides derive from the responder key.
class MacKeys {
public:
    explicit MacKeys(const ResponderKey& responder);
    ~MacKeys();
    MacKeys(const MacKeys&) = delete;
    MacKeys& operator=(const MacKeys&) = delete;

    /// mac1 of a message that ends before it.
    Mac mac1(std::span<const std::uint8_t> message) const;

    CookieReply seal(const Mac& cookie, const std::array<std::uint8_t, kCookieNonceBytes>& nonce,
                     std::span<const std::uint8_t, kMacBytes> mac1) const;
    /// Errors: bad_message when the reply is not for this mac1, of another responder, changed, or of another length.
    Result<Mac> open(std::span<const std::uint8_t> reply, const Mac& mac1) const;

private:
    using Key = std::array<std::uint8_t, 32>;
    Key one_time_key(std::span<const std::uint8_t> nonce, std::span<const std::uint8_t> mac1) const;

    Key mac1_key_;
    Key cookie_key_;
};

/// The responder's side: checks macs, hands out cookies. Two secrets, no state for each source: 144 bytes.
///
/// A cookie is good for at least kCookieLifetime after it was handed out and at most twice that: a secret serves new
/// cookies for kCookieLifetime and is accepted for as long again. Before the first reply there is no secret, and no
/// mac2 is right.
class CookieIssuer {
public:
    explicit CookieIssuer(const ResponderKey& own) : keys_(own) {}
    ~CookieIssuer();
    CookieIssuer(const CookieIssuer&) = delete;
    CookieIssuer& operator=(const CookieIssuer&) = delete;

    /// Both take a whole message with its macs; false for one shorter than kMacsBytes.
    bool mac1_is_right(std::span<const std::uint8_t> message) const;
    bool mac2_is_right(std::span<const std::uint8_t> message, const Endpoint& from, Time now) const;

    /// The answer to `message` from `from`. REQUIRES: mac1_is_right(message).
    CookieReply reply(std::span<const std::uint8_t> message, const Endpoint& from, Time now, const CookieDice& dice);

private:
    struct Secret {
        std::array<std::uint8_t, 32> bytes{};
        Time accepted_until{};  // before it: none
    };

    MacKeys keys_;
    Secret current_;
    Secret previous_;
};

/// The initiator's side: macs for the messages to one responder, and its last cookie. 112 bytes; keep it while a
/// handshake with that responder is under way, or longer.
class CookieHolder {
public:
    explicit CookieHolder(const ResponderKey& responder) : keys_(responder) {}
    ~CookieHolder();
    CookieHolder(const CookieHolder&) = delete;
    CookieHolder& operator=(const CookieHolder&) = delete;

    /// Puts mac1 and mac2 behind the message.
    void append_macs(std::vector<std::uint8_t>& message, Time now);

    /// Takes the cookie from a reply to the message whose macs were appended last. Each message opens one reply, so
    /// that a recorded one does not make an old cookie look fresh. The caller changes nothing else: a reply does not
    /// end the handshake, and the next retransmission bears the cookie. Errors: bad_message, and nothing is changed.
    Status take_reply(std::span<const std::uint8_t> reply, Time now);

private:
    MacKeys keys_;
    std::optional<Mac> mac1_;  // of the last message, until its reply
    Mac cookie_{};
    Time cookie_until_{};
};

}  // namespace chord::net
