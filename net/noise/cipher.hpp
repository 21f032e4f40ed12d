// Cipher: ChaCha20-Poly1305 (RFC 8439) under one key, the cipher functions of Noise (rev 34, sections 4.2 and 12.3).
//
// It is the specification's CipherState without its counter: the caller names the counter of each message, as section
// 11.4 allows, because datagrams arrive out of order. Handshakes count for themselves (SymmetricState), sessions put
// the counter into the datagram.
//
// Whoever encrypts never uses a counter twice under one key: two messages under one counter give away both, and the
// authentication too. Whoever decrypts refuses a counter that it has seen. Neither is checked here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "net/noise/key_pair.hpp"
#include "node/core/base/result.hpp"

namespace chord::net::noise {

inline constexpr std::size_t kCipherTagBytes = 16;
inline constexpr std::size_t kMessageBytesMax = 65535;  // section 3, of handshake and transport messages alike

/// Counters are below it. Section 5.1 reserves this last one, for the next key (section 4.2).
inline constexpr std::uint64_t kCounterEnd = ~std::uint64_t{0};

class Cipher {
public:
    explicit Cipher(SecretKey key);

    /// A second cipher under the same key; only one of the two may go on encrypting.
    Cipher clone() const { return Cipher(key_.clone()); }

    /// Encrypts in place. `message` is the plaintext and behind it 16 bytes of room, which become the tag; `associated`
    /// is authenticated and not changed. REQUIRES: message.size() >= 16.
    /// Errors, with the message unchanged: too_big beyond 65,535 bytes; overloaded when `counter` is kCounterEnd.
    Status encrypt(std::uint64_t counter, std::span<const std::uint8_t> associated,
                   std::span<std::uint8_t> message) const;

    /// Decrypts in place; returns the plaintext, which is the message without its last 16 bytes.
    /// Errors: bad_message when key, counter or associated bytes are others than it was encrypted under, when it was
    /// changed, is shorter than 16 bytes or longer than 65,535; overloaded when `counter` is kCounterEnd. The message's
    /// bytes are lost then: nothing of what was not authenticated can be read by mistake.
    Result<std::span<std::uint8_t>> decrypt(std::uint64_t counter, std::span<const std::uint8_t> associated,
                                            std::span<std::uint8_t> message) const;

    /// Replaces the key by one that follows from it and does not lead back (section 11.3). When, is agreed elsewhere;
    /// counters may go on or begin again, as long as both sides do the same.
    void rekey();

private:
    SecretKey key_;
};

}  // namespace chord::net::noise
