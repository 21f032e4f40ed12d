// Role: which side of a handshake this node was.
#pragma once

#include <cstdint>

namespace chord::net {

enum class Role : std::uint8_t { initiator, responder };

}  // namespace chord::net
