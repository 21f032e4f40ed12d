// The addresses of this host by which others may reach a node that listens on all of them.
#pragma once

#include <vector>

#include "node/core/base/peer.hpp"

namespace chord::daemon {

/// Of the interfaces that are up, in the kernel's order; without ports. Link-local ones are left out.
std::vector<Endpoint> host_addresses();

bool is_loopback(const Endpoint& endpoint);

}  // namespace chord::daemon
