#include "net/udp_socket.hpp"

#include <asio/ip/v6_only.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "net/address.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

/// Asked of the kernel, which may give less (net.core.rmem_max): a burst of answers must find room.
constexpr int kSocketBufferBytes = 1 << 20;

/// Batches read before other work of the loop gets its turn.
constexpr int kBatchesPerTurn = 8;

constexpr std::size_t kIpv4Offset = 12;

union SocketAddress {
    sockaddr_in v4;
    sockaddr_in6 v6;
};

socklen_t to_kernel(const Endpoint& endpoint, SocketAddress& address) {
    std::memset(&address, 0, sizeof address);
    if (is_ipv4(endpoint)) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons(endpoint.port);
        std::memcpy(&address.v4.sin_addr, endpoint.ip.data() + kIpv4Offset, sizeof address.v4.sin_addr);
        return sizeof address.v4;
    }
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(endpoint.port);
    address.v6.sin6_scope_id = endpoint.scope;
    std::memcpy(&address.v6.sin6_addr, endpoint.ip.data(), endpoint.ip.size());
    return sizeof address.v6;
}

Endpoint from_kernel(const SocketAddress& address) {
    Endpoint endpoint;
    if (address.v4.sin_family == AF_INET) {
        endpoint.ip[10] = endpoint.ip[11] = 0xff;
        std::memcpy(endpoint.ip.data() + kIpv4Offset, &address.v4.sin_addr, sizeof address.v4.sin_addr);
        endpoint.port = ntohs(address.v4.sin_port);
        return endpoint;
    }
    std::memcpy(endpoint.ip.data(), &address.v6.sin6_addr, endpoint.ip.size());
    endpoint.scope = address.v6.sin6_scope_id;
    endpoint.port = ntohs(address.v6.sin6_port);
    return endpoint;
}

/// Room for the one control message beside a datagram: the own address (ip(7), ipv6(7): IP_PKTINFO, IPV6_PKTINFO).
union Control {
    cmsghdr alignment;
    std::array<std::uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
};

void write_control(const Endpoint& own, Control& control, msghdr& message) {
    if (own.port == 0) return;
    std::memset(&control, 0, sizeof control);
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    cmsghdr* const head = CMSG_FIRSTHDR(&message);
    const auto put = [&](int level, int type, const auto& info) {
        head->cmsg_level = level;
        head->cmsg_type = type;
        head->cmsg_len = CMSG_LEN(sizeof info);
        std::memcpy(CMSG_DATA(head), &info, sizeof info);
        message.msg_controllen = CMSG_SPACE(sizeof info);
    };
    if (is_ipv4(own)) {
        in_pktinfo info{};
        std::memcpy(&info.ipi_spec_dst, own.ip.data() + kIpv4Offset, sizeof info.ipi_spec_dst);
        put(IPPROTO_IP, IP_PKTINFO, info);
    } else {
        in6_pktinfo info{};
        std::memcpy(&info.ipi6_addr, own.ip.data(), own.ip.size());
        info.ipi6_ifindex = own.scope;
        put(IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
}

/// The own address beside a received datagram; `bound` where the kernel tells none.
Endpoint read_control(msghdr& message, const Endpoint& bound) {
    Endpoint own = bound;
    for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level == IPPROTO_IP && head->cmsg_type == IP_PKTINFO) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(head), sizeof info);
            std::memcpy(own.ip.data() + kIpv4Offset, &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
        } else if (head->cmsg_level == IPPROTO_IPV6 && head->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(head), sizeof info);
            std::memcpy(own.ip.data(), &info.ipi6_addr, own.ip.size());
            if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr)) own.scope = info.ipi6_ifindex;
        }
    }
    return own;
}

