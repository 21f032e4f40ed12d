// HandshakeGate: strangers get nothing, a flood costs the honest one round trip and no memory, a loud source is held
// down.
#include "net/guard/handshake_gate.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "net/guard/cookie.hpp"

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Raw = std::vector<std::uint8_t>;
using Verdict = HandshakeGate::Verdict;

constexpr TableSecret kSecret{1, 2, 3};
constexpr Time kStart{std::chrono::hours(1)};
const ResponderKey kKey{7};

Endpoint ipv4(std::uint32_t number, std::uint16_t port = 7400) {
    Endpoint made;
    made.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    for (std::size_t i = 0; i < 4; ++i) made.ip[12 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    made.port = port;
    return made;
}

TEST_CASE("load_meter: under load for 1 s after the bound was passed, and as long as it goes on being passed") {
    LoadMeter meter({milliseconds(50), 20}, seconds(1));
    const auto add = [&meter](int count, Time now) {
        for (int i = 0; i < count; ++i) meter.add(now);
    };
    CHECK_FALSE(meter.under_load(Time{}));
    add(20, kStart);
    CHECK_FALSE(meter.under_load(kStart));
    add(1, kStart);
    CHECK(meter.under_load(kStart));
    CHECK(meter.under_load(kStart + seconds(1) - Duration(1)));
    CHECK_FALSE(meter.under_load(kStart + seconds(1)));
    for (int ms = 1000; ms < 9000; ms += 10) add(1, kStart + milliseconds(ms));  // 100 a second
    CHECK(meter.under_load(kStart + milliseconds(9980)));
    CHECK_FALSE(meter.under_load(kStart + milliseconds(9990)));
}

TEST_CASE("load_meter: the bound itself is no load, for however long") {
    LoadMeter meter({milliseconds(50), 20}, seconds(1));
    for (int i = 0; i < 10'000; ++i) {
        meter.add(kStart + milliseconds(50 * i));
        REQUIRE_FALSE(meter.under_load(kStart + milliseconds(50 * i)));
    }
}

TEST_CASE("source_limiter: each source has its own 20 a second, whatever its port") {
    SourceLimiter limiter({milliseconds(50), 5}, 64, kSecret);
    for (std::uint16_t i = 0; i < 5; ++i) CHECK(limiter.take(ipv4(1, i), kStart));
    CHECK_FALSE(limiter.take(ipv4(1, 9), kStart));
    CHECK(limiter.take(ipv4(2), kStart));
    CHECK(limiter.take(ipv4(1), kStart + milliseconds(50)));
    CHECK_FALSE(limiter.take(ipv4(1), kStart + milliseconds(50)));
}

TEST_CASE("source_limiter: a million sources leave memory as it was, lock nobody out, and free no loud one") {
    SourceLimiter limiter({milliseconds(50), 5}, 256, kSecret);
    const std::size_t bytes = limiter.bytes();
    CHECK_EQ(bytes, 256 * 16);
    const Endpoint honest = ipv4(0xc0000201);
    const Endpoint loud = ipv4(0xc0000202);
    int loud_taken = 0;
    std::uint32_t next = 0;
    for (int ms = 0; ms < 10'000; ms += 10) {
        const Time now = kStart + milliseconds(ms);
        for (int i = 0; i < 100; ++i) CHECK(limiter.take(ipv4(++next), now));  // each is new, so within its rate
        if (ms % 50 == 0) REQUIRE(limiter.take(honest, now));
        for (int i = 0; i < 10; ++i) loud_taken += limiter.take(loud, now) ? 1 : 0;
    }
    CHECK_EQ(limiter.bytes(), bytes);
    CHECK_LE(loud_taken, 5 + 200);
}

/// A node and an honest initiator.
struct Fixture {
    Verdict arrive(const Raw& message, const Endpoint& from, Time now) {
        return gate.judge(issuer, message, from, now);
    }

    Raw honest_message(Time now) {
        Raw message(96, 1);
        initiator.append_macs(message, now);
        return message;
    }
    /// As from anybody who knows the responder's key and sends under a false address.
    Raw spoofed_message(std::uint32_t number) {
        Raw message(96);
        for (std::size_t i = 0; i < 4; ++i) message[i] = static_cast<std::uint8_t>(number >> (8 * i));
        attacker.append_macs(message, kStart);
        return message;
    }
    void flood(std::uint32_t count, Time now) {
        for (std::uint32_t i = 0; i < count; ++i) {
            ++flooded;
            const Verdict verdict = arrive(spoofed_message(flooded), ipv4(flooded), now);
            if (verdict == Verdict::work) ++flood_work;
        }
    }

    HandshakeGate gate{HandshakeGateOptions{}, kSecret};
    CookieIssuer issuer{kKey};
    CookieHolder initiator{kKey};
    CookieHolder attacker{kKey};
    std::uint32_t flooded = 0;
    int flood_work = 0;
};

TEST_CASE("handshake_gate: what does not know the key is dropped, and is no load") {
    Fixture f;
    CookieHolder stranger(ResponderKey{8});
    for (int i = 0; i < 10'000; ++i) {
        Raw message(static_cast<std::size_t>(i % 200), 3);
        if (i % 2 == 0) stranger.append_macs(message, kStart);
        REQUIRE(f.arrive(message, ipv4(9), kStart) == Verdict::drop);
    }
    CHECK_FALSE(f.gate.under_load(kStart));
    CHECK(f.arrive(f.honest_message(kStart), ipv4(9), kStart) == Verdict::work);
}

TEST_CASE("handshake_gate: calm, everybody who knows the key is served without a cookie") {
    Fixture f;
    for (int i = 0; i < 1000; ++i) {
        const Time now = kStart + milliseconds(50 * i);
        REQUIRE(f.arrive(f.honest_message(now), ipv4(9), now) == Verdict::work);
    }
}

TEST_CASE("handshake_gate: under a spoofed flood the honest one needs one round trip, and the work stays bounded") {
    Fixture f;
    const Endpoint honest = ipv4(0xc0000201);
    const std::size_t bytes = f.gate.bytes();
    CHECK_EQ(bytes, 16 * 1024);
    for (int tenth = 0; tenth < 100; ++tenth) f.flood(1000, kStart + milliseconds(100 * tenth));
    CHECK_EQ(f.flood_work, 20);  // of 100,000
    const Time now = kStart + milliseconds(9900);
    const Raw first = f.honest_message(now);
    CHECK(f.arrive(first, honest, now) == Verdict::send_cookie);
    REQUIRE(f.initiator.take_reply(f.issuer.reply(first, honest, now, CookieDice{}), now));
    f.flood(1000, now);
    CHECK(f.arrive(f.honest_message(now), honest, now) == Verdict::work);
    CHECK(f.arrive(f.honest_message(now), ipv4(0xc0000202), now) == Verdict::send_cookie);  // not its address
    CHECK_EQ(f.gate.bytes(), bytes);
}

TEST_CASE("handshake_gate: a flood under the honest one's own address does not use up its rate") {
    Fixture f;
    const Endpoint honest = ipv4(0xc0000201);
    f.flood(100, kStart);
    const Raw first = f.honest_message(kStart);
    REQUIRE(f.arrive(first, honest, kStart) == Verdict::send_cookie);
    REQUIRE(f.initiator.take_reply(f.issuer.reply(first, honest, kStart, CookieDice{}), kStart));
    for (std::uint32_t i = 0; i < 1000; ++i) {
        REQUIRE(f.arrive(f.spoofed_message(i), honest, kStart) == Verdict::send_cookie);
    }
    CHECK(f.arrive(f.honest_message(kStart), honest, kStart) == Verdict::work);
}

TEST_CASE("handshake_gate: under load a source with a cookie gets its burst and then its rate") {
    Fixture f;
    const Endpoint loud = ipv4(5);
    f.flood(100, kStart);
    const Raw first = f.honest_message(kStart);
    REQUIRE(f.arrive(first, loud, kStart) == Verdict::send_cookie);
    REQUIRE(f.initiator.take_reply(f.issuer.reply(first, loud, kStart, CookieDice{}), kStart));
    int work = 0;
    for (int ms = 0; ms < 10'000; ms += 5) {  // 200 a second: load enough by itself
        work += f.arrive(f.honest_message(kStart), loud, kStart + milliseconds(ms)) == Verdict::work ? 1 : 0;
    }
    CHECK_EQ(work, 5 + 199);
}

}  // namespace
}  // namespace chord::net
