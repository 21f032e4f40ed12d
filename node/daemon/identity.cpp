#include "node/daemon/identity.hpp"

#include <sodium.h>

#include <algorithm>

#include "node/core/base/hash.hpp"
#include "node/daemon/secret_file.hpp"

namespace chord::daemon {
namespace {

constexpr const char* kFileName = "identity";
constexpr const char* kWhat = "identity file";
constexpr BytesView kMagic = "chordid1";
constexpr std::size_t kFileBytes = 8 + crypto_sign_SEEDBYTES + crypto_sign_PUBLICKEYBYTES;

static_assert(crypto_sign_PUBLICKEYBYTES == std::tuple_size_v<PublicKey>);

/// The public key that belongs to the seed; what else libsodium computes is wiped.
PublicKey public_key_of(const std::uint8_t* seed) {
    PublicKey key{};
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
    crypto_sign_seed_keypair(key.data(), secret.data(), seed);
    sodium_memzero(secret.data(), secret.size());
    return key;
}

}  // namespace

OrFault<std::optional<PublicKey>> load_identity(const std::string& state_dir) {
    const std::string path = state_dir + "/" + kFileName;
    OrFault<std::optional<Bytes>> file = read_secret_file(kWhat, path, kFileBytes);
    if (!file) return file.fault();
    if (!file->has_value()) return std::optional<PublicKey>();

    Bytes& content = **file;
    const bool is_ours = content.size() == kFileBytes && content.compare(0, kMagic.size(), kMagic) == 0;
    if (!is_ours) {
        wipe(content);
        return Fault{Exit::needs_operator, "the identity file " + path +
                                               " was not written by chordd; restore it from a backup, or move it away "
                                               "to become a new node"};
    }
    const auto* seed = reinterpret_cast<const std::uint8_t*>(content.data() + kMagic.size());
    const PublicKey key = public_key_of(seed);
    const bool matches = std::equal(key.begin(), key.end(), seed + crypto_sign_SEEDBYTES);
    wipe(content);
    if (!matches)
        return Fault{Exit::needs_operator, "the identity file " + path +
                                               " is damaged (its two keys do not belong together); restore it from a "
                                               "backup, or move it away to become a new node"};
    return std::optional<PublicKey>(key);
}

OrFault<PublicKey> create_identity(const std::string& state_dir) {
    std::array<std::uint8_t, crypto_sign_SEEDBYTES> seed{};
    randombytes_buf(seed.data(), seed.size());
    const PublicKey key = public_key_of(seed.data());

    Bytes content;
    content.reserve(kFileBytes);  // grows once, so that no freed block keeps the seed
    content.append(kMagic);
    content.append(seed.begin(), seed.end());
    content.append(key.begin(), key.end());
    std::optional<Fault> fault = create_secret_file(kWhat, state_dir, kFileName, content);
    wipe(content);
    sodium_memzero(seed.data(), seed.size());
    if (fault) return *fault;
    return key;
}

Id node_id(BytesView network_id, const PublicKey& key) {
    return position_id(network_id, "", BytesView(reinterpret_cast<const char*>(key.data()), key.size()), 0);
}

}  // namespace chord::daemon
