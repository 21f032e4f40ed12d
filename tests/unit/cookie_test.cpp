// Macs and cookies: who knows the responder's key, who receives at its address, and for how long that counts.
#include "net/guard/cookie.hpp"

#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>
#include <string>

#include "node/core/base/rng.hpp"

namespace chord::net {
namespace {

using std::chrono::seconds;
using Raw = std::vector<std::uint8_t>;

constexpr Time kStart{};  // node time begins at zero: a cookie must not seem to be there then
constexpr Duration kTick{1};

ResponderKey key(std::uint8_t byte) {
    ResponderKey made;
    made.fill(byte);
    return made;
}

Endpoint endpoint(std::uint16_t port, std::uint8_t host = 1) {
    Endpoint made;
    made.ip[15] = host;
    made.port = port;
    return made;
}

CookieDice dice(std::uint64_t seed) {
    Rng rng(seed);
    CookieDice made{};
    for (std::uint8_t& byte : made.nonce) byte = static_cast<std::uint8_t>(rng.next());
    for (std::uint8_t& byte : made.secret) byte = static_cast<std::uint8_t>(rng.next());
    return made;
}

/// A message from a holder, with its macs.
Raw message(CookieHolder& holder, Time now = kStart, Raw body = Raw(96, 0x5a)) {
    holder.append_macs(body, now);
    return body;
}

const Endpoint kFrom = endpoint(1);

/// A holder that has got a cookie.
void give_cookie(CookieIssuer& issuer, CookieHolder& holder, Time now, std::uint64_t seed = 1,
                 const Endpoint& from = kFrom) {
    REQUIRE(holder.take_reply(issuer.reply(message(holder, now), from, now, dice(seed)), now));
}

bool accepted(const CookieIssuer& issuer, CookieHolder& holder, Time now, const Endpoint& from = kFrom) {
    return issuer.mac2_is_right(message(holder, now), from, now);
}

std::array<std::uint8_t, 32> hash_of(const char* label, const ResponderKey& responder) {
    Raw input(label, label + std::string(label).size());
    input.insert(input.end(), responder.begin(), responder.end());
    std::array<std::uint8_t, 32> digest{};
    crypto_generichash(digest.data(), digest.size(), input.data(), input.size(), nullptr, 0);
    return digest;
}

TEST_CASE("cookie: mac1 is BLAKE2b-128 over the message under the hash of the label and the responder's key") {
    CookieHolder holder(key(1));
    const Raw sent = message(holder);
    REQUIRE_EQ(sent.size(), 96 + 32);
    const auto mac_key = hash_of("mac1", key(1));
    Raw expected(16);
    crypto_generichash(expected.data(), 16, sent.data(), 96, mac_key.data(), mac_key.size());
    CHECK(std::equal(expected.begin(), expected.end(), sent.begin() + 96));
    CHECK(std::all_of(sent.end() - 16, sent.end(), [](std::uint8_t byte) { return byte == 0; }));
}

TEST_CASE("cookie: mac2 is BLAKE2b-128 over message and mac1 under the cookie, that BLAKE2b-128 of the source") {
    CookieIssuer issuer(key(1));
    CookieHolder holder(key(1));
    give_cookie(issuer, holder, kStart, 7);
    const Raw sent = message(holder);
    Raw source(kFrom.ip.begin(), kFrom.ip.end());
    source.insert(source.end(), {0, 0, 0, 0, 0, 1});
    Raw cookie(16);
    crypto_generichash(cookie.data(), 16, source.data(), source.size(), dice(7).secret.data(), 32);
    Raw expected(16);
    crypto_generichash(expected.data(), 16, sent.data(), 96 + 16, cookie.data(), cookie.size());
    CHECK(std::equal(expected.begin(), expected.end(), sent.end() - 16));
}

TEST_CASE("cookie: a reply is the nonce and the cookie sealed under the one-time key") {
    CookieIssuer issuer(key(1));
    CookieHolder holder(key(1));
    const Raw sent = message(holder);
    const CookieReply reply = issuer.reply(sent, kFrom, kStart, dice(7));
    CHECK(std::equal(reply.begin(), reply.begin() + 24, dice(7).nonce.begin()));
    Raw input(reply.begin(), reply.begin() + 24);
    input.insert(input.end(), sent.begin() + 96, sent.begin() + 112);
    const auto cookie_key = hash_of("cookie", key(1));
    Raw one_time_key(32);
    crypto_generichash(one_time_key.data(), 32, input.data(), input.size(), cookie_key.data(), cookie_key.size());
    const Raw zero_nonce(12);
    Raw cookie(16);
    CHECK_EQ(crypto_aead_chacha20poly1305_ietf_decrypt(cookie.data(), nullptr, nullptr, reply.data() + 24, 32, nullptr,
                                                       0, zero_nonce.data(), one_time_key.data()),
             0);
    CHECK_LE(reply.size(), 32 + kMacsBytes);  // never longer than the shortest handshake message
}

TEST_CASE("cookie: every flipped bit and every shorter message is refused by mac1") {
    CookieIssuer issuer(key(1));
    CookieHolder holder(key(1));
    const Raw sent = message(holder);
    CHECK(issuer.mac1_is_right(sent));
    for (std::size_t bit = 0; bit < (sent.size() - 16) * 8; ++bit) {
        Raw bad = sent;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        CAPTURE(bit);
        CHECK_FALSE(issuer.mac1_is_right(bad));
    }
    for (std::size_t size = 0; size < sent.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(issuer.mac1_is_right(std::span(sent).first(size)));
        CHECK_FALSE(issuer.mac2_is_right(std::span(sent).first(size), kFrom, kStart));
    }
}

TEST_CASE("cookie: the mac of another responder's key is refused, the one of an empty message is not") {
    CookieIssuer issuer(key(1));
    CookieHolder stranger(key(2));
    CookieHolder holder(key(1));
    CHECK_FALSE(issuer.mac1_is_right(message(stranger)));
    CHECK(issuer.mac1_is_right(message(holder, kStart, {})));
}

TEST_CASE("cookie: no mac2 is right before a cookie was handed out, nor zeros after") {
    CookieIssuer issuer(key(1));
    CookieHolder holder(key(1));
    CookieHolder other(key(1));
    CHECK_FALSE(accepted(issuer, holder, kStart));
    give_cookie(issuer, other, kStart);
    CHECK_FALSE(accepted(issuer, holder, kStart));
    CHECK(accepted(issuer, other, kStart));
}

TEST_CASE("cookie: a secret of zeros is not taken for one") {
    CookieIssuer issuer(key(1));
    CookieIssuer zeros(key(1));
    CookieHolder holder(key(1));
    REQUIRE(holder.take_reply(zeros.reply(message(holder), kFrom, kStart, CookieDice{}), kStart));
    CHECK(accepted(zeros, holder, kStart));
    CHECK_FALSE(accepted(issuer, holder, kStart));
}

TEST_CASE("cookie: it counts from the address and port to which it was sent only") {
    CookieIssuer issuer(key(1));
    CookieHolder holder(key(1));
    give_cookie(issuer, holder, kStart);
    CHECK(accepted(issuer, holder, kStart));
    CHECK_FALSE(accepted(issuer, holder, kStart, endpoint(2)));
    CHECK_FALSE(accepted(issuer, holder, kStart, endpoint(1, 2)));
    Endpoint other_link = kFrom;
    other_link.scope = 1;
    CHECK_FALSE(accepted(issuer, holder, kStart, other_link));
}

TEST_CASE("cookie: every flipped bit of message, mac1 and mac2 is refused by mac2") {
    CookieIssuer issuer(key(1));
    CookieHolder holder(key(1));
    give_cookie(issuer, holder, kStart);
    const Raw sent = message(holder);
    REQUIRE(issuer.mac2_is_right(sent, kFrom, kStart));
    for (std::size_t bit = 0; bit < sent.size() * 8; ++bit) {
        Raw bad = sent;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        CAPTURE(bit);
        CHECK_FALSE(issuer.mac2_is_right(bad, kFrom, kStart));
    }
}

TEST_CASE("cookie: a holder uses a cookie for less than 120 s") {
    CookieIssuer issuer(key(1));
    CookieHolder holder(key(1));
    give_cookie(issuer, holder, kStart);
    const auto has_mac2 = [&](Time now) {
        const Raw sent = message(holder, now);
        return std::any_of(sent.end() - 16, sent.end(), [](std::uint8_t byte) { return byte != 0; });
    };
    CHECK(has_mac2(kStart + seconds(120) - kTick));
    CHECK_FALSE(has_mac2(kStart + seconds(120)));
}

TEST_CASE("cookie: a cookie is accepted for 120 s at least and less than 240 s, whenever it was handed out") {
    for (int issued = 0; issued < 240; issued += 7) {
        CAPTURE(issued);
        CookieIssuer issuer(key(1));
        CookieHolder first(key(1));
        CookieHolder holder(key(1));
        CookieHolder later(key(1));
        give_cookie(issuer, first, kStart, 1);
        const Time at = kStart + seconds(issued);
        give_cookie(issuer, holder, at, 2);
        const Raw sent = message(holder, at);  // repeated by somebody who ignores the holder's 120 s
        for (Duration age = Duration::zero(); age < seconds(120); age += seconds(10)) {
            give_cookie(issuer, later, at + age, static_cast<std::uint64_t>(3 + age.count()));
            REQUIRE(issuer.mac2_is_right(sent, kFrom, at + age));
        }
        CHECK(issuer.mac2_is_right(sent, kFrom, at + seconds(120) - kTick));
        CHECK_FALSE(issuer.mac2_is_right(sent, kFrom, at + seconds(240)));
    }
}

TEST_CASE("cookie: a secret serves for 120 s and is accepted for 240 s, also when nobody asks for a new one") {
    CookieIssuer issuer(key(1));
    CookieHolder holder(key(1));
    CookieHolder same(key(1));
    CookieHolder other(key(1));
    give_cookie(issuer, holder, kStart, 1);
    const Raw sent = message(holder);
    give_cookie(issuer, same, kStart + seconds(120) - kTick, 2);
    CHECK_EQ(message(same, kStart + seconds(120)), sent);  // the same secret, so the same cookie
    CHECK(issuer.mac2_is_right(sent, kFrom, kStart + seconds(240) - kTick));
    CHECK_FALSE(issuer.mac2_is_right(sent, kFrom, kStart + seconds(240)));
    give_cookie(issuer, other, kStart + seconds(120), 3);
    CHECK_NE(message(other, kStart + seconds(120)), sent);
    CHECK(issuer.mac2_is_right(sent, kFrom, kStart + seconds(240) - kTick));
    give_cookie(issuer, other, kStart + seconds(240), 4);
    CHECK_FALSE(issuer.mac2_is_right(sent, kFrom, kStart + seconds(240)));
}

TEST_CASE("cookie: a reply is opened for the last mac1 only, once, and by nobody else") {
    CookieIssuer issuer(key(1));
    CookieHolder holder(key(1));
    CHECK_FALSE(holder.take_reply(CookieReply{}, kStart));  // nothing was sent
    const Raw old = message(holder, kStart, Raw(96, 1));
    const Raw last = message(holder, kStart, Raw(96, 2));
    const CookieReply to_old = issuer.reply(old, kFrom, kStart, dice(1));
    const CookieReply to_last = issuer.reply(last, kFrom, kStart, dice(2));
    CHECK_FALSE(holder.take_reply(to_old, kStart));
    CookieIssuer stranger(key(2));
    CHECK_FALSE(holder.take_reply(stranger.reply(last, kFrom, kStart, dice(3)), kStart));
    CHECK_FALSE(accepted(issuer, holder, kStart));
    const Raw again = message(holder, kStart, Raw(96, 2));
    CHECK_EQ(again, last);
    CHECK(holder.take_reply(to_last, kStart));
    CHECK_FALSE(holder.take_reply(to_last, kStart + seconds(119)));  // a recording does not make it fresh
    CHECK(accepted(issuer, holder, kStart));
    CHECK_FALSE(accepted(issuer, holder, kStart + seconds(120)));
}

TEST_CASE("cookie: every flipped bit and every other length of a reply is refused and does not end the waiting") {
    CookieIssuer issuer(key(1));
    CookieHolder holder(key(1));
    const CookieReply reply = issuer.reply(message(holder), kFrom, kStart, dice(1));
    for (std::size_t bit = 0; bit < reply.size() * 8; ++bit) {
        CookieReply bad = reply;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        CAPTURE(bit);
        const Status taken = holder.take_reply(bad, kStart);
        REQUIRE_FALSE(taken);
        CHECK(taken.error() == Error::bad_message);
    }
    for (std::size_t size = 0; size < reply.size(); ++size) {
        CHECK_FALSE(holder.take_reply(std::span(reply).first(size), kStart));
    }
    Raw longer(reply.begin(), reply.end());
    longer.push_back(0);
    CHECK_FALSE(holder.take_reply(longer, kStart));
    CHECK(holder.take_reply(reply, kStart));
}

}  // namespace
}  // namespace chord::net
