#include "node/daemon/udp_ports.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "net/address.hpp"

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

bool is_wildcard(const Endpoint& endpoint) {
    const auto begin = endpoint.ip.begin() + (net::is_ipv4(endpoint) ? 12 : 0);
    return std::all_of(begin, endpoint.ip.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// Leading bits that two addresses share.
int shared_prefix(const Endpoint& a, const Endpoint& b) {
    for (std::size_t i = 0; i < a.ip.size(); ++i) {
        const auto differing = static_cast<unsigned>(a.ip[i] ^ b.ip[i]);
        if (differing != 0) return static_cast<int>(i) * 8 + __builtin_clz(differing) - 24;
    }
    return 128;
}

}  // namespace

OrFault<std::unique_ptr<UdpPorts>> UdpPorts::open(asio::io_context& io, const Options& options, Log& log) {
    std::unique_ptr<UdpPorts> ports(new UdpPorts());
    for (const Endpoint& address : options.listen) {
        auto socket = std::make_unique<net::UdpSocket>(io, [owner = ports.get()](Batch batch) {
            if (owner->on_batch_) owner->on_batch_(batch);
        });
        if (const std::error_code error = socket->open(address)) {
            const bool is_missing = error.value() == EAFNOSUPPORT || error.value() == EADDRNOTAVAIL;
            if (!options.listen_is_default || !is_missing) return bind_fault(address, error);
            log.warning("listen", "not listening on " + net::to_text(address) + ": " + error.message());
            continue;
        }
        ports->sockets_.push_back(std::move(socket));
    }
    if (ports->sockets_.empty())
        return Fault{Exit::needs_operator, "this host speaks neither IPv4 nor IPv6; bring a network interface up"};
    return ports;
}

net::UdpSocket* UdpPorts::way_to(const Endpoint& to) const {
    net::UdpSocket* best = nullptr;
    int best_prefix = -1;
    for (const auto& socket : sockets_) {
        if (net::is_ipv4(socket->local()) != net::is_ipv4(to)) continue;
        const int prefix = is_wildcard(socket->local()) ? 0 : shared_prefix(socket->local(), to);
        if (prefix > best_prefix) {
            best = socket.get();
            best_prefix = prefix;
        }
    }
    return best;
}

void UdpPorts::send(std::vector<net::Datagram> datagrams) {
    // One run of datagrams with the same way at a time: nearly always all of them.
    auto first = datagrams.begin();
    while (first != datagrams.end()) {
        net::UdpSocket* const way = way_to(first->to);
        const auto last = std::find_if(first + 1, datagrams.end(),
                                       [&](const net::Datagram& datagram) { return way_to(datagram.to) != way; });
        if (way == nullptr)
            no_way_ += static_cast<std::uint64_t>(last - first);
        else
            way->send({std::make_move_iterator(first), std::make_move_iterator(last)});
        first = last;
    }
}

Endpoint UdpPorts::own_address() const {
    for (const auto& socket : sockets_)
        if (!is_wildcard(socket->local())) return socket->local();
    return sockets_.front()->local();
}

std::string UdpPorts::text() const {
    std::string all;
    for (const auto& socket : sockets_) all += (all.empty() ? "" : ", ") + net::to_text(socket->local());
    return all;
}

std::uint64_t UdpPorts::send_drops() const {
    std::uint64_t drops = no_way_;
    for (const auto& socket : sockets_) drops += socket->counters().send_drops + socket->counters().send_errors;
    return drops;
}

}  // namespace chord::daemon
