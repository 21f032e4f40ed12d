// Initiator: when it opens and with what, which answers it takes, and its bounds. The other side is a Responder.
#include "net/channel/initiator.hpp"

#include <algorithm>
#include <set>

#include "net/channel/opener.hpp"
#include "tests/support/handshake_side.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HandshakeSide;
using testing::kind_of;
using testing::node_id;
using testing::with_flipped_bit;
using testing::with_right_macs;
using Raw = std::vector<std::uint8_t>;

constexpr Time kStart = Time(seconds(1000));
constexpr Duration kTick{1};

Endpoint endpoint(std::uint16_t port) {
    Endpoint made;
    made.ip = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    made.port = port;
    return made;
}

struct Sides {
    HandshakeSide a{endpoint(1), test_identity(node_id(1), 3)};
    HandshakeSide z{endpoint(2), test_identity(node_id(2))};
};

Opener opener_in(const Raw& frame, const HandshakeSide& reader) {
    const auto head = parse_frame_head(frame);
    REQUIRE(head);
    noise::PublicKey ephemeral{};
    std::copy_n(frame.begin() + kFrameHeadBytes + kOpenerBytes, ephemeral.size(), ephemeral.begin());
    const auto opener = open_opener(std::span(frame).subspan(kFrameHeadBytes).first<kOpenerBytes>(),
                                    reader.identity.network_key, ephemeral, *head);
    REQUIRE(opener);
    return *opener;
}

TEST_CASE("initiator: opens by XXpsk3 where nobody is known, and says who, to whom, and with which number") {
    Sides sides;
    const Raw first = sides.a.open(sides.z, false, kStart);
    CHECK((kind_of(first) == FrameKind::xx_open));
    CHECK_EQ(first.size(), 16 + 78 + 48 + 32);
    const Opener opener = opener_in(first, sides.z);
    CHECK_EQ(opener.static_key, sides.a.key());
    CHECK(opener.destination == endpoint(2));
    CHECK_EQ(opener.number, std::uint64_t{3} << 32);
}

TEST_CASE("initiator: no two openings have a number, an index or an ephemeral key in common, whatever the address") {
    Sides sides;
    std::set<std::uint64_t> indices;
    std::set<Raw> ephemerals;
    std::uint64_t number = std::uint64_t{3} << 32;
    for (std::uint16_t i = 0; i < 40; ++i) {
        const Time now = kStart + i * seconds(10);
        const auto frame = sides.a.initiator.open(endpoint(i % 3 + 5), std::nullopt, now);
        REQUIRE(frame);
        indices.insert(parse_frame_head(*frame)->number);
        const auto ephemeral = frame->begin() + kFrameHeadBytes + kOpenerBytes;
        ephemerals.insert(Raw(ephemeral, ephemeral + 32));
        CHECK_EQ(opener_in(*frame, sides.z).number, number++);
    }
    CHECK_EQ(indices.size(), 40);
    CHECK_EQ(ephemerals.size(), 40);
    CHECK_FALSE(indices.contains(0));
}

TEST_CASE("initiator: who is known is sought by IKpsk2 first and by XXpsk3 every other time") {
    Sides sides;
    Time now = kStart;
    for (int i = 0; i < 6; ++i, now += seconds(4)) {
        const Raw frame = sides.a.open(sides.z, true, now);
        CHECK((kind_of(frame) == (i % 2 == 0 ? FrameKind::ik_open : FrameKind::xx_open)));
        if (i == 0) CHECK_EQ(frame.size(), 16 + 96 + 8 + 32 + 32);
    }
}

