// Opener: what stands before the first message of XXpsk3, whose own payload anybody could read. It says who opens, with
// which number, and whom it means to reach, so that a recording of it is answered by nobody:
//
//   opener = ChaCha20-Poly1305(key, nonce 0, associated: the frame's head; static key 32 ‖ number 8 ‖ destination 22)
//   key    = BLAKE2b-256(key: network key, "chordd opener" ‖ the ephemeral key of the message)
//
// Only holders of the network key can make or read one; each ephemeral key has a key of its own. What it says of its
// sender is a claim until the third message proves it.
//
// "Whom it means to reach" is the address as the sender sees it; zeros: anybody.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "net/channel/frame.hpp"
#include "net/noise/cipher.hpp"
#include "net/noise/key_pair.hpp"
#include "node/core/base/peer.hpp"
#include "node/core/base/result.hpp"

namespace chord::net {

struct Opener {
    PeerKey static_key{};
    std::uint64_t number = 0;
    Endpoint destination{};
};

inline constexpr std::size_t kOpenerBytes = 32 + 8 + 22 + noise::kCipherTagBytes;

std::array<std::uint8_t, kOpenerBytes> seal(const Opener& opener, const noise::SecretKey& network_key,
                                            const noise::PublicKey& ephemeral, const FrameHead& head);

/// Errors: bad_message when it was not made with this network key for this head and ephemeral key.
Result<Opener> open_opener(std::span<const std::uint8_t, kOpenerBytes> sealed, const noise::SecretKey& network_key,
                           const noise::PublicKey& ephemeral, const FrameHead& head);

/// Whether what was sent to `destination` may have come in at the own address `at`. They are one; or either is not
/// known (no port); or there may be a NAT between them: `at` is private (RFC 1918, 6598, 4193; a link, the loopback)
/// and `destination` is not of the same network, the first 16 bits of IPv4 and 48 of IPv6. Scopes are not compared:
/// each machine has its own.
bool may_arrive_at(const Endpoint& destination, const Endpoint& at);

}  // namespace chord::net
