// TrialCredentials: in a trial ring everybody who has the network key is let in, but nobody can take another's ring id.
//
//   shown     = kind (1) ‖ Ed25519 public key (32) ‖ position index (1) ‖ Ed25519 signature (64)
//   signed    = "chordd trial credential" ‖ network id (16) ‖ X25519 static public key (32) ‖ position index (1)
//   ring id   = position_id(network id, "", Ed25519 public key, index), DESIGN 4
//
// Invariants
//  1. An id is had only by who can sign with the key that it is made from, and holds the static key that was signed: a
//     recorded credential is of no use to anybody else, nor in another network.
//  2. The first byte is the kind of credential. A fleet's certificates have another one, so that neither is ever taken
//     for the other and a fleet never falls back to this.
//  3. It rolls no dice: Ed25519 signatures are deterministic.
//
// What it is not: a bound on how many identities one makes who has the network key, or on where on the ring they come
// to lie (PROTOCOL-NOTES 10.2). Nor does it end: a static key that was stolen is good for as long as its ring.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "net/channel/credentials.hpp"
#include "net/noise/key_pair.hpp"
#include "node/core/base/bytes.hpp"
#include "node/core/base/id.hpp"

namespace chord::net {

/// The first byte of what is shown. 2 is kept for certificates of a fleet.
inline constexpr std::uint8_t kTrialCredentialKind = 1;
inline constexpr std::size_t kTrialCredentialBytes = 1 + 32 + 1 + 64;
static_assert(kTrialCredentialBytes <= kCredentialBytesMax);

inline constexpr std::size_t kNetworkIdBytes = 16;
/// Each key has this many places on the ring; a node stands at one of them (DESIGN 4).
inline constexpr std::uint8_t kPositions = 8;

class TrialCredentials final : public Credentials {
public:
    /// Signs once; the seed (RFC 8032's private key) is then wiped. `static_key` is the node's own. REQUIRES:
    /// `network_id` has kNetworkIdBytes; index < kPositions.
    TrialCredentials(BytesView network_id, noise::SecretKey seed, const noise::PublicKey& static_key,
                     std::uint8_t index = 0);

    /// The ring id that own() shows.
    const Id& id() const { return id_; }

    std::span<const std::uint8_t> own() const override { return own_; }

    /// Costs one signature check, none when the form is wrong. Errors: bad_message for another form or kind, an index
    /// of kPositions or more, a public key of small order or not in its canonical form, a signature that is not of this
    /// network, static key and index. A peer may stand at any of its positions: this release uses 0, a later one may
    /// choose.
    Result<Id> judge(std::span<const std::uint8_t> shown, const noise::PublicKey& static_key) override;

private:
    Bytes network_id_;
    std::array<std::uint8_t, kTrialCredentialBytes> own_{};
    Id id_;
};

}  // namespace chord::net