TEST_CASE("initiator: the pause between two openings grows from 100 ms twofold to 3 s, for each address by itself") {
    Sides sides;
    Time now = kStart;
    sides.a.open(sides.z, true, now);
    for (const int pause : {100, 200, 400, 800, 1600, 3000, 3000, 3000, 3000, 3000, 3000, 3000}) {
        CAPTURE(pause);
        CHECK_FALSE(sides.a.initiator.open(sides.z.address, sides.z.key(), now));
        CHECK_FALSE(sides.a.initiator.open(sides.z.address, sides.z.key(), now + milliseconds(pause) - kTick));
        now += milliseconds(pause);
        CHECK(sides.a.initiator.open(sides.z.address, sides.z.key(), now));
    }
    CHECK(sides.a.initiator.open(endpoint(3), std::nullopt, now));
}

TEST_CASE("initiator: an approach is forgotten 90 s after its last opening, and begins anew") {
    Sides sides;
    Time now = kStart;
    for (int i = 0; i < 5; ++i, now += seconds(4)) sides.a.open(sides.z, true, now);
    now += Initiator::kForgottenAfter - seconds(4);
    const Raw first = sides.a.open(sides.z, true, now);
    CHECK((kind_of(first) == FrameKind::ik_open));  // the sixth would be an xx_open
    CHECK(sides.a.initiator.open(sides.z.address, sides.z.key(), now + Initiator::kPauseMin));
    CHECK_EQ(sides.a.initiator.approaches(), 1);
}

TEST_CASE("initiator: an answer by either pattern ends the approach and makes a session, with whom and how fast") {
    for (const bool by_key : {false, true}) {
        CAPTURE(by_key);
        Sides sides;
        auto responded = sides.z.respond(sides.a.open(sides.z, by_key, kStart), sides.a.address, kStart);
        REQUIRE_FALSE(responded.answer.empty());
        auto answered = sides.a.take_answer(responded.answer, kStart + milliseconds(30));
        REQUIRE(answered);
        CHECK(answered->to == sides.z.address);
        CHECK((answered->rtt == milliseconds(30)));
        CHECK_EQ(answered->established.key, sides.z.key());
        CHECK((answered->established.role == Role::initiator));
        CHECK((answered->established.session.peer() == node_id(2)));
        CHECK_EQ(sides.a.initiator.approaches(), 0);
        CHECK_EQ(answered->finish.empty(), by_key);
        if (!by_key) {
            CHECK_EQ(answered->finish.size(), 16 + 64 + 32 + 32);
            responded = sides.z.respond(answered->finish, sides.a.address, kStart);
        }
        REQUIRE(responded.established);
        CHECK(testing::are_one(answered->established.session, responded.established->session));
        // The peer's frames name the session by the index that the opening bore.
        Raw frame(kDataOverheadBytes);
        responded.established->session.seal(frame);
        CHECK((parse_frame_head(frame)->receiver == answered->established.index));
    }
}

TEST_CASE("initiator: an answer counts once, and the approach begins anew after it") {
    Sides sides;
    const Raw answer = sides.z.respond(sides.a.open(sides.z, true, kStart), sides.a.address, kStart).answer;
    CHECK(sides.a.take_answer(answer, kStart));
    CHECK_EQ(sides.a.take_answer(answer, kStart).error(), Error::bad_message);
    CHECK((kind_of(sides.a.open(sides.z, true, kStart)) == FrameKind::ik_open));  // without a pause
}

TEST_CASE("initiator: of the openings to one address the last two may be answered") {
    std::vector<bool> taken;
    for (std::size_t answered = 0; answered < 4; ++answered) {
        Sides sides;
        Time now = kStart;
        Raw answer;
        for (std::size_t i = 0; i < 4; ++i, now += seconds(4)) {
            const Raw opening = sides.a.open(sides.z, true, now);
            if (i == answered) answer = sides.z.respond(opening, sides.a.address, now).answer;
        }
        REQUIRE_FALSE(answer.empty());
        const auto result = sides.a.take_answer(answer, now);
        taken.push_back(result.has_value());
        if (result) CHECK((result->rtt == (4 - static_cast<int>(answered)) * seconds(4)));
    }
    CHECK_EQ(taken, std::vector<bool>{false, false, true, true});
}

