// Bootstrap addresses as invites and admission files carry them: where the newcomer may knock.
//
//   count (1), 0…4, each: 4 ‖ IPv4 address (4) ‖ port (2), or 6 ‖ IPv6 address (16) ‖ port (2)
//
// Invariants
//  1. One encoding per address: an IPv4-mapped address is only ever written as IPv4.
//  2. No link-local address: its scope means nothing on another device (LAN discovery is for those).
#pragma once

#include <vector>

#include "net/admission/fields.hpp"
#include "node/core/base/peer.hpp"

namespace chord::net::admission {

inline constexpr std::size_t kBootstrapMax = 4;
inline constexpr std::size_t kBootstrapBytesMax = 1 + kBootstrapMax * (1 + 16 + 2);

using Bootstrap = std::vector<Endpoint>;

/// True for an address that can be carried: no scope, not link-local, a port.
bool is_carried(const Endpoint& endpoint);

/// read: the reader fails for what write does not make. write REQUIRES: at most kBootstrapMax, all is_carried().
Bootstrap read_bootstrap(Reader& reader);
void write_bootstrap(Writer& writer, const Bootstrap& bootstrap);

}  // namespace chord::net::admission
