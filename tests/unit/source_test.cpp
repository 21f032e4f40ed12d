// What counts as one source, and endpoints as bytes.
#include "net/guard/source.hpp"

#include <doctest/doctest.h>

#include "net/address.hpp"

namespace chord::net {
namespace {

Endpoint at(const char* text) {
    const auto endpoint = parse_endpoint(text);
    REQUIRE(endpoint);
    return *endpoint;
}

TEST_CASE("source: an IPv4 address is one, whatever its port") {
    CHECK(source_of(at("192.0.2.7:1")) == source_of(at("192.0.2.7:2")));
    CHECK(source_of(at("192.0.2.7:1")) != source_of(at("192.0.2.8:1")));
    CHECK(source_of(at("192.0.2.7:1")) != source_of(at("[::1]:1")));
}

TEST_CASE("source: an IPv6 /64 is one") {
    CHECK(source_of(at("[2001:db8:1:2::7]:1")) == source_of(at("[2001:db8:1:2:ffff:1:1:1]:2")));
    CHECK(source_of(at("[2001:db8:1:2::7]:1")) != source_of(at("[2001:db8:1:3::7]:1")));
}

TEST_CASE("source: neighbours on a link are each one, and so are two links") {
    Endpoint a = at("[fe80::1%1]:1");
    Endpoint b = at("[fe80::2%1]:1");
    Endpoint other_link = a;
    other_link.scope = 77;
    CHECK(source_of(a) != source_of(b));
    CHECK(source_of(a) != source_of(other_link));
    a.port = 9;
    CHECK(source_of(a) == source_of(at("[fe80::1%1]:1")));
}

TEST_CASE("source: bytes differ with address, scope and port") {
    Endpoint endpoint = at("192.0.2.7:4660");
    endpoint.scope = 0x01020304;
    const SourceBytes expected{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7, 1, 2, 3, 4, 0x12, 0x34};
    CHECK_EQ(bytes_of(endpoint), expected);
}

}  // namespace
}  // namespace chord::net