TEST_CASE("initiator: one changed bit, and an answer is refused; then the right one is taken") {
    for (const bool by_key : {false, true}) {
        CAPTURE(by_key);
        Sides sides;
        const Raw good = sides.z.respond(sides.a.open(sides.z, by_key, kStart), sides.a.address, kStart).answer;
        const std::size_t macs_at = good.size() - kMacsBytes;  // which the caller looks at
        for (std::size_t bit = 8 * kFrameHeadBytes; bit < 8 * macs_at; ++bit) {
            REQUIRE_EQ(sides.a.take_answer(with_flipped_bit(good, bit), kStart).error(), Error::bad_message);
        }
        for (std::size_t bit = 32; bit < 64; ++bit) {  // whom it is for
            REQUIRE_FALSE(sides.a.take_answer(with_flipped_bit(good, bit), kStart));
        }
        for (std::size_t size = kFrameHeadBytes; size < good.size(); ++size) {
            REQUIRE_FALSE(sides.a.take_answer(Raw(good.begin(), good.begin() + static_cast<long>(size)), kStart));
        }
        Raw other_kind = good;
        other_kind[1] = static_cast<std::uint8_t>(by_key ? FrameKind::xx_answer : FrameKind::ik_answer);
        CHECK_FALSE(sides.a.take_answer(other_kind, kStart));
        CHECK_EQ(sides.a.initiator.approaches(), 1);
        CHECK(sides.a.take_answer(good, kStart));
    }
}

TEST_CASE("initiator: by IKpsk2 nobody but the one who is sought can answer; by XXpsk3 whoever is there") {
    Sides sides;
    HandshakeSide other(sides.z.address, test_identity(node_id(3)));
    CHECK(other.respond(sides.a.open(sides.z, true, kStart), sides.a.address, kStart).answer.empty());
    const Time later = kStart + seconds(1);
    const Raw answer = other.respond(sides.a.open(sides.z, true, later), sides.a.address, later).answer;
    const auto answered = sides.a.take_answer(answer, later);
    REQUIRE(answered);
    CHECK_EQ(answered->established.key, other.key());
    CHECK((answered->established.session.peer() == node_id(3)));
}

TEST_CASE("initiator: a peer whose credentials are not accepted gets no session") {
    struct Nobody final : Credentials {
        std::span<const std::uint8_t> own() const override { return bytes; }
        Result<Id> judge(std::span<const std::uint8_t>, const noise::PublicKey&) override { return Error::wrong_peer; }
        std::array<std::uint8_t, Id::kBytes> bytes{};
    };
    for (const bool by_key : {false, true}) {
        Sides sides;
        sides.a.identity.credentials = std::make_shared<Nobody>();
        const Raw answer = sides.z.respond(sides.a.open(sides.z, by_key, kStart), sides.a.address, kStart).answer;
        REQUIRE_FALSE(answer.empty());
        CHECK_EQ(sides.a.take_answer(answer, kStart).error(), Error::wrong_peer);
        CHECK_FALSE(sides.a.take_answer(answer, kStart));
        CHECK_EQ(sides.a.initiator.approaches(), 1);
    }
}

TEST_CASE("initiator: more than kApproachesMax addresses, and the one tried longest ago is forgotten") {
    Sides sides;
    HandshakeSide y(endpoint(3), test_identity(node_id(3)));
    const Raw to_z = sides.a.open(sides.z, false, kStart);
    const Raw to_y = sides.a.open(y, false, kStart + kTick);
    const Time now = kStart + seconds(1);
    for (std::uint16_t i = 0; i < Initiator::kApproachesMax - 2; ++i) {
        CHECK(sides.a.initiator.open(endpoint(static_cast<std::uint16_t>(100 + i)), std::nullopt, now));
    }
    CHECK_EQ(sides.a.initiator.approaches(), Initiator::kApproachesMax);
    CHECK(sides.a.initiator.open(endpoint(99), std::nullopt, now));
    CHECK_EQ(sides.a.initiator.approaches(), Initiator::kApproachesMax);
    CHECK_FALSE(sides.a.take_answer(sides.z.respond(to_z, sides.a.address, now).answer, now));
    CHECK(sides.a.take_answer(y.respond(to_y, sides.a.address, now).answer, now));
}

