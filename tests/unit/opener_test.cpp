// Opener: who may read it, what it is bound to, and where it may have arrived.
#include "net/channel/opener.hpp"

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

PeerKey key_of(std::uint8_t byte) {
    PeerKey key;
    key.fill(byte);
    return key;
}

const noise::SecretKey kNetwork = secret_of(0x5a);
constexpr FrameHead kHead{FrameKind::xx_open, {}, 0x01020304};

Opener sample() {
    return {key_of(0xaa), 0x1122334455667788, at("[fe80::1%3]:7400")};
}

Error error_of(const std::array<std::uint8_t, kOpenerBytes>& sealed, const noise::SecretKey& network,
               std::uint8_t ephemeral, const FrameHead& head) {
    const auto opened = open_opener(sealed, network, key_of(ephemeral), head);
    REQUIRE_FALSE(opened);
    return opened.error();
}

TEST_CASE("opener: comes back equal, with the scope of the destination") {
    for (const Opener& sent : {sample(), Opener{}, Opener{key_of(0xff), ~std::uint64_t{0}, at("192.0.2.7:65535")}}) {
        const auto opened = open_opener(seal(sent, kNetwork, key_of(7), kHead), kNetwork, key_of(7), kHead);
        REQUIRE(opened);
        CHECK_EQ(opened->static_key, sent.static_key);
        CHECK_EQ(opened->number, sent.number);
        CHECK(opened->destination == sent.destination);
    }
}

TEST_CASE("opener: is what the head of its file says, by libsodium alone") {
    const auto sealed = seal(sample(), kNetwork, key_of(7), kHead);
    constexpr std::string_view kLabel = "chordd opener";
    std::vector<std::uint8_t> named(kLabel.begin(), kLabel.end());
    named.resize(named.size() + 32, 7);
    std::array<std::uint8_t, 32> key{};
    crypto_generichash(key.data(), key.size(), named.data(), named.size(), kNetwork.data(), 32);
    const auto head = encode(kHead);
    const std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES> nonce{};
    std::array<std::uint8_t, 62> plain{};
    REQUIRE_EQ(crypto_aead_chacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, sealed.data(), sealed.size(),
                                                         head.data(), head.size(), nonce.data(), key.data()),
               0);
    CHECK(std::ranges::equal(std::span(plain).first(32), key_of(0xaa)));
    CHECK_EQ(plain[32], 0x11);
    CHECK_EQ(plain[39], 0x88);
    CHECK_EQ(plain[40], 0xfe);
    CHECK_EQ(plain[55], 1);
    CHECK_EQ(plain[59], 3);
    CHECK_EQ(plain[60] << 8 | plain[61], 7400);
}

TEST_CASE("opener: is read with its network key, ephemeral key and head only") {
    const auto sealed = seal(sample(), kNetwork, key_of(7), kHead);
    CHECK_EQ(error_of(sealed, secret_of(0x5b), 7, kHead), Error::bad_message);
    CHECK_EQ(error_of(sealed, kNetwork, 8, kHead), Error::bad_message);
    CHECK_EQ(error_of(sealed, kNetwork, 7, {FrameKind::ik_open, {}, 0x01020304}), Error::bad_message);
    CHECK_EQ(error_of(sealed, kNetwork, 7, {FrameKind::xx_open, SessionIndex{1}, 0x01020304}), Error::bad_message);
    CHECK_EQ(error_of(sealed, kNetwork, 7, {FrameKind::xx_open, {}, 0x01020305}), Error::bad_message);
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto bad = sealed;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        CHECK_EQ(error_of(bad, kNetwork, 7, kHead), Error::bad_message);
    }
}

TEST_CASE("opener: nothing of it can be read, and two have nothing in common") {
    const auto one = seal(sample(), kNetwork, key_of(7), kHead);
    const auto two = seal(sample(), kNetwork, key_of(8), kHead);
    CHECK_FALSE(testing::contains(one, std::vector<std::uint8_t>(4, 0xaa)));
    std::size_t equal = 0;
    for (std::size_t i = 0; i < one.size(); ++i) equal += one[i] == two[i] ? 1U : 0U;
    CHECK_LT(equal, 8);  // by chance: one in 256
}

TEST_CASE("opener: may have arrived where it was sent to, or where one of the two is not known") {
    CHECK(may_arrive_at(at("192.0.2.7:7400"), at("192.0.2.7:7400")));
    CHECK(may_arrive_at(at("[2001:db8::1]:7400"), at("[2001:db8::1]:7400")));
    CHECK(may_arrive_at(at("[fe80::1%3]:7400"), at("[fe80::1%4]:7400")));
    CHECK(may_arrive_at(Endpoint{}, at("192.0.2.7:7400")));
    CHECK(may_arrive_at(at("192.0.2.7:7400"), Endpoint{}));
    CHECK(may_arrive_at(at("192.0.2.7:0"), at("192.0.2.8:7400")));
}

TEST_CASE("opener: has not arrived at another public address or port") {
    CHECK_FALSE(may_arrive_at(at("192.0.2.7:7400"), at("192.0.2.8:7400")));
    CHECK_FALSE(may_arrive_at(at("192.0.2.7:7400"), at("192.0.2.7:7401")));
    CHECK_FALSE(may_arrive_at(at("[2001:db8::1]:7400"), at("[2001:db8::2]:7400")));
    CHECK_FALSE(may_arrive_at(at("[fe80::1%3]:7400"), at("[fe80::2%3]:7400")));
    CHECK_FALSE(may_arrive_at(at("[2001:db8::1]:7400"), at("192.0.2.7:7400")));
    CHECK_FALSE(
        may_arrive_at(at("10.0.0.1:7400"), at("192.0.2.7:7400")));  // a private one sent to, a public one reached
    CHECK_FALSE(may_arrive_at(at("10.0.0.1:7400"), at("10.0.0.1:7401")));
}

TEST_CASE("opener: may have passed a NAT to a private address, but not to another one of the network it was sent to") {
    for (const char* own : {"10.1.2.3:7400", "172.16.0.1:7400", "172.31.255.255:7400", "192.168.1.2:7400",
                            "100.64.0.1:7400", "100.127.255.255:7400"}) {
        CAPTURE(own);
        CHECK(may_arrive_at(at("192.0.2.7:7400"), at(own)));
        CHECK(may_arrive_at(at("[2001:db8::1]:9"), at(own)));
    }
    for (const char* own : {"11.1.2.3:7400", "172.15.0.1:7400", "172.32.0.1:7400", "192.169.1.2:7400",
                            "100.63.0.1:7400", "100.128.0.1:7400", "[fe00::1]:7400", "[fb00::1]:7400"}) {
        CAPTURE(own);
        CHECK_FALSE(may_arrive_at(at("192.0.2.7:7400"), at(own)));
    }
    CHECK(may_arrive_at(at("[2001:db8::1]:7400"), at("[fd00:1:2::1]:7400")));
    CHECK(may_arrive_at(at("[2001:db8::1]:7400"), at("[fc00:1:2::1]:7400")));
    CHECK_FALSE(may_arrive_at(at("10.1.2.3:7400"), at("10.1.9.9:7400")));
    CHECK(may_arrive_at(at("10.2.2.3:7400"), at("10.1.9.9:7400")));
    CHECK_FALSE(may_arrive_at(at("[fd00:1:2:3::1]:7400"), at("[fd00:1:2:4::1]:7400")));
    CHECK(may_arrive_at(at("[fd00:1:3:3::1]:7400"), at("[fd00:1:2:3::1]:7400")));
}

}  // namespace
}  // namespace chord::net
