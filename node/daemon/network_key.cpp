#include "node/daemon/network_key.hpp"

#include <sodium.h>

#include <optional>
#include <string_view>

#include "node/core/base/hash.hpp"
#include "node/host/secret_file.hpp"

namespace chord::daemon {
namespace {

constexpr const char* kCredential = "chordd.network-key";
constexpr std::size_t kHexDigits = 64;
constexpr std::size_t kFileBytesMax = 4096;

std::string_view trimmed(std::string_view line) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = line.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

/// The key in a file; nullopt when there is none.
OrFault<std::optional<NetworkKey>> load_from(const std::string& what, const std::string& path, Custody custody) {
    OrFault<std::optional<Bytes>> file = read_secret_file(what, path, kFileBytesMax, custody);
    if (!file) return file.fault();
    if (!file->has_value()) return std::optional<NetworkKey>();

    Bytes& content = **file;
    const std::string_view digits = trimmed(content);
    NetworkKey key;
    std::size_t length = 0;
    const bool decoded = digits.size() == kHexDigits &&
                         sodium_hex2bin(key.bytes.data(), key.bytes.size(), digits.data(), digits.size(), nullptr,
                                        &length, nullptr) == 0 &&
                         length == key.bytes.size();
    const bool is_zero = decoded && sodium_is_zero(key.bytes.data(), key.bytes.size()) == 1;
    wipe(content);
    if (!decoded) {
        return Fault{Exit::needs_operator,
                     "the " + what + " " + path + " does not hold exactly 64 hex digits; " + kMakeNetworkKey};
    }
    if (is_zero) return Fault{Exit::needs_operator, "the network key in " + path + " is all zeros; " + kMakeNetworkKey};
    return std::optional<NetworkKey>(key);
}

}  // namespace

NetworkKey::~NetworkKey() {
    sodium_memzero(bytes.data(), bytes.size());
}

OrFault<NetworkKey> load_network_key(const std::string& path) {
    OrFault<std::optional<NetworkKey>> key = load_from("network key file", path, Custody::own);
    if (!key) return key.fault();
    if (key->has_value()) return **key;
    return Fault{Exit::needs_operator, "there is no network key file " + path + "; " + kMakeNetworkKey};
}

OrFault<std::optional<NetworkKey>> load_network_key_credential(const std::string& credentials_dir) {
    return load_from("network key credential", credentials_dir + "/" + kCredential, Custody::credential);
}

Bytes network_id(const NetworkKey& key) {
    // The view goes straight into the hash; no copy of the key is made.
    const BytesView secret(reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size());
    const auto digest = hash256({"chordd network", secret}).bytes();
    return Bytes(digest.begin(), digest.begin() + 16);
}

}  // namespace chord::daemon
