// The hash functions of Noise (rev 34, sections 4.3 and 12.8): BLAKE2b with 64 bytes of output and no key of its own,
// HMAC (RFC 2104) over it, and HKDF (RFC 5869, with an empty info) over that.
//
// Neither BLAKE2b's own keyed mode nor libsodium's crypto_kdf gives the same bytes; and what HKDF returns is secret.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "net/noise/secret.hpp"

namespace chord::net::noise {

inline constexpr std::size_t kHashBytes = 64;        // HASHLEN
inline constexpr std::size_t kHashBlockBytes = 128;  // BLOCKLEN

using Hash = std::array<std::uint8_t, kHashBytes>;
using SecretHash = Secret<kHashBytes>;

/// HASH of `first` followed by `second`.
Hash hash(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second = {});

/// HMAC-HASH of `data`. REQUIRES: the key is at most kHashBlockBytes long.
SecretHash hmac(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data);

/// The first N outputs of HKDF. `input` is empty, 32 or 64 bytes in Noise; any length is right here.
template <std::size_t N>
std::array<SecretHash, N> hkdf(const SecretHash& chaining_key, std::span<const std::uint8_t> input) {
    static_assert(N == 2 || N == 3);
    const SecretHash extracted = hmac(chaining_key.bytes(), input);
    std::array<SecretHash, N> outputs;
    Secret<kHashBytes + 1> expanded;  // the output before, and the number of this one
    std::size_t used = 0;             // the first output has none before it
    for (std::size_t i = 0; i < N; ++i) {
        expanded.data()[used] = static_cast<std::uint8_t>(i + 1);
        outputs[i] = hmac(extracted.bytes(), expanded.bytes().first(used + 1));
        const auto output = outputs[i].bytes();
        std::copy(output.begin(), output.end(), expanded.data());
        used = kHashBytes;
    }
    return outputs;
}

}  // namespace chord::net::noise
