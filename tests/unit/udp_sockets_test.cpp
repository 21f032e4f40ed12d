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
            }
        };
    }
    std::vector<std::pair<Endpoint, Raw>> got;
};

TEST_CASE("udp_sockets: an answer leaves by the port at which the peer asked") {
    asio::io_context context;
    Heard of_node;
    UdpSockets node(context, of_node.handler());
    REQUIRE_FALSE(node.listen(*parse_endpoint("127.0.0.1:0")));
    REQUIRE_FALSE(node.listen(*parse_endpoint("127.0.0.1:0")));
    REQUIRE_EQ(node.local().size(), 2);

    Heard of_peer;
    UdpSocket peer(context, of_peer.handler());
    REQUIRE_FALSE(peer.open(*parse_endpoint("127.0.0.1:0")));
    for (const std::size_t asked : {std::size_t{1}, std::size_t{0}, std::size_t{1}}) {
        peer.send({Datagram{node.local()[asked], {1}}});
        context.restart();
        context.poll();
        REQUIRE_EQ(of_node.got.size(), 1);
        CHECK((of_node.got[0].first == peer.local()));
        node.send({Datagram{peer.local(), {2}}});
        context.restart();
        context.poll();
        REQUIRE_EQ(of_peer.got.size(), 1);
        CHECK((of_peer.got[0].first == node.local()[asked]));
        of_node.got.clear();
        of_peer.got.clear();
    }
}

TEST_CASE("udp_sockets: an unknown peer is reached by the first port of its family") {
    asio::io_context context;
    Heard of_node;
    UdpSockets node(context, of_node.handler());
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
}

TEST_CASE("udp_sockets: what no port can carry is dropped and counted, the rest goes") {
    asio::io_context context;
    Heard of_node;
    UdpSockets node(context, of_node.handler());
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
    UdpSockets node(context, of_node.handler());
    REQUIRE_FALSE(node.listen(*parse_endpoint("127.0.0.1:0")));
    CHECK_EQ(node.listen(node.local()[0]), std::errc::address_in_use);
    CHECK_EQ(node.local().size(), 1);
}

}  // namespace
}  // namespace chord::net
