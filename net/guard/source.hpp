// The names under which the guards know where a datagram came from.
#pragma once

#include <array>
#include <cstdint>

#include "node/core/base/peer.hpp"

namespace chord::net {

/// Address, scope and port as bytes: two endpoints are equal if and only if these are.
using SourceBytes = std::array<std::uint8_t, 22>;
SourceBytes bytes_of(const Endpoint& endpoint);

/// What counts as one source, whatever its port: an IPv4 address; the /64 of an IPv6 address, since one customer has at
/// least that much to choose from; a link-local address on its interface, since all neighbours there share one /64. On
/// the loopback each port is a source of its own: the processes of one machine, which nobody outside can pretend to be.
Endpoint source_of(const Endpoint& endpoint);

}  // namespace chord::net
