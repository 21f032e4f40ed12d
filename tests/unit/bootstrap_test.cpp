// Bootstrap addresses: one encoding each, none that means nothing elsewhere.
#include "net/admission/bootstrap.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "net/address.hpp"

namespace chord::net::admission {
namespace {

using Raw = std::vector<std::uint8_t>;

Raw written(const Bootstrap& bootstrap) {
    return encoded<kBootstrapBytesMax>([&](Writer& writer) { write_bootstrap(writer, bootstrap); });
}

bool is_refused(const Raw& raw) {
    Reader reader(raw);
    (void)read_bootstrap(reader);
    return !reader.finish();
}

TEST_CASE("bootstrap: four addresses of both families come back") {
    Bootstrap bootstrap;
    for (const char* text : {"192.168.7.14:7400", "[fd00::31]:7400", "10.0.0.1:1", "[2001:db8::1]:65535"}) {
        bootstrap.push_back(*parse_endpoint(text));
    }
    const Raw raw = written(bootstrap);
    CHECK_EQ(raw.size(), 1 + 7 + 19 + 7 + 19);
    Reader reader(raw);
    CHECK_EQ(read_bootstrap(reader), bootstrap);
    CHECK(reader.finish());
    CHECK_EQ(written({}), Raw{0});
    CHECK_EQ(written({*parse_endpoint("1.2.3.4:258")}), Raw{1, 4, 1, 2, 3, 4, 1, 2});
}

TEST_CASE("bootstrap: what write does not make is not read") {
    CHECK(is_refused({}));
    CHECK(is_refused({1}));
    CHECK(is_refused({1, 5, 1, 2, 3, 4, 1, 2}));
    CHECK(is_refused({1, 4, 1, 2, 3, 4, 0, 0}));  // port 0
    CHECK(is_refused({1, 4, 1, 2, 3, 4, 1}));
    CHECK_FALSE(is_refused({1, 6, 0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2}));
    CHECK(is_refused({1, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4, 1, 2}));  // IPv4 as IPv6
    CHECK(is_refused({1, 6, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2}));  // link-local
    Raw five = {5};
    for (int i = 0; i < 5; ++i) five.insert(five.end(), {4, 1, 2, 3, 4, 1, 2});
    CHECK(is_refused(five));
}

TEST_CASE("bootstrap: link-local and scoped addresses, and port 0, cannot be carried") {
    CHECK(is_carried(*parse_endpoint("192.168.7.14:7400")));
    CHECK_FALSE(is_carried(*parse_endpoint("192.168.7.14:0")));
    Endpoint endpoint = *parse_endpoint("[fd00::1]:7400");
    CHECK(is_carried(endpoint));
    endpoint.scope = 2;
    CHECK_FALSE(is_carried(endpoint));
    endpoint = Endpoint{};
    endpoint.ip = {0xfe, 0xbf};
    endpoint.port = 1;
    CHECK_FALSE(is_carried(endpoint));
}

}  // namespace
}  // namespace chord::net::admission
