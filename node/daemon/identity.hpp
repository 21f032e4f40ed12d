// Identity: the Ed25519 key pair that makes a device this node, kept in the state directory as `identity`.
//
// The file is 72 bytes, mode 0600: "chordid1", the 32-byte seed (RFC 8032's private key), the 32-byte public key. The
// public key is recomputed from the seed at each start, so a damaged file is noticed.
//
// Invariants
//  1. An existing file is never written to, whatever it holds.
//  2. The seed does not outlive the call: nothing of this release signs, so only the public key is kept in memory.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "node/core/base/bytes.hpp"
#include "node/core/base/id.hpp"
#include "node/daemon/fault.hpp"

namespace chord::daemon {

using PublicKey = std::array<std::uint8_t, 32>;

/// The public key of the identity in `state_dir`; nullopt when there is none yet.
OrFault<std::optional<PublicKey>> load_identity(const std::string& state_dir);

/// Makes a key pair from the system's randomness and keeps it in `state_dir`, whole and on disk before the call ends.
OrFault<PublicKey> create_identity(const std::string& state_dir);

/// Position 0 of the node in a network: position_id(network id, nonce "", public key, 0), DESIGN 4.
Id node_id(BytesView network_id, const PublicKey& key);

}  // namespace chord::daemon
