#include "node/daemon/identity.hpp"

#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "node/core/base/bytes.hpp"
#include "node/core/base/check.hpp"
#include "node/host/secret_file.hpp"

namespace chord::daemon {
namespace {

using net::noise::kKeyBytes;
using net::noise::PublicKey;
using net::noise::SecretKey;

constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kFileBytes = kMagicBytes + 2 * kKeyBytes;

static_assert(kKeyBytes == crypto_sign_SEEDBYTES);  // and of PUBLICKEYBYTES, which is the same

/// One of the two kinds of key.
struct Kind {
    std::string name;  // in the state directory
    std::string credential;
    std::string what;
    BytesView magic;
    PublicKey (*public_key_of)(const SecretKey&);
    std::string without;  // what the operator gets by moving the file away
};

PublicKey ed25519_public_key(const SecretKey& seed) {
    PublicKey key{};
    net::noise::Secret<crypto_sign_SECRETKEYBYTES> both;
    CHORD_CHECK(crypto_sign_seed_keypair(key.data(), both.data(), seed.data()) == 0);
    return key;
}

PublicKey x25519_public_key(const SecretKey& private_key) {
    return net::noise::KeyPair(private_key.clone()).public_key();
}

Kind identity_kind() {
    return {"identity", "chordd.identity", "identity", "chordid1", &ed25519_public_key, "to become a new node"};
}

Kind static_key_kind() {
    return {"static.key", "chordd.static-key", "static key",
            "chordst1",   &x25519_public_key,  "and start again, which makes another"};
}

/// The key in the file's content; nullopt and why when it is not one.
std::optional<SecretKey> decode(const Kind& kind, BytesView content, std::string& why) {
    if (content.size() != kFileBytes || !content.starts_with(kind.magic)) {
        why = "was not written by chordd";
        return std::nullopt;
    }
    const std::span<const std::uint8_t> keys(reinterpret_cast<const std::uint8_t*>(content.data()) + kMagicBytes,
                                             2 * kKeyBytes);
    SecretKey key = SecretKey::copy_of(keys.first<kKeyBytes>());
    const PublicKey public_key = kind.public_key_of(key);
    if (!std::equal(public_key.begin(), public_key.end(), keys.begin() + kKeyBytes)) {
        why = "is damaged (its two keys do not belong together)";
        return std::nullopt;
    }
    return key;
}

OrFault<std::optional<SecretKey>> load_from(const Kind& kind, const std::string& path, Custody custody) {
    const std::string what = kind.what + (custody == Custody::own ? " file" : " credential");
    OrFault<std::optional<Bytes>> file = read_secret_file(what, path, kFileBytes, custody);
    if (!file) return file.fault();
    if (!file->has_value()) return std::optional<SecretKey>();
    std::string why;
    std::optional<SecretKey> key = decode(kind, **file, why);
    wipe(**file);
    if (key) return key;
    const std::string remedy = custody == Custody::own
                                   ? "restore it from a backup, or move it away " + kind.without
                                   : "let LoadCredential= name a copy of a state directory's file '" + kind.name + "'";
    return Fault{Exit::needs_operator, "the " + what + " " + path + " " + why + "; " + remedy};
}

OrFault<std::optional<SecretKey>> load(const Kind& kind, const KeyPlaces& places) {
    if (!places.credentials_dir.empty()) {
        OrFault<std::optional<SecretKey>> lent =
            load_from(kind, places.credentials_dir + "/" + kind.credential, Custody::credential);
        if (!lent || lent->has_value()) return lent;
    }
    return load_from(kind, places.state_dir + "/" + kind.name, Custody::own);
}

OrFault<SecretKey> create(const Kind& kind, const std::string& state_dir) {
    SecretKey key;
    randombytes_buf(key.data(), kKeyBytes);
    const PublicKey public_key = kind.public_key_of(key);

    Bytes content;
    content.reserve(kFileBytes);  // grows once, so that no freed block keeps the key
    content.append(kind.magic);
    content.append(key.bytes().begin(), key.bytes().end());
    content.append(public_key.begin(), public_key.end());
    std::optional<Fault> fault = create_secret_file(kind.what + " file", state_dir, kind.name, content);
    wipe(content);
    if (fault) return *fault;
    return key;
}

OrFault<SecretKey> make(const Kind& kind, const KeyPlaces& places) {
    OrFault<SecretKey> made = create(kind, places.state_dir);
    if (made) return made;
    // Another daemon may have been quicker on this directory; the store's lock then decides between the two.
    OrFault<std::optional<SecretKey>> found = load(kind, places);
    if (found && found->has_value()) return std::move(**found);
    return made;
}

}  // namespace

OrFault<SecretKey> open_identity(const KeyPlaces& places) {
    OrFault<std::optional<SecretKey>> found = load(identity_kind(), places);
    if (!found) return found.fault();
    if (found->has_value()) return std::move(**found);
    // A store without its identity belongs to a node that may come back; a new one must not take its place.
    struct stat status {};
    if (::lstat((places.state_dir + "/data.mdb").c_str(), &status) == 0) {
        return Fault{Exit::needs_operator, "the state directory " + places.state_dir +
                                               " holds a store but no identity; restore the file 'identity' from a "
                                               "backup, or start with an empty --state-dir"};
    }
    return make(identity_kind(), places);
}

OrFault<SecretKey> open_static_key(const KeyPlaces& places) {
    OrFault<std::optional<SecretKey>> found = load(static_key_kind(), places);
    if (!found) return found.fault();
    if (found->has_value()) return std::move(**found);
    return make(static_key_kind(), places);
}

}  // namespace chord::daemon
