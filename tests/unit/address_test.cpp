// Addresses: what people write, what comes back, and the sentence for what is no address.
#include "net/address.hpp"

#include <net/if.h>

#include <vector>

#include <doctest/doctest.h>

namespace chord::net {
namespace {

std::string round_trip(std::string_view text) {
    const auto endpoint = parse_endpoint(text);
    return endpoint ? to_text(*endpoint) : "refused: " + endpoint_problem(text);
}

TEST_CASE("address: IPv4 is held as a mapped address") {
    const auto endpoint = parse_endpoint("192.0.2.7:9000");
    REQUIRE(endpoint);
    CHECK(endpoint->ip == std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7});
    CHECK_EQ(endpoint->port, 9000);
    CHECK_EQ(endpoint->scope, 0U);
    CHECK(is_ipv4(*endpoint));
}

TEST_CASE("address: the canonical texts come back as they were") {
    for (const char* text : {"1.2.3.4:7400", "0.0.0.0:1", "255.255.255.255:65535", "127.0.0.1:0", "[::]:7400",
                             "[::1]:7400", "[fd00::1]:7400", "[2001:db8:1:2:3:4:5:6]:1"}) {
        CAPTURE(text);
        CHECK_EQ(round_trip(text), text);
        CHECK_EQ(endpoint_problem(text), "");
    }
}

TEST_CASE("address: without a port it is 7400") {
    CHECK_EQ(round_trip("1.2.3.4"), "1.2.3.4:7400");
    CHECK_EQ(round_trip("[fd00::1]"), "[fd00::1]:7400");
}

TEST_CASE("address: other spellings of the same address") {
    CHECK_EQ(round_trip("[FD00:0:0::0001]:7400"), "[fd00::1]:7400");
    CHECK_EQ(round_trip("[::ffff:1.2.3.4]:7400"), "1.2.3.4:7400");
    CHECK_EQ(round_trip("1.2.3.4:007400"), "1.2.3.4:7400");
}

TEST_CASE("address: a link-local address takes the interface by number or by name") {
    const auto by_number = parse_endpoint("[fe80::1%4294967]:7400");
    REQUIRE(by_number);
    CHECK_EQ(by_number->scope, 4294967U);
    CHECK_EQ(to_text(*by_number), "[fe80::1%4294967]:7400");
    if (const unsigned int loopback = if_nametoindex("lo"); loopback != 0) {
        const auto by_name = parse_endpoint("[fe80::1%lo]:7400");
        REQUIRE(by_name);
        CHECK_EQ(by_name->scope, loopback);
        CHECK_EQ(to_text(*by_name), "[fe80::1%lo]:7400");
    }
}

TEST_CASE("address: each kind of mistake has its sentence") {
    const auto problem = [](std::string_view text) {
        CHECK_FALSE(parse_endpoint(text));
        return endpoint_problem(text);
    };
    CHECK_EQ(problem("example.org:7400"),
             "\"example.org:7400\" is not a numeric address, such as 192.0.2.7:7400 or [2001:db8::7]:7400; host names "
             "are not looked up");
    CHECK_EQ(problem("1.2.3.4:70000"), "the port in \"1.2.3.4:70000\" is not a number from 0 to 65535");
    CHECK_EQ(problem("fd00::1"),
             "an IPv6 address is written in brackets, as in [2001:db8::7]:7400, and \"fd00::1\" has none");
    CHECK_EQ(problem("[fd00::1:7400"), "the bracket in \"[fd00::1:7400\" is not closed");
    CHECK_EQ(problem("[fe80::1]:7400"),
             "the link-local address in \"[fe80::1]:7400\" needs its interface, as in [fe80::1%eth0]:7400");
    CHECK_EQ(problem("[fd00::1%lo]:7400"),
             "only a link-local address takes an interface, and \"[fd00::1%lo]:7400\" is none");
    CHECK_EQ(problem("[fe80::1%no-such-link]:7400"), "there is no interface \"no-such-link\" on this machine");
    CHECK_EQ(problem("[fd00::1]7400"), "what follows the bracket in \"[fd00::1]7400\" is not a colon and a port");
    CHECK_EQ(problem("[zz]:1"), "\"zz\" is not an IPv6 address");
}

TEST_CASE("address: garbage is refused with one printable line") {
    std::vector<std::string> texts = {"",
                                      ":",
                                      ":7400",
                                      "1.2.3",
                                      "1.2.3.4:",
                                      "1.2.3.4:-1",
                                      "1.2.3.4:+1",
                                      "1.2.3.4: 1",
                                      " 1.2.3.4",
                                      "1.2.3.4:1 ",
                                      "1.2.3.4.5",
                                      "1.2.3.256",
                                      "01.2.3.4",
                                      "[]",
                                      "[]:1",
                                      "[1.2.3.4]:1",
                                      "[::1]:",
                                      "[::1%]:1",
                                      "[fe80::1%]:1",
                                      "[fe80::1%0]:1",
                                      "[fe80::1%99999999999]:1",
                                      "1.2.3.4:\n",
                                      std::string(100'000, 'a'),
                                      std::string("1.2.3.4\0:1", 10),
                                      std::string("[::1\0]:1", 8)};
    for (const std::string& text : texts) {
        CAPTURE(text.substr(0, 100));
        CHECK_FALSE(parse_endpoint(text));
        const std::string problem = endpoint_problem(text);
        CHECK_FALSE(problem.empty());
        CHECK_LT(problem.size(), 250);
        for (const char c : problem) CHECK((c >= ' ' && c <= '~'));
    }
}

}  // namespace
}  // namespace chord::net
