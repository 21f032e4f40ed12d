// UdpSockets: all UDP ports of a node behind one door: datagrams of any of them come in through one callback, and each
// outgoing datagram leaves by the socket that its receiver expects.
//
// That is the socket on which the receiver was last heard, since a peer accepts an answer only from the address it
// asked; else the first of the right family, for a link-local address the one bound to its interface. Known limit: a
// socket bound to 0.0.0.0 or :: leaves the choice of the source address to the kernel's routes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

#include "net/udp_socket.hpp"

namespace chord::net {

class UdpSockets {
public:
    /// `context` must outlive the sockets.
    UdpSockets(asio::io_context& context, UdpSocket::BatchHandler on_batch);

    /// Opens one more port. On an error nothing has changed.
    std::error_code listen(const Endpoint& address);

    /// Sends in order. A datagram that no socket can carry is dropped and counted.
    void send(std::vector<Datagram> datagrams);

    /// The bound addresses, in the order of listen().
    std::vector<Endpoint> local() const;
    UdpCounters counters() const;

private:
    void heard(std::size_t socket, std::span<const UdpSocket::Received> batch);
    /// An index into sockets_, or sockets_.size().
    std::size_t route(const Endpoint& to) const;

    asio::io_context& context_;
    UdpSocket::BatchHandler on_batch_;
    std::vector<std::unique_ptr<UdpSocket>> sockets_;
    std::map<Endpoint, std::size_t> heard_on_;  // kept only while there are several sockets; emptied when full
    std::uint64_t unroutable_ = 0;
};

}  // namespace chord::net
