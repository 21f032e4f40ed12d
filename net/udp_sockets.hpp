// UdpSockets: all UDP ports of a node behind one door: datagrams of any of them come in through one callback, and each
// outgoing datagram leaves by the socket that it belongs to.
//
// An answer belongs to the address at which the request came (Datagram::from), since a peer accepts it only from there.
// What this node asks of itself leaves by the socket of the right family, and for a link-local address of the right
// interface, whose own address is nearest to the receiver's; the peer answers to whatever address that is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

#include "net/udp_socket.hpp"

namespace chord::net {

class UdpSockets {
public:
    /// `context` must outlive the sockets.
    explicit UdpSockets(asio::io_context& context) : context_(context) {}
    UdpSockets(const UdpSockets&) = delete;
    UdpSockets& operator=(const UdpSockets&) = delete;

    /// Opens one more port. On an error nothing has changed.
    std::error_code listen(const Endpoint& address);

    /// From now on, in the loop, batches are handed to `on_batch`; until then they are dropped.
    void start(UdpSocket::BatchHandler on_batch) { on_batch_ = std::move(on_batch); }

    /// Sends in order. A datagram that no socket can carry is dropped and counted.
    void send(std::vector<Datagram> datagrams);

    /// The bound addresses, in the order of listen().
    std::vector<Endpoint> local() const;
    UdpCounters counters() const;

private:
    /// nullptr when none can carry it.
    UdpSocket* way_of(const Datagram& datagram) const;

    asio::io_context& context_;
    UdpSocket::BatchHandler on_batch_;
    std::vector<std::unique_ptr<UdpSocket>> sockets_;
    std::uint64_t unroutable_ = 0;
};

/// 0.0.0.0 or ::.
bool is_wildcard(const Endpoint& endpoint);

}  // namespace chord::net
