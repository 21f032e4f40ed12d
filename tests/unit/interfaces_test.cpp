// Interfaces: at which addresses a node can be reached, which it tells, and where its beacons leave.
#include "node/daemon/interfaces.hpp"

#include <doctest/doctest.h>

#include <string>

#include "net/address.hpp"
#include "node/daemon/discovery.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

Endpoint at(const std::string& text) {
    const auto endpoint = net::parse_endpoint(text);
    REQUIRE(endpoint);
    return *endpoint;
}

InterfaceAddress on(unsigned int interface, const std::string& ip, bool multicast = true) {
    Endpoint address = at(ip);
    address.port = 0;
    return {interface, multicast, address};
}

std::vector<std::string> text_of(const std::vector<InterfaceAddress>& addresses) {
    std::vector<std::string> texts;
    for (const InterfaceAddress& each : addresses) texts.push_back(net::to_text(each.address));
    return texts;
}
std::vector<std::string> text_of(const std::vector<Endpoint>& addresses) {
    std::vector<std::string> texts;
    for (const Endpoint& each : addresses) texts.push_back(net::to_text(each));
    return texts;
}

using Texts = std::vector<std::string>;

std::vector<InterfaceAddress> all() {
    return {on(901, "192.0.2.7"),    on(901, "[2001:db8::7]"), on(901, "[2001:db8::8]"),  on(901, "[fe80::7%901]"),
            on(902, "198.51.100.7"), on(902, "[fe80::7%902]"), on(903, "10.9.0.1", false)};
}

TEST_CASE("interfaces: a node that listens at every address can be reached at each, of its families") {
    CHECK_EQ(reachable_at({at("0.0.0.0:7400"), at("[::]:7500")}, all()).size(), all().size());
    CHECK_EQ(text_of(reachable_at({at("0.0.0.0:7400")}, all())),
             Texts{"192.0.2.7:7400", "198.51.100.7:7400", "10.9.0.1:7400"});
    CHECK(reachable_at({}, all()).empty());
}

TEST_CASE("interfaces: a node that listens at one address can be reached there only, on that link only") {
    CHECK_EQ(text_of(reachable_at({at("198.51.100.7:1")}, all())), Texts{"198.51.100.7:1"});
    CHECK_EQ(text_of(reachable_at({at("[fe80::7%902]:1")}, all())), Texts{"[fe80::7%902]:1"});
    CHECK(reachable_at({at("127.0.0.1:1"), at("203.0.113.1:1")}, all()).empty());
}

TEST_CASE("interfaces: one address a link and family is told, none of a link only") {
    const auto reachable = reachable_at({at("[::]:7400"), at("0.0.0.0:7400")}, all());
    CHECK_EQ(text_of(addresses_to_tell(reachable)),
             Texts{"192.0.2.7:7400", "[2001:db8::7]:7400", "198.51.100.7:7400", "10.9.0.1:7400"});
}

TEST_CASE("interfaces: beacons leave once a link and family, from the link-local address if the node listens there") {
    const auto reachable = reachable_at({at("[::]:7400"), at("0.0.0.0:7400")}, all());
    CHECK_EQ(text_of(beacon_places(reachable)),
             Texts{"192.0.2.7:7400", "[fe80::7%901]:7400", "198.51.100.7:7400", "[fe80::7%902]:7400"});
    CHECK_EQ(text_of(beacon_places(reachable_at({at("[2001:db8::8]:7400")}, all()))), Texts{"[2001:db8::8]:7400"});
}

TEST_CASE("interfaces: the loopback is told from addresses that others reach") {
    CHECK(is_loopback_only({at("127.0.0.1:7400")}));
    CHECK(is_loopback_only({at("127.3.2.1:7400"), at("[::1]:7400")}));
    CHECK_FALSE(is_loopback_only({at("127.0.0.1:7400"), at("192.0.2.7:7400")}));
    CHECK_FALSE(is_loopback_only({at("[::]:7400")}));
    CHECK_FALSE(is_loopback_only({at("0.0.0.0:7400")}));
}

TEST_CASE("interfaces: the kernel's list names no loopback") {
    for (const InterfaceAddress& each : interface_addresses()) {
        CHECK_NE(each.interface, 0);
        CHECK_FALSE(is_loopback_only({each.address}));
        const bool link_local = each.address.ip[0] == 0xfe && (each.address.ip[1] & 0xc0) == 0x80;
        CHECK_EQ(each.address.scope, link_local ? each.interface : 0);
    }
}

}  // namespace
