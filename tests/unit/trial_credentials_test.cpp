#include "net/channel/trial_credentials.hpp"

#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "node/core/base/hash.hpp"
#include "tests/support/memory_search.hpp"

namespace chord::net {
namespace {

using Shown = std::vector<std::uint8_t>;

const std::string kNetwork = "sixteen byte net";
const std::string kLabel = "chordd trial credential";

noise::SecretKey seed_of(std::uint8_t byte) {
    std::array<std::uint8_t, 32> bytes{};
    bytes.fill(byte);
    return noise::SecretKey::copy_of(bytes);
}

noise::PublicKey static_key_of(std::uint8_t byte) {
    noise::PublicKey key{};
    key.fill(byte);
    return key;
}

TrialCredentials credentials_of(std::uint8_t byte, std::uint8_t index = 0) {
    return TrialCredentials(kNetwork, seed_of(byte), static_key_of(byte), index);
}

Shown shown_by(const TrialCredentials& credentials) {
    return Shown(credentials.own().begin(), credentials.own().end());
}

std::string text(const noise::PublicKey& key) {
    return std::string(key.begin(), key.end());
}

/// What somebody with a key of his own can make by hand.
Shown forged(std::uint8_t kind, std::uint8_t index, const std::string& signed_text) {
    std::array<std::uint8_t, 32> key{};
    std::array<std::uint8_t, 64> both{}, signature{};
    REQUIRE(crypto_sign_seed_keypair(key.data(), both.data(), seed_of(1).data()) == 0);
    REQUIRE(crypto_sign_detached(signature.data(), nullptr, reinterpret_cast<const unsigned char*>(signed_text.data()),
                                 signed_text.size(), both.data()) == 0);
    Shown shown = {kind};
    shown.insert(shown.end(), key.begin(), key.end());
    shown.push_back(index);
    shown.insert(shown.end(), signature.begin(), signature.end());
    return shown;
}

/// What a node judges whose own key plays no part.
Result<Id> judged(const Shown& shown, const noise::PublicKey& static_key) {
    return credentials_of(9).judge(shown, static_key);
}

void refused(const Shown& shown, const noise::PublicKey& static_key) {
    const Result<Id> id = judged(shown, static_key);
    REQUIRE_FALSE(id);
    CHECK(id.error() == Error::bad_message);
}

}  // namespace

TEST_CASE("trial credentials: what is shown, byte by byte") {
    const TrialCredentials credentials = credentials_of(1);
    const std::string signed_text = kLabel + kNetwork + text(static_key_of(1)) + '\0';
    CHECK(shown_by(credentials) == forged(1, 0, signed_text));
    CHECK(credentials.own().size() == 98);
    CHECK(credentials.own().size() <= kCredentialBytesMax);
}

TEST_CASE("trial credentials: a peer gets the id that its key has in this network") {
    std::vector<Id> ids;
    for (std::uint8_t index = 0; index < kPositions; ++index) {
        const TrialCredentials credentials = credentials_of(1, index);
        const Shown shown = shown_by(credentials);
        const std::string key(shown.begin() + 1, shown.begin() + 33);
        const Result<Id> id = judged(shown, static_key_of(1));
        REQUIRE(id);
        CHECK(*id == credentials.id());
        CHECK(*id == position_id(kNetwork, "", key, index));
        ids.push_back(*id);
    }
    std::sort(ids.begin(), ids.end());
    CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("trial credentials: they follow from the seed alone") {
    CHECK(shown_by(credentials_of(1)) == shown_by(credentials_of(1)));
    CHECK(credentials_of(1).id() == credentials_of(1).id());
    CHECK(credentials_of(1).id() != credentials_of(2).id());
}

TEST_CASE("trial credentials: a recorded credential is good for no other static key") {
    const Shown shown = shown_by(credentials_of(1));
    CHECK(judged(shown, static_key_of(1)));
    refused(shown, static_key_of(2));
    noise::PublicKey near = static_key_of(1);
    near[31] ^= 0x80;
    refused(shown, near);
}

TEST_CASE("trial credentials: one of another network is refused") {
    TrialCredentials elsewhere("another 16 bytes", seed_of(1), static_key_of(1));
    const Shown shown = shown_by(elsewhere);
    CHECK(elsewhere.judge(shown, static_key_of(1)));
    refused(shown, static_key_of(1));
}

TEST_CASE("trial credentials: nobody takes another's key, or another of its positions, by changing bytes") {
    const Shown good = shown_by(credentials_of(1));
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        Shown changed = good;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
        refused(changed, static_key_of(1));
    }
    // Mine with the key of somebody else on top.
    Shown mixed = shown_by(credentials_of(2));
    std::copy(good.begin() + 1, good.begin() + 33, mixed.begin() + 1);
    refused(mixed, static_key_of(2));
}

TEST_CASE("trial credentials: another length or kind is refused, though it be signed") {
    const std::string signed_text = kLabel + kNetwork + text(static_key_of(1)) + '\0';
    const Shown good = forged(1, 0, signed_text);
    CHECK(judged(good, static_key_of(1)));
    for (std::size_t size = 0; size < good.size(); ++size)
        refused(Shown(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)), static_key_of(1));
    Shown longer = good;
    longer.push_back(0);
    refused(longer, static_key_of(1));
    for (const std::uint8_t kind : std::array<std::uint8_t, 3>{0, 2, 255})
        refused(forged(kind, 0, signed_text), static_key_of(1));
}

TEST_CASE("trial credentials: there are eight positions, though a ninth be signed") {
    const auto of_index = [](std::uint8_t index) {
        return forged(1, index, kLabel + kNetwork + text(static_key_of(1)) + static_cast<char>(index));
    };
    CHECK(judged(of_index(7), static_key_of(1)));
    for (const std::uint8_t index : std::array<std::uint8_t, 3>{8, 128, 255})
        refused(of_index(index), static_key_of(1));
}

TEST_CASE("trial credentials: a signature made for another purpose is not taken") {
    const std::string rest = kNetwork + text(static_key_of(1)) + '\0';
    CHECK(judged(forged(1, 0, kLabel + rest), static_key_of(1)));
    refused(forged(1, 0, rest), static_key_of(1));
    refused(forged(1, 0, "chordd record" + rest), static_key_of(1));
    refused(forged(1, 0, kLabel + kNetwork + text(static_key_of(1))), static_key_of(1));
}

TEST_CASE("trial credentials: the keys of small order, for which anybody can sign, are refused") {
    // R the neutral point and S = 0 solve S·B = R + k·A for the neutral A whatever is signed.
    for (const std::uint8_t sign : std::array<std::uint8_t, 2>{0x00, 0x80}) {
        Shown shown(kTrialCredentialBytes);
        shown[0] = kTrialCredentialKind;
        shown[1] = 1;
        shown[32] = sign;
        shown[34] = 1;
        refused(shown, static_key_of(1));
    }
}

TEST_CASE("trial credentials: the seed is gone when they are made") {
    testing::Storage<noise::SecretKey> seed(seed_of(0x5e));
    REQUIRE_FALSE(seed.is_zero());
    const testing::Storage<TrialCredentials> made(TrialCredentials(kNetwork, std::move(*seed), static_key_of(1)));
    CHECK(seed.is_zero());
    const noise::SecretKey same = seed_of(0x5e);
    CHECK_FALSE(made.contains(same.bytes()));
}

}  // namespace chord::net
