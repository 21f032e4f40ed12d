// SymmetricState: what a handshake has hashed so far (Noise rev 34, section 5.2): the hash of the transcript, the
// chaining key made of all secrets, and the key and counter for the next encryption.
//
// It knows nothing of messages, tokens or roles. Encryption before the first mix_key is a mistake of ours, never a
// plaintext: every pattern of this project has a key from its first token on.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "net/noise/cipher.hpp"
#include "net/noise/hash.hpp"

namespace chord::net::noise {

class SymmetricState {
public:
    /// REQUIRES: the name is at most kHashBytes long (a longer one would be hashed).
    explicit SymmetricState(std::string_view protocol_name);

    SymmetricState clone() const;

    /// Mixes a secret, or in psk handshakes an ephemeral public key, into the chaining key; begins a new cipher key.
    void mix_key(std::span<const std::uint8_t> input);

    /// Mixes public bytes into the transcript.
    void mix_hash(std::span<const std::uint8_t> bytes);

    /// Mixes a pre-shared key into both (section 9.2).
    void mix_key_and_hash(const SecretKey& input);

    /// Cipher::encrypt with the transcript as associated bytes; the result goes into the transcript.
    Status encrypt_and_hash(std::span<std::uint8_t> message);

    /// Cipher::decrypt likewise. After an error the state is as it was.
    Result<std::span<std::uint8_t>> decrypt_and_hash(std::span<std::uint8_t> message);

    /// The two ciphers of the session: first what the initiator encrypts with, then the responder.
    std::pair<Cipher, Cipher> split() const;

    /// Forgets all but the transcript's hash.
    void wipe_keys();

    const Hash& transcript_hash() const { return hash_; }

private:
    SymmetricState() = default;
    void begin_key(const SecretHash& output);

    SecretHash chaining_key_;
    Hash hash_{};
    std::optional<Cipher> cipher_;
    std::uint64_t counter_ = 0;
};

}  // namespace chord::net::noise
