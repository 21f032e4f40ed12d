// UdpPorts: all UDP sockets of the node as one way out and in.
#pragma once

#include <asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/udp_socket.hpp"
#include "node/daemon/fault.hpp"
#include "node/daemon/log.hpp"
#include "node/daemon/options.hpp"

namespace chord::daemon {

class UdpPorts {
public:
    using Batch = std::span<const net::UdpSocket::Received>;

    /// Binds every address of options.listen. Of the default addresses one that this host has no protocol for is left
    /// out.
    static OrFault<std::unique_ptr<UdpPorts>> open(asio::io_context& io, const Options& options, Log& log);

    UdpPorts(const UdpPorts&) = delete;
    UdpPorts& operator=(const UdpPorts&) = delete;

    /// From now on, in the loop, batches are handed to `on_batch`; until then they are dropped.
    void start(std::function<void(Batch)> on_batch) { on_batch_ = std::move(on_batch); }

    /// Each leaves through the socket of its family whose own address is nearest to it; without one it is dropped.
    void send(std::vector<net::Datagram> datagrams);

    /// The address that the node tells of itself: the first that is not a wildcard, else the first.
    Endpoint own_address() const;

    /// "127.0.0.1:7400, [::1]:7400".
    std::string text() const;

    /// Datagrams that could not leave: no socket of their family, a full queue, refused by the kernel.
    std::uint64_t send_drops() const;

private:
    UdpPorts() = default;

    net::UdpSocket* way_to(const Endpoint& to) const;

    std::vector<std::unique_ptr<net::UdpSocket>> sockets_;  // never empty after open()
    std::function<void(Batch)> on_batch_;
    std::uint64_t no_way_ = 0;
};

}  // namespace chord::daemon
