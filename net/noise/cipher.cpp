#include "net/noise/cipher.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <utility>

#include "node/core/base/check.hpp"

namespace chord::net::noise {

namespace {

static_assert(kKeyBytes == crypto_aead_chacha20poly1305_ietf_KEYBYTES);
static_assert(kCipherTagBytes == crypto_aead_chacha20poly1305_ietf_ABYTES);

/// Section 12.3: 32 zero bits, then the counter, little-endian.
std::array<std::uint8_t, 12> nonce_of(std::uint64_t counter) {
    std::array<std::uint8_t, 12> nonce{};
    for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::uint8_t>(counter >> (8 * i));
    return nonce;
}

void encrypt_in_place(const SecretKey& key, std::uint64_t counter, std::span<const std::uint8_t> associated,
                      std::span<std::uint8_t> message) {
    const auto text = message.first(message.size() - kCipherTagBytes);
    std::uint8_t* const tag = message.last(kCipherTagBytes).data();
    const auto nonce = nonce_of(counter);
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(text.data(), tag, nullptr, text.data(), text.size(),
                                                       associated.data(), associated.size(), nullptr, nonce.data(),
                                                       key.data());
}

}  // namespace

Cipher::Cipher(SecretKey key) : key_(std::move(key)) {}

Status Cipher::encrypt(std::uint64_t counter, std::span<const std::uint8_t> associated,
                       std::span<std::uint8_t> message) const {
    CHORD_CHECK(message.size() >= kCipherTagBytes);
    if (message.size() > kMessageBytesMax) return Error::too_big;
    if (counter == kCounterEnd) return Error::overloaded;
    encrypt_in_place(key_, counter, associated, message);
    return Success{};
}

Result<std::span<std::uint8_t>> Cipher::decrypt(std::uint64_t counter, std::span<const std::uint8_t> associated,
                                                std::span<std::uint8_t> message) const {
    if (message.size() < kCipherTagBytes || message.size() > kMessageBytesMax) return Error::bad_message;
    if (counter == kCounterEnd) return Error::overloaded;
    const auto text = message.first(message.size() - kCipherTagBytes);
    const std::uint8_t* const tag = message.last(kCipherTagBytes).data();
    const auto nonce = nonce_of(counter);
    if (crypto_aead_chacha20poly1305_ietf_decrypt_detached(text.data(), nullptr, text.data(), text.size(), tag,
                                                           associated.data(), associated.size(), nonce.data(),
                                                           key_.data()) != 0) {
        return Error::bad_message;
    }
    return text;
}

void Cipher::rekey() {
    // Section 4.2: the first 32 bytes of what 32 zeros become under the last counter, without associated bytes.
    Secret<kKeyBytes + kCipherTagBytes> zeros;
    encrypt_in_place(key_, kCounterEnd, {}, zeros.writable());
    key_ = SecretKey::copy_of(zeros.bytes().first<kKeyBytes>());
}

}  // namespace chord::net::noise
