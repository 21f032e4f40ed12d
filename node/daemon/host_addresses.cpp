#include "node/daemon/host_addresses.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "net/address.hpp"

namespace chord::daemon {
namespace {

/// False for another family, and for link-local addresses: their scope means nothing elsewhere.
bool read_address(const sockaddr* address, Endpoint& endpoint) {
    if (address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        endpoint.ip[10] = endpoint.ip[11] = 0xff;
        std::memcpy(&endpoint.ip[12], &v4.sin_addr, 4);
        return !(endpoint.ip[12] == 169 && endpoint.ip[13] == 254);
    }
    if (address->sa_family != AF_INET6) return false;
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    std::memcpy(endpoint.ip.data(), &v6.sin6_addr, endpoint.ip.size());
    return !(endpoint.ip[0] == 0xfe && (endpoint.ip[1] & 0xc0) == 0x80);
}

}  // namespace

std::vector<Endpoint> host_addresses() {
    ifaddrs* listed = nullptr;
    if (::getifaddrs(&listed) != 0) return {};
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(listed, &::freeifaddrs);
    std::vector<Endpoint> found;
    for (const ifaddrs* each = listed; each != nullptr; each = each->ifa_next) {
        Endpoint endpoint;
        if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
        if (read_address(each->ifa_addr, endpoint)) found.push_back(endpoint);
    }
    return found;
}

bool is_loopback(const Endpoint& endpoint) {
    if (net::is_ipv4(endpoint)) return endpoint.ip[12] == 127;
    std::array<std::uint8_t, 16> one{};
    one[15] = 1;
    return endpoint.ip == one;
}

}  // namespace chord::daemon
