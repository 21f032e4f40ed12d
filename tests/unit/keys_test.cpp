// Ed25519 as admission uses it: purposes, names of keys, and that no second signature can be made from a first.
#include "net/admission/keys.hpp"

#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

const std::vector<std::uint8_t> kMessage = {1, 2, 3};
constexpr Purpose kPurposes[] = {Purpose::certificate, Purpose::request,    Purpose::invite,
                                 Purpose::invite_use,  Purpose::fleet_list, Purpose::network_key};

TEST_CASE("keys: a signature is Ed25519 over the purpose's text and the message") {
    const SigningKey key = testing::signing_key(1);
    const Signature signature = key.sign(Purpose::certificate, kMessage);
    const std::string signed_bytes("chordd certificate\0\1\2\3", 22);
    CHECK_EQ(crypto_sign_verify_detached(signature.data(), reinterpret_cast<const unsigned char*>(signed_bytes.data()),
                                         signed_bytes.size(), key.public_key().data()),
             0);
}

TEST_CASE("keys: a signature counts for its purpose, message and key only") {
    const SigningKey key = testing::signing_key(1);
    for (const Purpose signed_for : kPurposes) {
        const Signature signature = key.sign(signed_for, kMessage);
        for (const Purpose purpose : kPurposes) {
            CHECK_EQ(is_signed(purpose, kMessage, signature, key.public_key()), purpose == signed_for);
        }
        CHECK_FALSE(is_signed(signed_for, View(kMessage).first(2), signature, key.public_key()));
        CHECK_FALSE(is_signed(signed_for, kMessage, signature, testing::signing_key(2).public_key()));
        for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
            Signature bad = signature;
            bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
            CHECK_FALSE(is_signed(signed_for, kMessage, bad, key.public_key()));
        }
    }
}

TEST_CASE("keys: s + L, the classical second signature of the same thing, is refused") {
    const SigningKey key = testing::signing_key(1);
    Signature signature = key.sign(Purpose::certificate, kMessage);
    // L = 2^252 + 27742317777372353535851937790883648493, little-endian.
    constexpr std::uint8_t kOrder[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                         0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                         0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
    unsigned carry = 0;
    for (std::size_t i = 0; i < 32; ++i) {
        carry += 0U + signature[32 + i] + kOrder[i];
        signature[32 + i] = static_cast<std::uint8_t>(carry);
        carry >>= 8;
    }
    CHECK_FALSE(is_signed(Purpose::certificate, kMessage, signature, key.public_key()));
}

TEST_CASE("keys: a key of small order, under which one signature fits every message, is refused") {
    VerifyKey identity{};
    identity[0] = 1;
    Signature signature{};
    signature[0] = 1;
    CHECK_FALSE(is_signed(Purpose::certificate, kMessage, signature, identity));
}

TEST_CASE("keys: the names of one key share nothing") {
    const VerifyKey key = testing::signing_key(1).public_key();
    const NetworkId network = network_id(key);
    const KeyId id = key_id(key);
    const IssuerId issuer = issuer_id(key);
    CHECK_FALSE(std::equal(network.begin(), network.end(), id.begin()));
    CHECK_FALSE(std::equal(issuer.begin(), issuer.end(), id.begin()));
    CHECK_FALSE(std::equal(issuer.begin(), issuer.end(), network.begin()));
    CHECK_NE(id, key_id(testing::signing_key(2).public_key()));
    CHECK_NE(key_pair_id(key, key), id);
    const VerifyKey other = testing::signing_key(2).public_key();
    CHECK_NE(key_pair_id(key, other), key_pair_id(key, key));
    CHECK_NE(key_pair_id(key, other), key_pair_id(other, key));
}

TEST_CASE("keys: the seed comes back, and makes the same key") {
    const SigningKey key = testing::signing_key(1);
    CHECK(key.seed() == SigningKey::Seed::copy_of(testing::rolled<32>(1)));
    CHECK_EQ(key.clone().public_key(), key.public_key());
    CHECK_EQ(key.clone().sign(Purpose::request, kMessage), key.sign(Purpose::request, kMessage));
}

}  // namespace
}  // namespace chord::net::admission
