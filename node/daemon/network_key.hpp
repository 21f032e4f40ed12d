// The network key: the secret that all nodes of a trial ring share, and the network's public id made from it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "node/core/base/bytes.hpp"
#include "node/host/fault.hpp"

namespace chord::daemon {

/// How a person makes one; part of the sentences about a missing or broken key.
inline constexpr const char* kMakeNetworkKey =
    "copy it from a node of the ring or, for the first node only, make one with: (umask 077; head -c32 /dev/urandom | "
    "od -An -vtx1 | tr -d ' \\n' >network.key)";

/// 32 secret bytes, wiped when they go.
class NetworkKey {
public:
    NetworkKey() = default;
    NetworkKey(const NetworkKey&) = default;
    NetworkKey& operator=(const NetworkKey&) = default;
    ~NetworkKey();

    std::array<std::uint8_t, 32> bytes{};
};

/// Reads 64 hex digits (white space around them is ignored) from a file that only its owner may read.
OrFault<NetworkKey> load_network_key(const std::string& path);

/// The same from the credential `chordd.network-key` in the directory in which systemd lends this service its
/// credentials (LoadCredential=); nullopt when it is not there.
OrFault<std::optional<NetworkKey>> load_network_key_credential(const std::string& credentials_dir);

/// The first 16 bytes of BLAKE2b-256("chordd network" ‖ key): names the network without telling its key.
Bytes network_id(const NetworkKey& key);

}  // namespace chord::daemon
