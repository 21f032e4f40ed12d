// KeyPair: X25519 (RFC 7748), the DH functions of Noise (rev 34, sections 4.1 and 12.1).
//
// It rolls no dice: the caller hands in 32 random bytes, so that the simulator's handshakes are a function of its seed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "net/noise/secret.hpp"
#include "node/core/base/result.hpp"

namespace chord::net::noise {

inline constexpr std::size_t kKeyBytes = 32;  // DHLEN; of a cipher key and of a pre-shared key likewise

using PublicKey = std::array<std::uint8_t, kKeyBytes>;
using SecretKey = Secret<kKeyBytes>;

class KeyPair {
public:
    /// Every 32 bytes are a private key: X25519 itself sets and clears the bits that must be. Costs one multiplication.
    explicit KeyPair(SecretKey private_key);

    const PublicKey& public_key() const { return public_key_; }

    /// What this private key and `remote` have in common. Costs one multiplication.
    /// Errors: bad_message when the result is zero, as for each of the points of low order: such a "public key" makes
    /// the result known to everybody. Section 12.1 allows this and would rather go on with zeros; refusing keeps the
    /// meaning of a shared secret simple, and libsodium does it anyway.
    Result<SecretKey> diffie_hellman(const PublicKey& remote) const;

    KeyPair clone() const;

private:
    KeyPair(SecretKey private_key, const PublicKey& public_key);

    SecretKey private_key_;
    PublicKey public_key_{};
};

}  // namespace chord::net::noise
