// Ed25519 (RFC 8032) as admission uses it: who signs, what is signed, and how a key is named.
//
// Invariants
//  1. A signature counts for one purpose only: what is signed begins with the purpose's text, and no text is the
//     beginning of another. A request can never be passed off as a certificate.
//  2. Nothing in admission is ever named by its signature or by the bytes that carry it, only by keys and numbers that
//     are signed. Another encoding or another signature of the same thing would change nothing (cf. nebula's
//     revocation by fingerprint, which a malleable signature got round). libsodium besides accepts one signature of a
//     message by a key at most: it refuses s >= L, and small-order and non-canonical points.
//  3. Private keys lie in noise::Secret and are wiped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "net/noise/key_pair.hpp"
#include "net/noise/secret.hpp"

namespace chord::net::admission {

using View = std::span<const std::uint8_t>;

inline constexpr std::size_t kSignatureBytes = 64;

using VerifyKey = std::array<std::uint8_t, 32>;  // Ed25519 public key
using Signature = std::array<std::uint8_t, kSignatureBytes>;
using NetworkId = std::array<std::uint8_t, 16>;
using IssuerId = std::array<std::uint8_t, 8>;  // names one of the few keys that may issue
using KeyId = std::array<std::uint8_t, 16>;    // names any device's key

/// What a signature is for. The texts are in keys.cpp.
enum class Purpose : std::uint8_t { certificate, request, invite, invite_use, fleet_list, network_key };

/// The fleet's network id: the first 16 bytes of BLAKE2b-256("chordd fleet" ‖ fleet's public key). Whoever knows it can
/// check a fleet key that a stranger hands him.
NetworkId network_id(const VerifyKey& fleet_key);

/// The first 8 bytes of BLAKE2b-256("chordd issuer" ‖ key). It selects among keys that are known and trusted; that
/// somebody can make a key with the same 8 bytes in 2^64 tries gains him nothing.
IssuerId issuer_id(const VerifyKey& key);

/// The first 16 bytes of BLAKE2b-256("chordd key" ‖ key), of an Ed25519 or an X25519 public key.
KeyId key_id(const std::array<std::uint8_t, 32>& key);

/// The first 16 bytes of BLAKE2b-256("chordd key pair" ‖ sign key ‖ static key): both of a device's keys in one name.
KeyId key_pair_id(const VerifyKey& sign_key, const noise::PublicKey& static_key);

/// True when `signature` is the key's, for this purpose, over the message. One signature check.
bool is_signed(Purpose purpose, View message, const Signature& signature, const VerifyKey& key);

/// An Ed25519 key pair. Rolls no dice: the seed is handed in.
class SigningKey {
public:
    using Seed = noise::Secret<32>;  // RFC 8032's private key

    explicit SigningKey(const Seed& seed);

    const VerifyKey& public_key() const { return public_key_; }
    Seed seed() const;
    SigningKey clone() const { return SigningKey(seed()); }

    /// Deterministic (RFC 8032, section 5.1.6).
    Signature sign(Purpose purpose, View message) const;

private:
    VerifyKey public_key_{};
    noise::Secret<64> secret_;  // libsodium's form: seed ‖ public key
};

}  // namespace chord::net::admission
