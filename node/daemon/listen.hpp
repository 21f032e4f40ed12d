// The node's UDP addresses: opened as the options say, and told to others.
#pragma once

#include <asio/io_context.hpp>

#include <memory>
#include <string>

#include "net/admission/bootstrap.hpp"
#include "net/udp_sockets.hpp"
#include "node/daemon/log.hpp"
#include "node/daemon/options.hpp"
#include "node/host/fault.hpp"

namespace chord::daemon {

/// Binds every address of options.listen. Of the default addresses one that this host has no protocol for is left out.
OrFault<std::unique_ptr<net::UdpSockets>> open_udp(asio::io_context& io, const Options& options, Log& log);

/// The address that the node tells of itself: the first that is not a wildcard, else the first.
Endpoint own_address(const net::UdpSockets& sockets);

/// The addresses at which newcomers can reach this node, for invites: where it listens on a wildcard, those of the
/// host's interfaces. At most kBootstrapMax that can be carried; loopback's only when there are no others.
net::admission::Bootstrap bootstrap_addresses(const net::UdpSockets& sockets);

/// "127.0.0.1:7400, [::1]:7400".
std::string text(const net::UdpSockets& sockets);

}  // namespace chord::daemon
