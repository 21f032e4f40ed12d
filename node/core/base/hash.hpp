// BLAKE2b-256, the one thing that the core takes from libsodium.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "node/core/base/bytes.hpp"
#include "node/core/base/id.hpp"

namespace chord {

/// BLAKE2b-256 (RFC 7693, unkeyed) of the concatenation of the parts.
Id hash256(std::initializer_list<BytesView> parts);

/// Where a key lives: BLAKE2b-256 of its bytes (DESIGN 4).
Id key_id(BytesView key);

/// Position `index` (0..7) of a node: BLAKE2b-256("pos" | network id | nonce | public key | index), DESIGN 4.
/// Anybody who has the public key can check it.
Id position_id(BytesView network_id, BytesView nonce, BytesView public_key, std::uint8_t index);

}  // namespace chord
