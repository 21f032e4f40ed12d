#include "net/admission/keys.hpp"

#include <sodium.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "node/core/base/check.hpp"
#include "node/core/base/hash.hpp"

namespace chord::net::admission {
namespace {

/// None is the beginning of another: each ends with a zero byte.
std::string_view text(Purpose purpose) {
    using namespace std::string_view_literals;
    switch (purpose) {
        case Purpose::certificate: return "chordd certificate\0"sv;
        case Purpose::request: return "chordd request\0"sv;
        case Purpose::invite: return "chordd invite\0"sv;
        case Purpose::invite_use: return "chordd invite use\0"sv;
        case Purpose::fleet_list: return "chordd fleet list\0"sv;
        case Purpose::network_key: return "chordd network key\0"sv;
    }
    CHORD_CHECK(false);
}

/// libsodium signs one range of bytes (its multi-part functions are Ed25519ph, another scheme).
std::vector<std::uint8_t> with_purpose(Purpose purpose, View message) {
    const std::string_view label = text(purpose);
    std::vector<std::uint8_t> whole(label.begin(), label.end());
    whole.insert(whole.end(), message.begin(), message.end());
    return whole;
}

BytesView bytes_of(const std::array<std::uint8_t, 32>& key) {
    return {reinterpret_cast<const char*>(key.data()), key.size()};
}

template <std::size_t kSize>
std::array<std::uint8_t, kSize> named(std::initializer_list<BytesView> parts) {
    const auto digest = hash256(parts).bytes();
    std::array<std::uint8_t, kSize> name{};
    std::copy_n(digest.begin(), kSize, name.begin());
    return name;
}

}  // namespace

NetworkId network_id(const VerifyKey& fleet_key) {
    return named<16>({"chordd fleet", bytes_of(fleet_key)});
}

IssuerId issuer_id(const VerifyKey& key) {
    return named<8>({"chordd issuer", bytes_of(key)});
}

KeyId key_id(const std::array<std::uint8_t, 32>& key) {
    return named<16>({"chordd key", bytes_of(key)});
}

KeyId key_pair_id(const VerifyKey& sign_key, const noise::PublicKey& static_key) {
    return named<16>({"chordd key pair", bytes_of(sign_key), bytes_of(static_key)});
}

bool is_signed(Purpose purpose, View message, const Signature& signature, const VerifyKey& key) {
    const std::vector<std::uint8_t> whole = with_purpose(purpose, message);
    return crypto_sign_verify_detached(signature.data(), whole.data(), whole.size(), key.data()) == 0;
}

SigningKey::SigningKey(const Seed& seed) {
    static_assert(crypto_sign_SECRETKEYBYTES == 64 && crypto_sign_SEEDBYTES == 32);
    CHORD_CHECK(sodium_init() >= 0);  // harmless when repeated
    crypto_sign_seed_keypair(public_key_.data(), secret_.data(), seed.data());
}

SigningKey::Seed SigningKey::seed() const {
    return Seed::copy_of(secret_.bytes().first<32>());
}

Signature SigningKey::sign(Purpose purpose, View message) const {
    const std::vector<std::uint8_t> whole = with_purpose(purpose, message);
    Signature signature{};
    crypto_sign_detached(signature.data(), nullptr, whole.data(), whole.size(), secret_.data());
    return signature;
}

}  // namespace chord::net::admission
