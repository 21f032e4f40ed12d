// The addresses of this machine's interfaces, and at which of them a node can be reached that listens at given ones.
#pragma once

#include <vector>

#include "node/core/base/peer.hpp"

namespace chord::daemon {

/// An address of an interface that is up, which is not the loopback.
struct InterfaceAddress {
    unsigned int interface = 0;
    bool multicast = false;  // a link with neighbours, not a point-to-point one
    Endpoint address;        // without port; a link-local one with its scope

    friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

/// At most kInterfaceAddressesMax, in the kernel's order; empty if the kernel does not tell.
inline constexpr std::size_t kInterfaceAddressesMax = 64;
std::vector<InterfaceAddress> interface_addresses();

/// Those of `all` at which a node can be reached that listens at `listen`, with its port.
std::vector<InterfaceAddress> reachable_at(const std::vector<Endpoint>& listen,
                                           const std::vector<InterfaceAddress>& all);

/// What the node tells its neighbours of them: one for each interface and family. No link-local one, which means
/// nothing to who is not on the link; those who are find it by discovery.
std::vector<Endpoint> addresses_to_tell(const std::vector<InterfaceAddress>& reachable);

/// Whether each of these is an address of the loopback (127.0.0.0/8, ::1).
bool is_loopback_only(const std::vector<Endpoint>& listen);

}  // namespace chord::daemon
