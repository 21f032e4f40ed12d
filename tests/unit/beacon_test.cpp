// Beacon: who can read it, what it is bound to, and that it shows nothing.
#include "net/discovery/beacon.hpp"

#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "net/address.hpp"
#include "tests/support/contains.hpp"
#include "tests/support/noise_sides.hpp"

namespace chord::net {
namespace {

using testing::secret_of;

Endpoint at(const char* text) {
    const auto endpoint = parse_endpoint(text);
    REQUIRE(endpoint);
    return *endpoint;
}

BeaconNonce nonce_of(std::uint8_t byte) {
    BeaconNonce nonce;
    nonce.fill(byte);
    return nonce;
}

const noise::SecretKey kNetwork = secret_of(0x5a);
const Id kNode{{0xa1a2a3a4a5a6a7a8, 2, 3, 4}};

Peer sender() {
    return {kNode, at("192.0.2.7:7400")};
}

TEST_CASE("beacon: comes back equal, with the scope of the arrival and the port that was sealed") {
    for (const char* own : {"192.0.2.7:7400", "[fd00::7]:1", "[fe80::1%3]:65535"}) {
        const Peer sent{kNode, at(own)};
        Endpoint from = sent.address;
        from.port = 7399;
        from.scope = from.scope == 0 ? 0 : 9;
        const auto opened = open_beacon(seal_beacon(sent, kNetwork, nonce_of(7)), kNetwork, from);
        REQUIRE(opened);
        CHECK(opened->id == kNode);
        CHECK(opened->address.ip == sent.address.ip);
        CHECK_EQ(opened->address.port, sent.address.port);
        CHECK_EQ(opened->address.scope, from.scope);
    }
}

TEST_CASE("beacon: is what the head of its file says, by libsodium alone") {
    const Beacon beacon = seal_beacon(sender(), kNetwork, nonce_of(7));
    CHECK_EQ(beacon.size(), 100);
    CHECK_EQ(beacon[0], 0xc2);
    CHECK_EQ(beacon[1], 0xbe);
    CHECK(std::ranges::equal(std::span(beacon).subspan(2, 32), nonce_of(7)));
    constexpr std::string_view kLabel = "chordd beacon";
    std::vector<std::uint8_t> named(kLabel.begin(), kLabel.end());
    named.resize(named.size() + 32, 7);
    std::array<std::uint8_t, 32> key{};
    crypto_generichash(key.data(), key.size(), named.data(), named.size(), kNetwork.data(), 32);
    const std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES> zero{};
    std::array<std::uint8_t, 50> plain{};
    REQUIRE_EQ(crypto_aead_chacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, beacon.data() + 34, 66,
                                                         beacon.data(), 2, zero.data(), key.data()),
               0);
    CHECK(std::ranges::equal(std::span(plain).first(32), kNode.bytes()));
    CHECK(std::ranges::equal(std::span(plain).subspan(32, 16), sender().address.ip));
    CHECK_EQ(plain[48] << 8 | plain[49], 7400);
}

TEST_CASE("beacon: another key, another source, another length, one bit: nothing") {
    const Endpoint from = sender().address;
    const Beacon beacon = seal_beacon(sender(), kNetwork, nonce_of(7));
    CHECK(open_beacon(beacon, kNetwork, from));
    CHECK_FALSE(open_beacon(beacon, secret_of(0x5b), from));
    CHECK_FALSE(open_beacon(beacon, kNetwork, at("192.0.2.8:7400")));
    CHECK_FALSE(open_beacon(beacon, kNetwork, at("[::7]:7400")));
    for (std::size_t size = 0; size < beacon.size(); ++size)
        CHECK_FALSE(open_beacon(std::span(beacon).first(size), kNetwork, from));
    std::vector<std::uint8_t> longer(beacon.begin(), beacon.end());
    longer.push_back(0);
    CHECK_FALSE(open_beacon(longer, kNetwork, from));
    for (std::size_t bit = 0; bit < beacon.size() * 8; ++bit) {
        Beacon bad = beacon;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        CHECK_FALSE(open_beacon(bad, kNetwork, from));
    }
}

TEST_CASE("beacon: nothing of it can be read, and two have nothing in common but two bytes") {
    const Beacon one = seal_beacon(sender(), kNetwork, nonce_of(7));
    const Beacon two = seal_beacon(sender(), kNetwork, nonce_of(8));
    const auto id = kNode.bytes();
    CHECK_FALSE(testing::contains(one, std::vector<std::uint8_t>(id.begin(), id.begin() + 4)));
    CHECK_FALSE(testing::contains(one, std::vector<std::uint8_t>{192, 0, 2, 7}));
    CHECK_FALSE(testing::contains(one, std::vector<std::uint8_t>(4, 0x5a)));
    std::size_t equal = 0;
    for (std::size_t i = kBeaconHeadBytes; i < one.size(); ++i) equal += one[i] == two[i] ? 1U : 0U;
    CHECK_LT(equal, 8);  // by chance: one in 256
}

}  // namespace
}  // namespace chord::net
