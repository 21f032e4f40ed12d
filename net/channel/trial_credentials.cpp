#include "net/channel/trial_credentials.hpp"

#include <sodium.h>

#include <algorithm>

#include "node/core/base/check.hpp"
#include "node/core/base/hash.hpp"

namespace chord::net {
namespace {

constexpr BytesView kSignedLabel = "chordd trial credential";

constexpr std::size_t kKeyAt = 1;
constexpr std::size_t kIndexAt = kKeyAt + crypto_sign_PUBLICKEYBYTES;
constexpr std::size_t kSignatureAt = kIndexAt + 1;
static_assert(kSignatureAt + crypto_sign_BYTES == kTrialCredentialBytes);
static_assert(noise::kKeyBytes == crypto_sign_SEEDBYTES);

BytesView view(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Every part but the label's end has a fixed length, so that no two credentials sign the same text.
Bytes signed_text(BytesView network_id, const noise::PublicKey& static_key, std::uint8_t index) {
    Bytes text(kSignedLabel);
    text.append(network_id);
    text.append(view(static_key));
    text.push_back(static_cast<char>(index));
    return text;
}

const unsigned char* raw(const Bytes& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

TrialCredentials::TrialCredentials(BytesView network_id, noise::SecretKey seed, const noise::PublicKey& static_key,
                                   std::uint8_t index)
    : network_id_(network_id) {
    CHORD_CHECK(network_id.size() == kNetworkIdBytes && index < kPositions);
    CHORD_CHECK(sodium_init() >= 0);
    noise::Secret<crypto_sign_SECRETKEYBYTES> signing_key;
    own_[0] = kTrialCredentialKind;
    own_[kIndexAt] = index;
    CHORD_CHECK(crypto_sign_seed_keypair(&own_[kKeyAt], signing_key.data(), seed.data()) == 0);
    seed.wipe();
    const Bytes text = signed_text(network_id_, static_key, index);
    CHORD_CHECK(crypto_sign_detached(&own_[kSignatureAt], nullptr, raw(text), text.size(), signing_key.data()) == 0);
    id_ = position_id(network_id_, "", view(own_).substr(kKeyAt, crypto_sign_PUBLICKEYBYTES), index);
}

Result<Id> TrialCredentials::judge(std::span<const std::uint8_t> shown, const noise::PublicKey& static_key) {
    if (shown.size() != kTrialCredentialBytes || shown[0] != kTrialCredentialKind) return Error::bad_message;
    const std::uint8_t index = shown[kIndexAt];
    if (index >= kPositions) return Error::bad_message;
    const auto public_key = shown.subspan<kKeyAt, crypto_sign_PUBLICKEYBYTES>();
    const Bytes text = signed_text(network_id_, static_key, index);
    if (crypto_sign_verify_detached(&shown[kSignatureAt], raw(text), text.size(), public_key.data()) != 0)
        return Error::bad_message;
    return position_id(network_id_, "", view(public_key), index);
}

}  // namespace chord::net
