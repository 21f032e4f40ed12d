// Pieces of replies that several CHORD.* commands share.
#pragma once

#include <optional>
#include <string>

#include "node/api/resp_writer.hpp"
#include "node/core/client.hpp"

namespace chord::api {

/// Milliseconds with their fraction, or null.
void write_milliseconds(RespWriter& out, const std::optional<Duration>& duration);

/// The pairs `id` and `address`, inside a map begun by the caller.
void write_peer_pairs(RespWriter& out, const Peer& peer);

/// {id, address}
void write_peer(RespWriter& out, const Peer& peer);

/// {id, address, rtt_ms}
void write_neighbor(RespWriter& out, const NeighborView& neighbor);

void write_pair(RespWriter& out, std::string_view name, std::string_view text);
void write_pair(RespWriter& out, std::string_view name, std::uint64_t number);

/// "finger[12]" or "successor[3]".
std::string source_text(RouteSource source);

}  // namespace chord::api
