#include "net/udp_sockets.hpp"

#include <utility>

#include "net/address.hpp"

namespace chord::net {

namespace {

constexpr std::size_t kHeardMax = 4096;

bool carries(const Endpoint& local, const Endpoint& to) {
    if (is_ipv4(local) != is_ipv4(to)) return false;
    return to.scope == 0 || local.scope == 0 || to.scope == local.scope;
}

}  // namespace

UdpSockets::UdpSockets(asio::io_context& context, UdpSocket::BatchHandler on_batch)
    : context_(context), on_batch_(std::move(on_batch)) {}

std::error_code UdpSockets::listen(const Endpoint& address) {
    const std::size_t index = sockets_.size();
    auto socket = std::make_unique<UdpSocket>(
        context_, [this, index](std::span<const UdpSocket::Received> batch) { heard(index, batch); });
    const std::error_code error = socket->open(address);
    if (!error) sockets_.push_back(std::move(socket));
    return error;
}

void UdpSockets::heard(std::size_t socket, std::span<const UdpSocket::Received> batch) {
    if (sockets_.size() > 1) {
        for (const UdpSocket::Received& received : batch) {
            if (heard_on_.size() >= kHeardMax) heard_on_.clear();
            heard_on_[received.from] = socket;
        }
    }
    on_batch_(batch);
}

std::size_t UdpSockets::route(const Endpoint& to) const {
    const auto known = heard_on_.find(to);
    if (known != heard_on_.end()) return known->second;
    std::size_t best = sockets_.size();
    for (std::size_t i = sockets_.size(); i-- > 0;) {
        const Endpoint& local = sockets_[i]->local();
        const bool on_its_link = to.scope != 0 && local.scope == to.scope;
        if (on_its_link && carries(local, to)) return i;
        if (carries(local, to)) best = i;
    }
    return best;
}

void UdpSockets::send(std::vector<Datagram> datagrams) {
    if (datagrams.empty()) return;
    if (sockets_.size() == 1 && heard_on_.empty()) {
        // The common case: one port, nothing to sort.
        std::erase_if(datagrams, [&](const Datagram& datagram) {
            const bool lost = !carries(sockets_[0]->local(), datagram.to);
            unroutable_ += lost ? 1 : 0;
            return lost;
        });
        sockets_[0]->send(std::move(datagrams));
        return;
    }
    std::vector<std::vector<Datagram>> sorted(sockets_.size());
    for (Datagram& datagram : datagrams) {
        const std::size_t socket = route(datagram.to);
        if (socket == sockets_.size()) {
            ++unroutable_;
        } else {
            sorted[socket].push_back(std::move(datagram));
        }
    }
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (!sorted[i].empty()) sockets_[i]->send(std::move(sorted[i]));
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
