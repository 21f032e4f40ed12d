// UdpSocket: one UDP port of IPv4 or IPv6 on the event loop, read and written in batches (recvmmsg, sendmmsg).
//
// Invariants
//  1. Never blocks. What the kernel does not take at once waits in a queue of kSendQueueMax datagrams; what does not
//     fit there is dropped and counted, as a full link would drop it.
//  2. ICMP errors are ignored: they can be forged, and timeouts tell the same.
//  3. Datagram::from is honoured, also where the socket is bound to 0.0.0.0 or ::, and Received::at can be given there.
//  4. An IPv6 socket takes no IPv4 datagrams, so that every address has one form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

// After the standard library: Asio decides by a macro of its headers how to allocate, and all files must decide alike.
#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>

#include "net/rpc.hpp"

namespace chord::net {

inline constexpr std::size_t kSendQueueMax = 1024;

/// Longer datagrams arrive cut to this, which is above kDatagramBytesMax: Rpc counts them as oversized.
inline constexpr std::size_t kReceiveBytesMax = 2048;

struct UdpCounters {
    std::uint64_t send_drops = 0;   // the queue was full
    std::uint64_t send_errors = 0;  // the kernel refused the datagram: no route, not permitted, no such interface
};

class UdpSocket {
public:
    struct Received {
        Endpoint from;
        Endpoint at;                    // the own address to which it was sent
        std::span<std::uint8_t> bytes;  // valid during the callback, which may overwrite them
    };

    /// Gets 1 to kBatchMax datagrams in the order of their arrival. May destroy the socket.
    using BatchHandler = std::function<void(std::span<const Received>)>;

    static constexpr std::size_t kBatchMax = 32;

    /// `context` must outlive the socket.
    UdpSocket(asio::io_context& context, BatchHandler on_batch);
    ~UdpSocket();
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    /// Binds and begins to receive. The error is the kernel's: in use, no such address, not permitted. Once only.
    std::error_code open(const Endpoint& listen);

    /// The same for what is sent to groups: other processes may share the port, datagrams do not leave the link, and
    /// only what is sent to a group that was joined here arrives, or to an own address.
    std::error_code open_shared(const Endpoint& listen);

    /// Joins a group on the interface that `group.scope` names, of either family. REQUIRES: open_shared.
    std::error_code join(const Endpoint& group);

    /// Takes the datagrams over; sends as many as the kernel takes and queues the rest. REQUIRES: open, and addresses
    /// of the socket's family.
    void send(std::vector<Datagram> datagrams);

    /// The bound address, with the port that the kernel chose if it was asked for port 0.
    const Endpoint& local() const { return local_; }
    const UdpCounters& counters() const { return counters_; }

private:
    struct Buffers;

    enum class Sharing : std::uint8_t { exclusive, shared };
    std::error_code open(const Endpoint& listen, Sharing sharing);
    void await_readable();
    void drain();
    void await_writable();
    std::size_t send_some(std::span<const Datagram> datagrams);

    asio::ip::udp::socket socket_;
    Endpoint local_;
    BatchHandler on_batch_;
    UdpCounters counters_;
    std::deque<Datagram> queue_;  // not empty only while the socket is awaited writable
    std::unique_ptr<Buffers> buffers_;
    std::shared_ptr<bool> alive_;  // handlers of the loop hold it weakly: they may run after the socket is gone
};

}  // namespace chord::net
