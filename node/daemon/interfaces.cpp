#include "node/daemon/interfaces.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "net/address.hpp"
#include "net/udp_sockets.hpp"

namespace chord::daemon {
namespace {

std::optional<Endpoint> endpoint_of(const sockaddr* address) {
    Endpoint endpoint;
    if (address == nullptr) return std::nullopt;
    if (address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        endpoint.ip[10] = endpoint.ip[11] = 0xff;
        std::memcpy(endpoint.ip.data() + 12, &v4.sin_addr, sizeof v4.sin_addr);
        return endpoint;
    }
    if (address->sa_family != AF_INET6) return std::nullopt;
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    std::memcpy(endpoint.ip.data(), &v6.sin6_addr, endpoint.ip.size());
    endpoint.scope = v6.sin6_scope_id;
    return endpoint;
}

bool is_loopback(const Endpoint& endpoint) {
    if (net::is_ipv4(endpoint)) return endpoint.ip[12] == 127;
    return std::all_of(endpoint.ip.begin(), endpoint.ip.end() - 1, [](std::uint8_t byte) { return byte == 0; }) &&
           endpoint.ip.back() == 1;
}

bool hears(const Endpoint& listen, const Endpoint& address) {
    if (net::is_ipv4(listen) != net::is_ipv4(address)) return false;
    return net::is_wildcard(listen) || (listen.ip == address.ip && listen.scope == address.scope);
}

}  // namespace

std::vector<InterfaceAddress> interface_addresses() {
    ifaddrs* raw = nullptr;
    if (::getifaddrs(&raw) != 0) return {};
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(raw, &::freeifaddrs);
    std::vector<InterfaceAddress> addresses;
    for (const ifaddrs* each = list.get(); each != nullptr; each = each->ifa_next) {
        if (addresses.size() == kInterfaceAddressesMax) break;
        if ((each->ifa_flags & IFF_UP) == 0 || (each->ifa_flags & IFF_LOOPBACK) != 0) continue;
        const std::optional<Endpoint> address = endpoint_of(each->ifa_addr);
        const unsigned int interface = ::if_nametoindex(each->ifa_name);
        if (!address || interface == 0) continue;
        const bool multicast = (each->ifa_flags & (IFF_MULTICAST | IFF_POINTOPOINT)) == IFF_MULTICAST;
        addresses.push_back({interface, multicast, *address});
    }
    return addresses;
}

std::vector<InterfaceAddress> reachable_at(const std::vector<Endpoint>& listen,
                                           const std::vector<InterfaceAddress>& all) {
    std::vector<InterfaceAddress> reachable;
    for (InterfaceAddress each : all) {
        const auto heard = std::find_if(listen.begin(), listen.end(),
                                        [&](const Endpoint& local) { return hears(local, each.address); });
        if (heard == listen.end()) continue;
        each.address.port = heard->port;
        reachable.push_back(each);
    }
    return reachable;
}

std::vector<Endpoint> addresses_to_tell(const std::vector<InterfaceAddress>& reachable) {
    std::vector<InterfaceAddress> chosen;
    for (const InterfaceAddress& each : reachable) {
        const bool known = std::any_of(chosen.begin(), chosen.end(), [&](const InterfaceAddress& other) {
            return other.interface == each.interface && net::is_ipv4(other.address) == net::is_ipv4(each.address);
        });
        if (each.address.scope == 0 && !known) chosen.push_back(each);
    }
    std::vector<Endpoint> addresses;
    for (const InterfaceAddress& each : chosen) addresses.push_back(each.address);
    return addresses;
}

bool is_loopback_only(const std::vector<Endpoint>& listen) {
    return std::all_of(listen.begin(), listen.end(), is_loopback);
}

}  // namespace chord::daemon
