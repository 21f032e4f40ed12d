// AmplificationLimit: never more than three times what came, in fixed memory, also while others flood the table.
#include "net/guard/amplification_limit.hpp"

#include <doctest/doctest.h>

#include <map>

#include "node/core/base/rng.hpp"

namespace chord::net {
namespace {

constexpr TableSecret kSecret{1, 2, 3};

Endpoint endpoint(std::uint32_t number, std::uint16_t port = 7400) {
    Endpoint made;
    made.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    for (std::size_t i = 0; i < 4; ++i) made.ip[12 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    made.port = port;
    return made;
}

TEST_CASE("amplification_limit: exactly three times the bytes received, and nothing to an address never heard") {
    AmplificationLimit limit(64, kSecret);
    CHECK_FALSE(limit.spend(endpoint(1), 1));
    limit.received(endpoint(1), 100);
    CHECK_FALSE(limit.spend(endpoint(1), 301));
    CHECK(limit.spend(endpoint(1), 200));
    CHECK_FALSE(limit.spend(endpoint(1), 101));
    CHECK(limit.spend(endpoint(1), 100));
    CHECK_FALSE(limit.spend(endpoint(1), 1));
    limit.received(endpoint(1), 50);
    CHECK(limit.spend(endpoint(1), 150));
}

TEST_CASE("amplification_limit: another port is another address") {
    AmplificationLimit limit(64, kSecret);
    limit.received(endpoint(1, 1), 100);
    CHECK_FALSE(limit.spend(endpoint(1, 2), 1));
    CHECK_FALSE(limit.spend(endpoint(2, 1), 1));
}

TEST_CASE("amplification_limit: credit is bounded, whatever comes") {
    AmplificationLimit limit(64, kSecret);
    for (const std::size_t size : {std::size_t{1} << 19, std::size_t{1} << 33, SIZE_MAX})
        limit.received(endpoint(1), size);
    CHECK_FALSE(limit.spend(endpoint(1), AmplificationLimit::kCreditMax + std::size_t{1}));
    CHECK_FALSE(limit.spend(endpoint(1), (std::size_t{1} << 32) + 1));
    CHECK(limit.spend(endpoint(1), AmplificationLimit::kCreditMax));
    CHECK_FALSE(limit.spend(endpoint(1), 1));
}

TEST_CASE("amplification_limit: a validated address has no entry any more") {
    AmplificationLimit limit(64, kSecret);
    limit.received(endpoint(1), 100);
    limit.forget(endpoint(1));
    CHECK_FALSE(limit.spend(endpoint(1), 1));
}

TEST_CASE("amplification_limit: under a flood the bound and the memory hold, and an answer at once is granted") {
    Rng rng(1);
    AmplificationLimit limit(64, kSecret);
    const std::size_t bytes = limit.bytes();
    CHECK_EQ(bytes, 64 * 16);
    std::map<Endpoint, std::size_t> received;
    std::map<Endpoint, std::size_t> sent;
    int refused_later = 0;
    for (int i = 0; i < 50'000; ++i) {
        const Endpoint from = endpoint(static_cast<std::uint32_t>(rng.below(rng.chance(1, 2) ? 50 : 1'000'000)));
        const std::size_t size = 1 + rng.below(1400);
        limit.received(from, size);
        received[from] += size;
        const Endpoint to = rng.chance(1, 2) ? from : endpoint(static_cast<std::uint32_t>(rng.below(50)));
        const std::size_t answer = 1 + rng.below(3 * size);
        const bool granted = limit.spend(to, answer);
        if (to == from) REQUIRE(granted);
        if (granted) sent[to] += answer;
        if (!granted) ++refused_later;
        REQUIRE_LE(sent[to], 3 * received[to]);
    }
    CHECK_GT(refused_later, 0);
    CHECK_EQ(limit.bytes(), bytes);
}

}  // namespace
}  // namespace chord::net