/// Before bind(). By default a socket hears the groups that others on this machine have joined.
bool share(int handle, bool ipv4) {
    const int yes = 1;
    const int no = 0;
    const auto set = [handle](int level, int option, const int& value) {
        return ::setsockopt(handle, level, option, &value, sizeof value) == 0;
    };
    if (!set(SOL_SOCKET, SO_REUSEADDR, yes)) return false;
    return ipv4 ? set(IPPROTO_IP, IP_MULTICAST_ALL, no) && set(IPPROTO_IP, IP_MULTICAST_TTL, 1)
                : set(IPPROTO_IPV6, IPV6_MULTICAST_ALL, no) && set(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 1);
}

}  // namespace

/// What recvmmsg fills; built once, since the pointers in it stay.
struct UdpSocket::Buffers {
    Buffers() {
        for (std::size_t i = 0; i < kBatchMax; ++i) {
            parts[i] = {bytes[i].data(), bytes[i].size()};
            messages[i].msg_hdr.msg_name = &addresses[i];
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            messages[i].msg_hdr.msg_control = &controls[i];
        }
    }

    std::array<std::array<std::uint8_t, kReceiveBytesMax>, kBatchMax> bytes;
    std::array<SocketAddress, kBatchMax> addresses;
    std::array<Control, kBatchMax> controls;
    std::array<iovec, kBatchMax> parts;
    std::array<mmsghdr, kBatchMax> messages{};
};

UdpSocket::UdpSocket(asio::io_context& context, BatchHandler on_batch)
    : socket_(context),
      on_batch_(std::move(on_batch)),
      buffers_(std::make_unique<Buffers>()),
      alive_(std::make_shared<bool>(true)) {}

UdpSocket::~UdpSocket() = default;

std::error_code UdpSocket::open(const Endpoint& listen) {
    return open(listen, Sharing::exclusive);
}

std::error_code UdpSocket::open_shared(const Endpoint& listen) {
    return open(listen, Sharing::shared);
}

std::error_code UdpSocket::join(const Endpoint& group) {
    group_req request{};
    request.gr_interface = group.scope;
    SocketAddress address;
    const socklen_t size = to_kernel(group, address);
    std::memcpy(&request.gr_group, &address, size);
    const int level = is_ipv4(group) ? IPPROTO_IP : IPPROTO_IPV6;
    if (::setsockopt(socket_.native_handle(), level, MCAST_JOIN_GROUP, &request, sizeof request) == 0) return {};
    return {errno, std::system_category()};
}

