// UdpSocket: real datagrams over loopback, on ports that the kernel chooses. Loopback delivers before send() returns,
// so that polling the loop is enough and nothing here waits for time to pass.
#include "net/udp_socket.hpp"

#include "net/address.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;

Endpoint loopback(bool ipv4) {
    return *parse_endpoint(ipv4 ? "127.0.0.1:0" : "[::1]:0");
}

struct Port {
    explicit Port(asio::io_context& context)
        : socket(context, [this](std::span<const UdpSocket::Received> batch) {
              batches.push_back(batch.size());
              for (const auto& received : batch) {
                  got.emplace_back(received.from, Raw(received.bytes.begin(), received.bytes.end()));
              }
          }) {}

    std::vector<std::pair<Endpoint, Raw>> got;
    std::vector<std::size_t> batches;
    UdpSocket socket;
};

void check_exchange(bool ipv4) {
    asio::io_context context;
    Port a(context);
    Port z(context);
    if (const auto error = a.socket.open(loopback(ipv4))) {
        MESSAGE("skipped: ", to_text(loopback(ipv4)), ": ", error.message());
        return;
    }
    REQUIRE_FALSE(z.socket.open(loopback(ipv4)));
    REQUIRE_NE(a.socket.local().port, 0);
    CHECK_EQ(is_ipv4(a.socket.local()), ipv4);

    a.socket.send({Datagram{z.socket.local(), {1, 2, 3}}, Datagram{z.socket.local(), Raw(1400, 7)}});
    context.poll();
    REQUIRE_EQ(z.got.size(), 2);
    CHECK((z.got[0].first == a.socket.local()));
    CHECK_EQ(z.got[0].second, Raw{1, 2, 3});
    CHECK_EQ(z.got[1].second, Raw(1400, 7));
    CHECK_EQ(z.batches, std::vector<std::size_t>{2});  // one turn for both

    z.socket.send({Datagram{z.got[0].first, {4}}});  // the address that came can be answered to
    context.restart();
    context.poll();
    REQUIRE_EQ(a.got.size(), 1);
    CHECK((a.got[0].first == z.socket.local()));
}

TEST_CASE("udp_socket: datagrams there and back over IPv4") {
    check_exchange(true);
}

TEST_CASE("udp_socket: datagrams there and back over IPv6") {
    check_exchange(false);
}

TEST_CASE("udp_socket: a burst arrives whole, in order and in batches") {
    asio::io_context context;
    Port a(context);
    Port z(context);
    REQUIRE_FALSE(a.socket.open(loopback(true)));
    REQUIRE_FALSE(z.socket.open(loopback(true)));
    std::vector<Datagram> burst;
    for (std::uint8_t i = 0; i < 100; ++i) burst.push_back({z.socket.local(), {i}});
    a.socket.send(std::move(burst));
    context.poll();
    REQUIRE_EQ(z.got.size(), 100);
    for (std::uint8_t i = 0; i < 100; ++i) CHECK_EQ(z.got[i].second, Raw{i});
    CHECK_EQ(z.batches, std::vector<std::size_t>{32, 32, 32, 4});
}

TEST_CASE("udp_socket: an oversized datagram arrives longer than any that is allowed, an empty one as it is") {
    asio::io_context context;
    Port a(context);
    Port z(context);
    REQUIRE_FALSE(a.socket.open(loopback(true)));
    REQUIRE_FALSE(z.socket.open(loopback(true)));
    a.socket.send({Datagram{z.socket.local(), Raw(9000, 1)}, Datagram{z.socket.local(), {}}});
    context.poll();
    REQUIRE_EQ(z.got.size(), 2);
    CHECK_EQ(z.got[0].second.size(), kReceiveBytesMax);
    CHECK_EQ(z.got[1].second.size(), 0);
}

TEST_CASE("udp_socket: one datagram that the kernel refuses does not hold up the others") {
    asio::io_context context;
    Port a(context);
    Port z(context);
    REQUIRE_FALSE(a.socket.open(loopback(true)));
    REQUIRE_FALSE(z.socket.open(loopback(true)));
    const Endpoint nowhere = *parse_endpoint("255.255.255.255:9");  // broadcast was not asked for
    const Raw endless(70'000, 1);
    a.socket.send({Datagram{nowhere, {1}}, Datagram{z.socket.local(), {2}}, Datagram{z.socket.local(), endless},
                   Datagram{z.socket.local(), {3}}});
    context.poll();
    REQUIRE_EQ(z.got.size(), 2);
    CHECK_EQ(z.got[0].second, Raw{2});
    CHECK_EQ(z.got[1].second, Raw{3});
    CHECK_EQ(a.socket.counters().send_errors, 2U);
}

TEST_CASE("udp_socket: a closed port at the other end disturbs nothing") {
    asio::io_context context;
    Port a(context);
    Port z(context);
    REQUIRE_FALSE(a.socket.open(loopback(true)));
    REQUIRE_FALSE(z.socket.open(loopback(true)));
    Endpoint closed;
    {
        Port gone(context);
        REQUIRE_FALSE(gone.socket.open(loopback(true)));
        closed = gone.socket.local();
    }
    for (int i = 0; i < 3; ++i) {
        a.socket.send({Datagram{closed, {1}}, Datagram{z.socket.local(), {2}}});
        context.restart();
        context.poll();
    }
    CHECK_EQ(z.got.size(), 3);
    CHECK_EQ(a.socket.counters().send_errors, 0U);
}

TEST_CASE("udp_socket: an address in use and one that is not ours are the kernel's errors") {
    asio::io_context context;
    Port a(context);
    Port z(context);
    REQUIRE_FALSE(a.socket.open(loopback(true)));
    CHECK_EQ(z.socket.open(a.socket.local()), std::errc::address_in_use);
    Port far(context);
    CHECK_EQ(far.socket.open(*parse_endpoint("192.0.2.1:0")), std::errc::address_not_available);
}

TEST_CASE("udp_socket: may be destroyed from its own callback") {
    asio::io_context context;
    Port a(context);
    REQUIRE_FALSE(a.socket.open(loopback(true)));
    int calls = 0;
    std::unique_ptr<UdpSocket> fragile;
    fragile = std::make_unique<UdpSocket>(context, [&](std::span<const UdpSocket::Received>) {
        ++calls;
        fragile.reset();
    });
    REQUIRE_FALSE(fragile->open(loopback(true)));
    a.socket.send(std::vector<Datagram>(40, Datagram{fragile->local(), {1}}));
    context.poll();
    CHECK_EQ(calls, 1);
    CHECK_EQ(fragile, nullptr);
}

}  // namespace
}  // namespace chord::net
