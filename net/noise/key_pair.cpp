#include "net/noise/key_pair.hpp"

#include <sodium.h>

#include <utility>

#include "node/core/base/check.hpp"

namespace chord::net::noise {

static_assert(kKeyBytes == crypto_scalarmult_BYTES);  // and of SCALARBYTES, which is the same

KeyPair::KeyPair(SecretKey private_key) : private_key_(std::move(private_key)) {
    CHORD_CHECK(sodium_init() >= 0);  // chooses the fastest X25519 for this processor; harmless when repeated
    CHORD_CHECK(crypto_scalarmult_base(public_key_.data(), private_key_.data()) == 0);
}

KeyPair::KeyPair(SecretKey private_key, const PublicKey& public_key)
    : private_key_(std::move(private_key)), public_key_(public_key) {}

Result<SecretKey> KeyPair::diffie_hellman(const PublicKey& remote) const {
    SecretKey shared;
    if (crypto_scalarmult(shared.data(), private_key_.data(), remote.data()) != 0) return Error::bad_message;
    return shared;
}

KeyPair KeyPair::clone() const {
    return {private_key_.clone(), public_key_};
}

}  // namespace chord::net::noise