std::error_code UdpSocket::open(const Endpoint& listen, Sharing sharing) {
    const bool ipv4 = is_ipv4(listen);
    std::error_code error;
    socket_.open(ipv4 ? asio::ip::udp::v4() : asio::ip::udp::v6(), error);
    if (error) return error;
    std::error_code ignored;  // smaller buffers work too, only with more loss
    socket_.set_option(asio::socket_base::receive_buffer_size(kSocketBufferBytes), ignored);
    socket_.set_option(asio::socket_base::send_buffer_size(kSocketBufferBytes), ignored);
    if (!ipv4) socket_.set_option(asio::ip::v6_only(true), error);
    if (!error) socket_.non_blocking(true, error);
    if (error) return error;

    SocketAddress address;
    socklen_t size = to_kernel(listen, address);
    const int handle = socket_.native_handle();
    const int yes = 1;
    if (sharing == Sharing::shared && !share(handle, ipv4)) return {errno, std::system_category()};
    const int told = ipv4 ? ::setsockopt(handle, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes)
                          : ::setsockopt(handle, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof yes);
    // DF on all, and what the kernel believes of the path ignored (RFC 8899): probes find out what gets through. A
    // kernel without it fragments, and the probes find more.
    const int probe = ipv4 ? IP_PMTUDISC_PROBE : IPV6_PMTUDISC_PROBE;
    ::setsockopt(handle, ipv4 ? IPPROTO_IP : IPPROTO_IPV6, ipv4 ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, &probe,
                 sizeof probe);
    if (told != 0 || ::bind(handle, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::getsockname(handle, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return {errno, std::system_category()};
    }
    local_ = from_kernel(address);
    await_readable();
    return {};
}

void UdpSocket::await_readable() {
    socket_.async_wait(asio::socket_base::wait_read, [this, alive = std::weak_ptr(alive_)](std::error_code error) {
        if (alive.expired() || error == asio::error::operation_aborted) return;
        drain();
        if (!alive.expired()) await_readable();
    });
}

void UdpSocket::drain() {
    const std::weak_ptr alive = alive_;
    std::array<Received, kBatchMax> batch;
    for (int turn = 0; turn < kBatchesPerTurn; ++turn) {
        for (mmsghdr& message : buffers_->messages) {
            message.msg_hdr.msg_namelen = sizeof(SocketAddress);
            message.msg_hdr.msg_controllen = sizeof(Control);
        }
        const int count =
            ::recvmmsg(socket_.native_handle(), buffers_->messages.data(), kBatchMax, MSG_DONTWAIT, nullptr);
        if (count <= 0) {
            if (count < 0 && (errno == EINTR || errno == ECONNREFUSED)) continue;
            return;
        }
        const auto received = static_cast<std::size_t>(count);
        for (std::size_t i = 0; i < received; ++i) {
            batch[i].from = from_kernel(buffers_->addresses[i]);
            batch[i].at = read_control(buffers_->messages[i].msg_hdr, local_);
            batch[i].bytes = std::span(buffers_->bytes[i]).first(buffers_->messages[i].msg_len);
        }
        on_batch_(std::span(batch).first(received));
        if (alive.expired() || received < kBatchMax) return;  // a short batch has emptied the socket
    }
}

void UdpSocket::send(std::vector<Datagram> datagrams) {
    const std::size_t sent = queue_.empty() ? send_some(datagrams) : 0;
    if (sent == datagrams.size()) return;
    const std::size_t queued = std::min(datagrams.size() - sent, kSendQueueMax - queue_.size());
    counters_.send_drops += datagrams.size() - sent - queued;
    const bool awaiting = !queue_.empty();
    const auto first = datagrams.begin() + static_cast<std::ptrdiff_t>(sent);
    std::move(first, first + static_cast<std::ptrdiff_t>(queued), std::back_inserter(queue_));
    if (!awaiting) await_writable();
}

void UdpSocket::await_writable() {
    socket_.async_wait(asio::socket_base::wait_write, [this, alive = std::weak_ptr(alive_)](std::error_code error) {
        if (alive.expired() || error == asio::error::operation_aborted) return;
        std::vector<Datagram> waiting(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
        queue_.clear();
        send(std::move(waiting));
    });
}

/// How many of the datagrams are dealt with: sent, or refused for good. The others wait for room.
std::size_t UdpSocket::send_some(std::span<const Datagram> datagrams) {
    std::array<SocketAddress, kBatchMax> addresses;
    std::array<Control, kBatchMax> controls;
    std::array<iovec, kBatchMax> parts;
    std::array<mmsghdr, kBatchMax> messages;
    std::size_t done = 0;
    int refusals = 0;  // in a row
    while (done < datagrams.size()) {
        const std::size_t count = std::min(datagrams.size() - done, kBatchMax);
        for (std::size_t i = 0; i < count; ++i) {
            const Datagram& datagram = datagrams[done + i];
            // sendmmsg takes pointers to mutable bytes and does not change them.
            parts[i] = {const_cast<std::uint8_t*>(datagram.bytes.data()), datagram.bytes.size()};
            messages[i] = {};
            messages[i].msg_hdr.msg_name = &addresses[i];
            messages[i].msg_hdr.msg_namelen = to_kernel(datagram.to, addresses[i]);
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            write_control(datagram.from, controls[i], messages[i].msg_hdr);
        }
        const int sent = ::sendmmsg(socket_.native_handle(), messages.data(), static_cast<unsigned int>(count),
                                    MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
            refusals = 0;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return done;
        } else if ((errno == EINTR || errno == ECONNREFUSED) && ++refusals < 4) {
            continue;  // an interruption, or the echo of an earlier datagram to a closed port: this one was not tried
        } else {
            ++counters_.send_errors;
            ++done;
            refusals = 0;
        }
    }
    return done;
}

}  // namespace chord::net
