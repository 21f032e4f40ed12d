#include "net/noise/hash.hpp"

#include <sodium.h>

#include <algorithm>

#include "node/core/base/check.hpp"

namespace chord::net::noise {

namespace {

static_assert(kHashBytes == crypto_generichash_BYTES_MAX);

/// BLAKE2b-512 piece by piece. What it has taken in may be secret, so it leaves nothing behind.
class Hasher {
public:
    Hasher() { crypto_generichash_init(&state_, nullptr, 0, kHashBytes); }
    ~Hasher() { sodium_memzero(&state_, sizeof(state_)); }
    Hasher(const Hasher&) = delete;
    Hasher& operator=(const Hasher&) = delete;

    void add(std::span<const std::uint8_t> bytes) { crypto_generichash_update(&state_, bytes.data(), bytes.size()); }
    void finish(std::span<std::uint8_t, kHashBytes> digest) {
        crypto_generichash_final(&state_, digest.data(), kHashBytes);
    }

private:
    crypto_generichash_state state_;
};

/// Adds the key, padded to a block with zeros, each byte xor `pad`.
void add_padded_key(Hasher& hasher, std::span<const std::uint8_t> key, std::uint8_t pad) {
    Secret<kHashBlockBytes> block;
    std::copy(key.begin(), key.end(), block.data());
    for (std::uint8_t& byte : block.writable()) byte = static_cast<std::uint8_t>(byte ^ pad);
    hasher.add(block.bytes());
}

}  // namespace

Hash hash(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second) {
    Hasher hasher;
    hasher.add(first);
    hasher.add(second);
    Hash digest{};
    hasher.finish(digest);
    return digest;
}

SecretHash hmac(std::span<const std::uint8_t> key, std::span<const std::uint8_t> data) {
    CHORD_CHECK(key.size() <= kHashBlockBytes);
    SecretHash digest;
    Hasher inner;
    add_padded_key(inner, key, 0x36);
    inner.add(data);
    inner.finish(digest.writable());
    Hasher outer;
    add_padded_key(outer, key, 0x5c);
    outer.add(digest.bytes());
    outer.finish(digest.writable());
    return digest;
}

}  // namespace chord::net::noise
