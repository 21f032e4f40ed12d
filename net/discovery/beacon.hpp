// Beacon: one multicast datagram that says to the members of the network on the same link "this node is here, at this
// address", and to everybody else that somebody multicasts:
//
//   beacon = version u8 ‖ 0xbe u8 ‖ nonce 32 ‖ ChaCha20-Poly1305(key, nonce 0, associated: the first two bytes;
//            node id 32 ‖ IPv6 address 16 (IPv4 as ::ffff:a.b.c.d) ‖ UDP port u16)
//   key    = BLAKE2b-256(key: network key, "chordd beacon" ‖ nonce)
//
// All beacons have one length, and two have nothing in common but two bytes. The address is sealed too and must be the
// one that the datagram came from: a recording under another source says nothing, so nobody is made to send to a third
// party. What a beacon says is a hint: whoever is there proves itself in a handshake.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "net/noise/cipher.hpp"
#include "node/core/base/peer.hpp"

namespace chord::net {

inline constexpr std::size_t kBeaconHeadBytes = 2;
inline constexpr std::size_t kBeaconNonceBytes = 32;
inline constexpr std::size_t kBeaconPlainBytes = Id::kBytes + 16 + 2;
inline constexpr std::size_t kBeaconBytes =
    kBeaconHeadBytes + kBeaconNonceBytes + kBeaconPlainBytes + noise::kCipherTagBytes;

using BeaconNonce = std::array<std::uint8_t, kBeaconNonceBytes>;
using Beacon = std::array<std::uint8_t, kBeaconBytes>;

/// `self`: the node, and where it listens on the interface over which the beacon leaves; its scope does not travel.
/// `nonce`: random, never used before.
Beacon seal_beacon(const Peer& self, const noise::SecretKey& network_key, const BeaconNonce& nonce);

/// What came from the address `from` (its port does not matter); the peer's scope is that of `from`. nullopt for
/// whatever was not made with this key, was changed, came from elsewhere, or names no port.
std::optional<Peer> open_beacon(std::span<const std::uint8_t> datagram, const noise::SecretKey& network_key,
                                const Endpoint& from);

}  // namespace chord::net
