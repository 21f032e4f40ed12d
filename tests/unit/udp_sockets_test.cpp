// UdpSockets: several ports of one node; each datagram leaves by the one that its receiver expects.
#include "net/udp_sockets.hpp"

#include "net/address.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;
using Batch = std::span<const UdpSocket::Received>;

struct Heard {
    UdpSocket::BatchHandler handler() {
        return [this](Batch batch) {
            for (const auto& received : batch) {
                got.emplace_back(received.from, Raw(received.bytes.begin(), received.bytes.end()));
                at.push_back(received.at);
            }
        };
    }
    std::vector<std::pair<Endpoint, Raw>> got;
    std::vector<Endpoint> at;
};

TEST_CASE("udp_sockets: an answer leaves by the port at which the peer asked") {
    asio::io_context context;
    Heard of_node;
    UdpSockets node(context);
    node.start(of_node.handler());
    REQUIRE_FALSE(node.listen(*parse_endpoint("127.0.0.1:0")));
    REQUIRE_FALSE(node.listen(*parse_endpoint("127.0.0.1:0")));
    REQUIRE_EQ(node.local().size(), 2);

    Heard of_peer;
    UdpSocket peer(context, of_peer.handler());
    REQUIRE_FALSE(peer.open(*parse_endpoint("127.0.0.1:0")));
    // Both are asked before either answers: who was asked last does not tell where an answer belongs.
    peer.send({Datagram{node.local()[1], {1}}, Datagram{node.local()[0], {2}}});
    context.poll();
    REQUIRE_EQ(of_node.at.size(), 2);
    for (const Endpoint& asked : of_node.at) node.send({Datagram{peer.local(), {3}, asked}});
    context.restart();
    context.poll();
    REQUIRE_EQ(of_peer.got.size(), 2);
    CHECK((of_peer.got[0].first == of_node.at[0]));
    CHECK((of_peer.got[1].first == of_node.at[1]));
    CHECK((of_node.at[0] != of_node.at[1]));
}

void check_wildcard(const char* listen, const char* peer_address, const char* asked) {
    asio::io_context context;
    Heard of_node;
    UdpSockets node(context);
    node.start(of_node.handler());
    Heard of_peer;
    UdpSocket peer(context, of_peer.handler());
    if (node.listen(*parse_endpoint(listen)) || peer.open(*parse_endpoint(peer_address))) {
        MESSAGE("skipped: ", listen);
        return;
    }
    Endpoint to = *parse_endpoint(asked);
    to.port = node.local()[0].port;
    peer.send({Datagram{to, {1}}});
    context.poll();
    REQUIRE_EQ(of_node.at.size(), 1);
    CHECK((of_node.at[0] == to));
    node.send({Datagram{peer.local(), {2}, of_node.at[0]}, Datagram{peer.local(), {3}}});
    context.restart();
    context.poll();
    REQUIRE_EQ(of_peer.got.size(), 2);
    CHECK((of_peer.got[0].first == to));
    CHECK_EQ(of_peer.got[1].first.port, to.port);
}

TEST_CASE("udp_sockets: from a wildcard an answer leaves by the address that was asked") {
    check_wildcard("0.0.0.0:0", "127.0.0.1:0", "127.0.0.9:1");  // the kernel's own choice would be 127.0.0.1
    check_wildcard("[::]:0", "[::1]:0", "[::1]:1");
}

TEST_CASE("udp_sockets: this node asks by the nearest address of the family, among equals by the first") {
    asio::io_context context;
    Heard of_node;
    UdpSockets node(context);
    node.start(of_node.handler());
    const bool has_ipv6 = !node.listen(*parse_endpoint("[::1]:0"));
    REQUIRE_FALSE(node.listen(*parse_endpoint("127.0.0.1:0")));
    REQUIRE_FALSE(node.listen(*parse_endpoint("127.0.0.1:0")));
    Heard of_peer;
    UdpSocket peer(context, of_peer.handler());
    REQUIRE_FALSE(peer.open(*parse_endpoint("127.0.0.1:0")));
    node.send({Datagram{peer.local(), {1}}, Datagram{peer.local(), {2}}});
    context.poll();
    REQUIRE_EQ(of_peer.got.size(), 2);
    CHECK((of_peer.got[0].first == node.local()[has_ipv6 ? 1 : 0]));
    CHECK_EQ(of_peer.got[1].second, Raw{2});

    REQUIRE_FALSE(node.listen(*parse_endpoint("127.0.9.1:0")));
    Heard of_other;
    UdpSocket other(context, of_other.handler());
    REQUIRE_FALSE(other.open(*parse_endpoint("127.0.9.9:0")));
    node.send({Datagram{other.local(), {1}}});
    context.restart();
    context.poll();
    REQUIRE_EQ(of_other.got.size(), 1);
    CHECK((of_other.got[0].first == node.local().back()));
}

TEST_CASE("udp_sockets: what no port can carry is dropped and counted, the rest goes") {
    asio::io_context context;
    Heard of_node;
    UdpSockets node(context);
    node.start(of_node.handler());
    const Endpoint ipv6 = *parse_endpoint("[2001:db8::1]:7400");
    node.send({Datagram{ipv6, {1}}});  // no port at all
    CHECK_EQ(node.counters().send_errors, 1U);

    REQUIRE_FALSE(node.listen(*parse_endpoint("127.0.0.1:0")));
    node.send({Datagram{ipv6, {1}}, Datagram{node.local()[0], {2}}});
    CHECK_EQ(node.counters().send_errors, 2U);
    context.poll();
    REQUIRE_EQ(of_node.got.size(), 1);
    CHECK_EQ(of_node.got[0].second, Raw{2});
}

TEST_CASE("udp_sockets: a port that cannot be opened changes nothing") {
    asio::io_context context;
    Heard of_node;
    UdpSockets node(context);
    node.start(of_node.handler());
    REQUIRE_FALSE(node.listen(*parse_endpoint("127.0.0.1:0")));
    CHECK_EQ(node.listen(node.local()[0]), std::errc::address_in_use);
    CHECK_EQ(node.local().size(), 1);
}

}  // namespace
}  // namespace chord::net
