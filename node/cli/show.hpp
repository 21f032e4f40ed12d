// The human text of each CHORD.* answer. Pure: a reply in, lines out; what an answer lacks shows as "-".
#pragma once

#include <string>

#include "node/api/resp_reply.hpp"

namespace chord::cli {

std::string show_status(const api::Reply& status, bool colour);
std::string show_ring(const api::Reply& ring, bool colour);
std::string show_ring_check(const api::Reply& check, bool colour);
std::string show_fingers(const api::Reply& fingers, bool colour);
std::string show_trace(const api::Reply& trace, bool colour);

/// Any reply, as redis-cli shows it.
std::string show_raw(const api::Reply& reply);

/// True when a CHORD.RING CHECK answer says: one ring, no gap, no overlap.
bool ring_is_whole(const api::Reply& check);

}  // namespace chord::cli
