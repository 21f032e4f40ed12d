#include "node/daemon/listen.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "net/address.hpp"
#include "node/daemon/host_addresses.hpp"

namespace chord::daemon {
namespace {

Fault bind_fault(const Endpoint& address, const std::error_code& error) {
    const std::string text = net::to_text(address);
    switch (error.value()) {
        case EADDRINUSE:
            return {Exit::unavailable,
                    "the UDP address " + text + " is in use by another process; stop it or choose another --listen"};
        case EADDRNOTAVAIL:
            return {Exit::needs_operator, "this host has no address " + text + "; choose another --listen"};
        case EAFNOSUPPORT:
            return {Exit::needs_operator,
                    "this host does not speak the protocol of " + text + "; choose another --listen"};
        default: return system_fault("cannot listen on the UDP address " + text, error.value());
    }
}

}  // namespace

OrFault<std::unique_ptr<net::UdpSockets>> open_udp(asio::io_context& io, const Options& options, Log& log) {
    auto sockets = std::make_unique<net::UdpSockets>(io);
    for (const Endpoint& address : options.listen) {
        const std::error_code error = sockets->listen(address);
        if (!error) continue;
        const bool is_missing = error.value() == EAFNOSUPPORT || error.value() == EADDRNOTAVAIL;
        if (!options.listen_is_default || !is_missing) return bind_fault(address, error);
        log.warning("listen", "not listening on " + net::to_text(address) + ": " + error.message());
    }
    if (sockets->local().empty())
        return Fault{Exit::needs_operator, "this host speaks neither IPv4 nor IPv6; bring a network interface up"};
    return sockets;
}

Endpoint own_address(const net::UdpSockets& sockets) {
    for (const Endpoint& local : sockets.local())
        if (!net::is_wildcard(local)) return local;
    return sockets.local().front();
}

net::admission::Bootstrap bootstrap_addresses(const net::UdpSockets& sockets) {
    net::admission::Bootstrap all;
    const auto add = [&](Endpoint address, std::uint16_t port) {
        address.port = port;
        if (net::admission::is_carried(address) && std::find(all.begin(), all.end(), address) == all.end())
            all.push_back(address);
    };
    for (const Endpoint& local : sockets.local()) {
        if (!net::is_wildcard(local)) {
            add(local, local.port);
            continue;
        }
        for (const Endpoint& address : host_addresses())
            if (net::is_ipv4(address) == net::is_ipv4(local)) add(address, local.port);
    }
    // Newcomers are other hosts, unless all of it happens on one.
    std::stable_partition(all.begin(), all.end(), [](const Endpoint& address) { return !is_loopback(address); });
    if (!all.empty() && !is_loopback(all.front())) std::erase_if(all, is_loopback);
    if (all.size() > net::admission::kBootstrapMax) all.resize(net::admission::kBootstrapMax);
    return all;
}

std::string text(const net::UdpSockets& sockets) {
    std::string all;
    for (const Endpoint& local : sockets.local()) all += (all.empty() ? "" : ", ") + net::to_text(local);
    return all;
}

}  // namespace chord::daemon
