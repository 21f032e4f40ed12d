#include "net/udp_sockets.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "net/address.hpp"

namespace chord::net {

namespace {

bool carries(const Endpoint& local, const Endpoint& to) {
    if (is_ipv4(local) != is_ipv4(to)) return false;
    return to.scope == 0 || local.scope == 0 || to.scope == local.scope;
}

bool is_own_address_of(const Endpoint& local, const Endpoint& from) {
    return local == from || (local.port == from.port && is_ipv4(local) == is_ipv4(from) && is_wildcard(local));
}

/// Leading bits that two addresses share.
int shared_prefix(const Endpoint& a, const Endpoint& b) {
    for (std::size_t i = 0; i < a.ip.size(); ++i) {
        const auto differing = static_cast<unsigned>(a.ip[i] ^ b.ip[i]);
        if (differing != 0) return static_cast<int>(i) * 8 + __builtin_clz(differing) - 24;
    }
    return 128;
}

int nearness(const Endpoint& local, const Endpoint& to) {
    if (to.scope != 0 && local.scope == to.scope) return 129;
    return is_wildcard(local) ? 0 : shared_prefix(local, to);
}

}  // namespace

bool is_wildcard(const Endpoint& endpoint) {
    const auto begin = endpoint.ip.begin() + (is_ipv4(endpoint) ? 12 : 0);
    return std::all_of(begin, endpoint.ip.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::error_code UdpSockets::listen(const Endpoint& address) {
    auto socket = std::make_unique<UdpSocket>(context_, [this](std::span<const UdpSocket::Received> batch) {
        if (on_batch_) on_batch_(batch);
    });
    const std::error_code error = socket->open(address);
    if (!error) sockets_.push_back(std::move(socket));
    return error;
}

UdpSocket* UdpSockets::way_of(const Datagram& datagram) const {
    UdpSocket* best = nullptr;
    for (const auto& socket : sockets_) {
        if (!carries(socket->local(), datagram.to)) continue;
        if (is_own_address_of(socket->local(), datagram.from)) return socket.get();
        if (best == nullptr || nearness(socket->local(), datagram.to) > nearness(best->local(), datagram.to))
            best = socket.get();
    }
    return best;
}

void UdpSockets::send(std::vector<Datagram> datagrams) {
    // One run of datagrams with the same way at a time: nearly always all of them.
    auto first = datagrams.begin();
    while (first != datagrams.end()) {
        UdpSocket* const way = way_of(*first);
        const auto last =
            std::find_if(first + 1, datagrams.end(), [&](const Datagram& datagram) { return way_of(datagram) != way; });
        if (way == nullptr)
            unroutable_ += static_cast<std::uint64_t>(last - first);
        else
            way->send({std::make_move_iterator(first), std::make_move_iterator(last)});
        first = last;
    }
}

std::vector<Endpoint> UdpSockets::local() const {
    std::vector<Endpoint> addresses;
    for (const auto& socket : sockets_) addresses.push_back(socket->local());
    return addresses;
}

UdpCounters UdpSockets::counters() const {
    UdpCounters sum;
    sum.send_errors = unroutable_;
    for (const auto& socket : sockets_) {
        sum.send_drops += socket->counters().send_drops;
        sum.send_errors += socket->counters().send_errors;
    }
    return sum;
}

}  // namespace chord::net
