// Datagram: bytes on their way out.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "node/core/base/peer.hpp"

namespace chord::net {

struct Datagram {
    Endpoint to;
    std::vector<std::uint8_t> bytes;
    Endpoint from{};  // the own address that it leaves from; of port 0: whichever suits
    /// For whoever measures traffic, since the bytes tell nothing: kind, attempt and tag of the message (envelope.hpp,
    /// WIRE.md); zeros for a handshake.
    std::array<std::uint8_t, 3> label{};
};

}  // namespace chord::net
