#include "node/daemon/host_addresses.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "net/address.hpp"
#include "node/daemon/wall_clock.hpp"

using namespace chord;
using namespace chord::daemon;

namespace {

Endpoint at(std::string_view text) {
    return *net::parse_endpoint(text);
}

}  // namespace

TEST_CASE("host addresses: this host has loopback, and nothing that only means something on one link") {
    const std::vector<Endpoint> all = host_addresses();
    CHECK(std::any_of(all.begin(), all.end(), is_loopback));
    for (const Endpoint& address : all) {
        CHECK(address.port == 0);
        CHECK(address.scope == 0);
        CHECK_FALSE(net::to_text(address).starts_with("[fe80:"));
        CHECK_FALSE(net::to_text(address).starts_with("169.254."));
    }
}

TEST_CASE("host addresses: what loopback is") {
    CHECK(is_loopback(at("127.0.0.1:1")));
    CHECK(is_loopback(at("127.9.9.9:1")));
    CHECK(is_loopback(at("[::1]:1")));
    CHECK_FALSE(is_loopback(at("128.0.0.1:1")));
    CHECK_FALSE(is_loopback(at("[::2]:1")));
    CHECK_FALSE(is_loopback(at("[fd00::1]:1")));
}

TEST_CASE("wall clock: it is this host's, and not before the release") {
    CHECK(release_time_floor() == 1'735'689'600);  // date -u -d 2025-01-01 +%s
    const net::admission::WallClock clock = read_wall_clock();
    CHECK(clock.seconds >= release_time_floor());
    CHECK(read_wall_clock().seconds - clock.seconds <= 60);
}