/// Lets `z` be under load: it answers with cookies from now on, for a second.
void put_under_load(HandshakeSide& z, Time now) {
    for (std::uint64_t i = 0; i < 21; ++i) {
        HandshakeSide other(endpoint(static_cast<std::uint16_t>(1000 + i)), test_identity(node_id(1000 + i)));
        z.respond(other.open(z, false, now), other.address, now);
    }
}

TEST_CASE("initiator: a cookie leads to one more opening at once, of the same kind, which is worth work") {
    for (const bool by_key : {false, true}) {
        CAPTURE(by_key);
        Sides sides;
        put_under_load(sides.z, kStart);
        const Raw opening = sides.a.open(sides.z, by_key, kStart);
        const auto cookie = sides.z.respond(opening, sides.a.address, kStart);
        REQUIRE(cookie.is_cookie);
        CHECK_EQ(cookie.answer.size(), 72);
        const auto again = sides.a.take_cookie(cookie.answer, kStart + kTick);
        REQUIRE(again);
        CHECK(again->to == sides.z.address);
        CHECK((kind_of(again->frame) == kind_of(opening)));
        CHECK_NE(again->frame, opening);
        const auto responded = sides.z.respond(again->frame, sides.a.address, kStart + kTick);
        CHECK_FALSE(responded.is_cookie);
        REQUIRE(sides.a.take_answer(responded.answer, kStart + kTick));
    }
}

TEST_CASE("initiator: a cookie shortens one pause, and opens with the message that it answers only") {
    Sides sides;
    put_under_load(sides.z, kStart);
    const Raw first = sides.a.open(sides.z, true, kStart);
    const Raw cookie = sides.z.respond(first, sides.a.address, kStart).answer;
    for (std::size_t bit = 8 * kFrameHeadBytes; bit < 8 * cookie.size(); ++bit) {
        CHECK_FALSE(sides.a.take_cookie(with_flipped_bit(cookie, bit), kStart));
    }
    const auto again = sides.a.take_cookie(cookie, kStart);
    REQUIRE(again);
    CHECK_FALSE(sides.a.take_cookie(cookie, kStart));  // it answers the first message
    // A second one that answers the second message gives its cookie, but no third message before the pause is over.
    CookieIssuer issuer(mac_key_of(sides.z.identity.network_key));
    Raw second =
        begin_frame(FrameHead{FrameKind::cookie,
                              SessionIndex{static_cast<std::uint32_t>(parse_frame_head(again->frame)->number)}, 0},
                    issuer.reply(again->frame, sides.a.address, kStart, CookieDice{}));
    CHECK_FALSE(sides.a.take_cookie(second, kStart));
    CHECK_FALSE(sides.a.initiator.open(sides.z.address, sides.z.key(), kStart + Initiator::kPauseMin - kTick));
    const Raw third = sides.a.open(sides.z, true, kStart + Initiator::kPauseMin);
    CHECK((kind_of(third) == FrameKind::xx_open));
    CHECK(issuer.mac2_is_right(third, sides.a.address, kStart + Initiator::kPauseMin));
}

TEST_CASE("initiator: a cookie for an earlier message of two does nothing") {
    Sides sides;
    put_under_load(sides.z, kStart);
    const Raw first = sides.a.open(sides.z, true, kStart);
    const Raw cookie = sides.z.respond(first, sides.a.address, kStart).answer;
    sides.a.open(sides.z, true, kStart + milliseconds(100));
    CHECK_FALSE(sides.a.take_cookie(cookie, kStart + milliseconds(100)));
}

}  // namespace
}  // namespace chord::net
