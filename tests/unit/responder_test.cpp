// Responder: whom it answers, what it drops and why, and its bounds. The other side is an Initiator.
#include "net/channel/responder.hpp"

#include <algorithm>
#include <memory>

#include "net/channel/opener.hpp"
#include "net/writer.hpp"
#include "tests/support/handshake_side.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HandshakeSide;
using testing::node_id;
using testing::with_flipped_bit;
using testing::with_right_macs;
using Drop = Responder::Drop;
using Raw = std::vector<std::uint8_t>;

constexpr Time kStart = Time(seconds(1000));
constexpr Duration kTick{1};
constexpr Duration kCalm = milliseconds(50);  // one handshake in this time is no load

Endpoint endpoint(std::uint16_t port, std::uint8_t host = 1) {
    Endpoint made;
    made.ip = {0x20, 1, 0xd, 0xb8, 0, 0, 0, host, 0, 0, 0, 0, 0, 0, 0, 1};
    made.port = port;
    return made;
}

const Endpoint kElsewhere = endpoint(66, 66);

struct Sides {
    HandshakeSide a{endpoint(1, 1), test_identity(node_id(1), 3)};
    HandshakeSide z{endpoint(2, 2), test_identity(node_id(2))};

    Responder::Outcome to_z(const Raw& frame, Time now) { return z.respond(frame, a.address, now); }

    /// The third message of a handshake that stands at this.
    Raw third(Time now) {
        const auto answered = a.take_answer(to_z(a.open(z, false, now), now).answer, now);
        REQUIRE(answered);
        return answered->finish;
    }
};

bool is_nothing(const Responder::Outcome& outcome, Drop drop) {
    return outcome.drop == drop && outcome.answer.empty() && !outcome.established && !outcome.is_cookie;
}

TEST_CASE("responder: XXpsk3 makes a confirmed session with who proved to be there") {
    Sides sides;
    const auto second = sides.to_z(sides.a.open(sides.z, false, kStart), kStart);
    CHECK((second.drop == Drop::none));
    CHECK_FALSE(second.established);
    CHECK_EQ(second.answer.size(), 16 + 96 + 32 + 32);
    auto answered = sides.a.take_answer(second.answer, kStart);
    REQUIRE(answered);
    auto third = sides.to_z(answered->finish, kStart);
    CHECK((third.drop == Drop::none));
    CHECK(third.answer.empty());
    CHECK(third.confirmed);
    REQUIRE(third.established);
    CHECK_EQ(third.established->key, sides.a.key());
    CHECK((third.established->role == Role::responder));
    CHECK((third.established->session.peer() == node_id(1)));
    CHECK(testing::are_one(answered->established.session, third.established->session));
}

TEST_CASE("responder: IKpsk2 makes a session that its first data frame will confirm") {
    Sides sides;
    auto second = sides.to_z(sides.a.open(sides.z, true, kStart), kStart);
    CHECK((second.drop == Drop::none));
    CHECK_FALSE(second.confirmed);
    CHECK_EQ(second.answer.size(), 16 + 48 + 32 + 32);
    REQUIRE(second.established);
    CHECK_EQ(second.established->key, sides.a.key());
    CHECK((second.established->session.peer() == node_id(1)));
    auto answered = sides.a.take_answer(second.answer, kStart);
    REQUIRE(answered);
    CHECK(testing::are_one(answered->established.session, second.established->session));
}

TEST_CASE("responder: one changed bit, or a cut, and nobody is there; then the right message is taken") {
    for (const FrameKind kind : {FrameKind::xx_open, FrameKind::ik_open, FrameKind::xx_finish}) {
        CAPTURE(static_cast<int>(kind));
        Sides sides;
        const Raw good = kind == FrameKind::xx_finish ? sides.third(kStart)
                                                      : sides.a.open(sides.z, kind == FrameKind::ik_open, kStart);
        const std::size_t mac2_at = good.size() - kMacBytes;  // which is looked at under load only
        for (std::size_t bit = 16; bit < 8 * mac2_at; ++bit) {
            const Raw bad = with_flipped_bit(good, bit);
            if (!parse_frame_head(bad)) continue;
            REQUIRE(is_nothing(sides.to_z(bad, kStart), Drop::stranger));
        }
        for (std::size_t size = kFrameHeadBytes; size < good.size(); ++size) {
            const Raw cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
            REQUIRE(is_nothing(sides.to_z(cut, kStart), Drop::stranger));
        }
        const auto outcome = sides.to_z(good, kStart);
        CHECK((outcome.drop == Drop::none));
        CHECK((!outcome.answer.empty() || outcome.established));
    }
}

TEST_CASE("responder: an insider's changed message is answered by nothing, and does no harm to the right one") {
    // But for the first message of XXpsk3 behind its opener: an insider can use up the number (opener.hpp).
    struct Range {
        FrameKind kind;
        std::size_t first;
        std::size_t last;
    };
    for (const Range& range : {Range{FrameKind::xx_open, kFrameHeadBytes, kFrameHeadBytes + kOpenerBytes + 32},
                               Range{FrameKind::ik_open, kFrameHeadBytes, 16 + 96 + 8 + 32},
                               Range{FrameKind::xx_finish, kFrameHeadBytes, 16 + 64 + 32}}) {
        CAPTURE(static_cast<int>(range.kind));
        Sides sides;
        Time now = kStart;
        const Raw good = range.kind == FrameKind::xx_finish
                             ? sides.third(now)
                             : sides.a.open(sides.z, range.kind == FrameKind::ik_open, now);
        for (std::size_t bit = 8 * range.first; bit < 8 * range.last; bit += 3) {
            const Raw bad = with_right_macs(with_flipped_bit(good, bit), sides.z.identity.network_key, now);
            if (range.kind != FrameKind::xx_finish) now += kCalm;
            REQUIRE(is_nothing(sides.to_z(bad, now), Drop::malformed));
        }
        const auto outcome = sides.to_z(good, now);
        CHECK((outcome.drop == Drop::none));
        CHECK((!outcome.answer.empty() || outcome.established));
    }
}

TEST_CASE("responder: an insider's frames that are too short for what they claim to be are malformed") {
    Sides sides;
    Time now = kStart;
    for (const FrameKind kind : {FrameKind::xx_open, FrameKind::ik_open}) {
        for (std::size_t size = 0; size < 160; size += 7) {
            Raw frame = begin_frame(FrameHead{kind, {}, 1}, Raw(size, 1));
            frame.resize(frame.size() + kMacsBytes);
            now += kCalm;
            CHECK(is_nothing(sides.to_z(with_right_macs(frame, sides.z.identity.network_key, now), now),
                             Drop::malformed));
        }
    }
}

TEST_CASE("responder: to another network nobody is here") {
    HandshakeSide a(endpoint(1), test_identity(node_id(1), 1, 0x77));
    HandshakeSide z(endpoint(2), test_identity(node_id(2)));
    for (const bool by_key : {false, true}) {
        CHECK(is_nothing(z.respond(a.open(z, by_key, kStart + (by_key ? seconds(10) : seconds(0))), a.address, kStart),
                         Drop::stranger));
    }
}

TEST_CASE("responder: none of what was recorded is answered a second time, from wherever it comes") {
    Sides sides;
    const Raw xx = sides.a.open(sides.z, false, kStart);
    const auto second = sides.to_z(xx, kStart);
    const Raw third = sides.a.take_answer(second.answer, kStart)->finish;
    CHECK(sides.to_z(third, kStart).established);
    const Raw ik = sides.a.open(sides.z, true, kStart);
    CHECK(sides.to_z(ik, kStart).established);
    Time now = kStart;
    for (const Endpoint& from : {sides.a.address, kElsewhere}) {
        for (const Duration wait : {Duration(kCalm), Duration(seconds(10)), Duration(std::chrono::hours(100))}) {
            for (const Raw& recorded : {xx, ik, third}) {
                now += wait;
                CHECK(is_nothing(sides.z.respond(recorded, from, now), Drop::replayed));
            }
        }
    }
}

/// The opening is answered, and the handshake finished: only then does its number count.
void complete(HandshakeSide& from, HandshakeSide& z, const Raw& opening, Time now) {
    const auto answered = z.respond(opening, from.address, now);
    REQUIRE_FALSE(answered.answer.empty());
    const auto taken = from.take_answer(answered.answer, now);
    REQUIRE(taken);
    if (!taken->finish.empty()) CHECK(z.respond(taken->finish, from.address, now).established);
}

TEST_CASE("responder: who only claims to be another one uses up none of its numbers") {
    Sides sides;
    LocalIdentity thief = test_identity(node_id(3));
    const noise::PublicKey ephemeral{9, 9, 9};
    const FrameHead head{FrameKind::xx_open, {}, 7};
    const Opener claim{sides.a.key(), ~std::uint64_t{0}, {}};
    Raw frame = begin_frame(head, seal(claim, thief.network_key, ephemeral, head));
    frame.insert(frame.end(), ephemeral.begin(), ephemeral.end());
    frame.resize(frame.size() + noise::kCipherTagBytes);
    CookieHolder(mac_key_of(thief.network_key)).append_macs(frame, kStart);
    sides.z.respond(frame, kElsewhere, kStart);
    complete(sides.a, sides.z, sides.a.open(sides.z, false, kStart + seconds(1)), kStart + seconds(1));
}

TEST_CASE("responder: what comes after a later opening of the same peer is taken for a recording") {
    for (const bool by_key : {false, true}) {
        Sides sides;
        const Raw earlier = sides.a.open(sides.z, by_key, kStart);
        sides.a.open(sides.z, true, kStart + seconds(1));  // the other kind
        const Raw later = sides.a.open(sides.z, by_key, kStart + seconds(2));
        complete(sides.a, sides.z, later, kStart + seconds(2));
        CHECK(is_nothing(sides.to_z(earlier, kStart + seconds(3)), Drop::replayed));
    }
}

TEST_CASE("responder: after a restart an opening passes once more, and no earlier one") {
    for (const bool by_key : {false, true}) {
        Sides sides;
        const Raw earlier = sides.a.open(sides.z, by_key, kStart);
        sides.a.open(sides.z, true, kStart + seconds(1));
        const Raw later = sides.a.open(sides.z, by_key, kStart + seconds(2));
        HandshakeSide again(sides.z.address, test_identity(node_id(2), 2));
        complete(sides.a, again, later, kStart + seconds(2));
        CHECK(is_nothing(again.respond(later, kElsewhere, kStart + seconds(3)), Drop::replayed));
        CHECK(is_nothing(again.respond(earlier, kElsewhere, kStart + seconds(4)), Drop::replayed));
    }
}

TEST_CASE("responder: who restarts is answered, since the numbers of its next life are greater") {
    for (const bool by_key : {false, true}) {
        Sides sides;
        CHECK_FALSE(sides.to_z(sides.a.open(sides.z, by_key, kStart), kStart).answer.empty());
        HandshakeSide again(sides.a.address, test_identity(node_id(1), 4));
        complete(again, sides.z, again.open(sides.z, by_key, kStart), kStart + seconds(1));
        HandshakeSide earlier(sides.a.address, test_identity(node_id(1), 2));
        CHECK(is_nothing(sides.to_z(earlier.open(sides.z, by_key, kStart), kStart + seconds(2)), Drop::replayed));
    }
}

TEST_CASE("responder: a recorded opener is answered by no other member at another address") {
    Sides sides;
    HandshakeSide y(endpoint(3, 3), test_identity(node_id(3)));
    const Raw opening = sides.a.open(sides.z, false, kStart);
    for (const Endpoint& from : {sides.a.address, kElsewhere}) {
        CHECK(is_nothing(y.respond(opening, from, kStart), Drop::replayed));
    }
    // But for the address it would be answered.
    HandshakeSide there(sides.z.address, test_identity(node_id(4)));
    CHECK_FALSE(there.respond(opening, sides.a.address, kStart).answer.empty());
    CHECK_FALSE(sides.to_z(opening, kStart).answer.empty());
}

TEST_CASE("responder: an ik_open is answered by the one that it is for, wherever that is, and by nobody else") {
    Sides sides;
    HandshakeSide y(endpoint(3, 3), test_identity(node_id(3)));
    const Raw opening = sides.a.open(sides.z, true, kStart);
    CHECK(is_nothing(y.respond(opening, sides.a.address, kStart), Drop::malformed));
    HandshakeSide there(sides.z.address, test_identity(node_id(4)));
    CHECK(is_nothing(there.respond(opening, sides.a.address, kStart), Drop::malformed));
    CHECK_FALSE(sides.z.respond(opening, sides.a.address, kStart, endpoint(9, 9)).answer.empty());
}

TEST_CASE("responder: one's own opening that comes back is dropped") {
    Sides sides;
    CHECK(is_nothing(sides.a.respond(sides.a.open(sides.a, false, kStart), kElsewhere, kStart), Drop::own));
    const Raw to_oneself = sides.a.open(sides.a, true, kStart + milliseconds(100));  // not answered: XXpsk3's turn
    CHECK((testing::kind_of(to_oneself) == FrameKind::xx_open));
    HandshakeSide fresh(endpoint(1, 1), test_identity(node_id(1)));
    CHECK(is_nothing(fresh.respond(fresh.open(fresh, true, kStart), kElsewhere, kStart), Drop::own));
}

TEST_CASE("responder: a peer that shows what is not accepted gets no session, and by IKpsk2 no answer") {
    for (const bool by_key : {false, true}) {
        Sides sides;
        struct Short final : Credentials {
            std::span<const std::uint8_t> own() const override { return bytes; }
            Result<Id> judge(std::span<const std::uint8_t> shown, const noise::PublicKey&) override {
                return Id::from_bytes(shown.data());
            }
            std::array<std::uint8_t, Id::kBytes - 1> bytes{};
        };
        sides.a.identity.credentials = std::make_shared<Short>();
        const auto second = sides.to_z(sides.a.open(sides.z, by_key, kStart), kStart);
        if (by_key) {
            CHECK(is_nothing(second, Drop::malformed));
        } else {
            const auto answered = sides.a.take_answer(second.answer, kStart);
            REQUIRE(answered);
            CHECK(is_nothing(sides.to_z(answered->finish, kStart), Drop::malformed));
        }
    }
}

TEST_CASE("responder: the third message must prove what the opener claimed") {
    Sides sides;
    const HandshakeSide victim(endpoint(3), test_identity(node_id(3)));
    // As Initiator::open() does it, but with another's key in the opener.
    const FrameHead head{FrameKind::xx_open, {}, 77};
    noise::Handshake handshake =
        begin_handshake(sides.a.identity, sides.a.identity.network_key, noise::kXxPsk3, Role::initiator);
    Raw message;
    REQUIRE(handshake.write_message({}, message));
    noise::PublicKey ephemeral{};
    std::copy_n(message.begin(), ephemeral.size(), ephemeral.begin());
    const auto open_as = [&](const PeerKey& claimed) {
        Raw frame =
            begin_frame(head, seal(Opener{claimed, 1, sides.z.address}, sides.a.identity.network_key, ephemeral, head));
        frame.insert(frame.end(), message.begin(), message.end());
        frame.resize(frame.size() + kMacsBytes);
        return with_right_macs(frame, sides.a.identity.network_key, kStart);
    };
    Raw second = sides.to_z(open_as(victim.key()), kStart).answer;
    REQUIRE_FALSE(second.empty());
    REQUIRE(handshake.read_message(noise_message(second)));
    Raw third = begin_frame(
        FrameHead{FrameKind::xx_finish, SessionIndex{static_cast<std::uint32_t>(parse_frame_head(second)->number)}, 0});
    REQUIRE(handshake.write_message(sides.a.identity.credentials->own(), third));
    third.resize(third.size() + kMacsBytes);
    third = with_right_macs(third, sides.a.identity.network_key, kStart);
    CHECK(is_nothing(sides.to_z(third, kStart), Drop::malformed));
    CHECK(is_nothing(sides.to_z(third, kStart), Drop::replayed));  // nor at a second try
}

TEST_CASE("responder: no answer is longer than three times what it answers, with the largest credentials") {
    struct Largest final : Credentials {
        std::span<const std::uint8_t> own() const override { return bytes; }
        Result<Id> judge(std::span<const std::uint8_t>, const noise::PublicKey&) override { return Id{{5}}; }
        std::array<std::uint8_t, kCredentialBytesMax> bytes{};
    };
    for (const bool by_key : {false, true}) {
        Sides sides;
        sides.z.identity.credentials = std::make_shared<Largest>();
        const Raw opening = sides.a.open(sides.z, by_key, kStart);
        const auto second = sides.to_z(opening, kStart);
        CHECK_GT(second.answer.size(), kCredentialBytesMax);
        CHECK_LE(second.answer.size(), 3 * opening.size());
        CHECK_LE(second.answer.size(), kDatagramBytesMax);
    }
}

TEST_CASE("responder: a half-open handshake waits for kHalfOpenFor") {
    for (const bool in_time : {true, false}) {
        CAPTURE(in_time);
        Sides sides;
        const Raw third = sides.third(kStart);
        const Time now = kStart + Responder::kHalfOpenFor - (in_time ? kTick : Duration(0));
        const auto outcome = sides.to_z(third, now);
        CHECK_EQ(outcome.established.has_value(), in_time);
        if (!in_time) CHECK(is_nothing(outcome, Drop::replayed));
    }
}

TEST_CASE("responder: more than kHalfOpenMax half-open handshakes, and the oldest goes") {
    Sides sides;
    std::vector<Raw> thirds;
    std::vector<std::unique_ptr<HandshakeSide>> others;
    Time now = kStart;
    for (std::uint64_t i = 0; i <= Responder::kHalfOpenMax; ++i) {
        others.push_back(std::make_unique<HandshakeSide>(endpoint(1, static_cast<std::uint8_t>(100 + i)),
                                                         test_identity(node_id(100 + i))));
        HandshakeSide& other = *others.back();
        auto answered =
            other.take_answer(sides.z.respond(other.open(sides.z, false, now), other.address, now).answer, now);
        REQUIRE(answered);
        thirds.push_back(answered->finish);
        now += kCalm;
    }
    CHECK(is_nothing(sides.z.respond(thirds[0], others[0]->address, now), Drop::replayed));
    for (std::size_t i = 1; i < thirds.size(); ++i) {
        CHECK(sides.z.respond(thirds[i], others[i]->address, now).established);
    }
}

/// What 25 initiators of different sources that open at once get.
struct Rush {
    HandshakeSide z{endpoint(2, 2), test_identity(node_id(2))};
    std::vector<std::unique_ptr<HandshakeSide>> initiators;
    std::vector<Raw> openings;
    std::vector<Responder::Outcome> outcomes;

    explicit Rush(bool by_key) {
        for (std::uint64_t i = 0; i < 25; ++i) {
            initiators.push_back(std::make_unique<HandshakeSide>(endpoint(1, static_cast<std::uint8_t>(100 + i)),
                                                                 test_identity(node_id(100 + i))));
            openings.push_back(initiators.back()->open(z, by_key, kStart));
            outcomes.push_back(z.respond(openings.back(), initiators.back()->address, kStart));
        }
    }
};

TEST_CASE("responder: of more than twenty openings at once the rest get cookies, and with one each gets through") {
    for (const bool by_key : {false, true}) {
        CAPTURE(by_key);
        Rush rush(by_key);
        int cookies = 0;
        for (std::size_t i = 0; i < rush.outcomes.size(); ++i) {
            const auto& outcome = rush.outcomes[i];
            CHECK_EQ(outcome.is_cookie, i >= 20);
            if (!outcome.is_cookie) continue;
            ++cookies;
            CHECK_FALSE(outcome.established);
            CHECK_LE(outcome.answer.size(), rush.openings[i].size());  // no amplification at all
            HandshakeSide& initiator = *rush.initiators[i];
            auto again = initiator.take_cookie(outcome.answer, kStart);
            REQUIRE(again);
            const auto responded = rush.z.respond(again->frame, initiator.address, kStart);
            CHECK_FALSE(responded.is_cookie);
            const auto answered = initiator.take_answer(responded.answer, kStart);
            REQUIRE(answered);
            if (!by_key) CHECK(rush.z.respond(answered->finish, initiator.address, kStart).established);
        }
        CHECK_EQ(cookies, 5);
    }
}

TEST_CASE("responder: a cookie is good for the address that it was given to, and a source gets its share only") {
    Rush rush(false);
    HandshakeSide& initiator = *rush.initiators.back();
    const auto again = initiator.take_cookie(rush.outcomes.back().answer, kStart);
    REQUIRE(again);
    const auto from_elsewhere = rush.z.respond(again->frame, kElsewhere, kStart);
    CHECK(from_elsewhere.is_cookie);
    // Of the frames with a cookie, five at once; whether they are worth anything is looked at afterwards.
    CookieHolder holder(mac_key_of(rush.z.identity.network_key));
    const auto worthless = [&holder](std::uint8_t byte) {
        Raw frame = begin_frame(FrameHead{FrameKind::ik_open, {}, 1}, Raw(126, byte));
        holder.append_macs(frame, kStart);
        return frame;
    };
    const auto cookie = rush.z.respond(worthless(99), kElsewhere, kStart);
    REQUIRE(cookie.is_cookie);
    REQUIRE(holder.take_reply(std::span(cookie.answer).subspan(kFrameHeadBytes), kStart));
    for (std::uint8_t i = 0; i < 8; ++i) {
        CHECK(is_nothing(rush.z.respond(worthless(i), kElsewhere, kStart), i < 5 ? Drop::malformed : Drop::load));
    }
}

TEST_CASE("responder: under load too a stranger gets nothing") {
    Rush rush(false);
    Raw bad = rush.openings.back();
    bad[20] ^= 1;
    CHECK(is_nothing(rush.z.respond(bad, kElsewhere, kStart), Drop::stranger));
    HandshakeSide stranger(endpoint(5, 5), test_identity(node_id(5), 1, 0x66));
    for (const bool by_key : {false, true}) {
        const Raw opening = stranger.open(rush.z, by_key, kStart + (by_key ? seconds(1) : seconds(0)));
        CHECK(is_nothing(rush.z.respond(opening, stranger.address, kStart), Drop::stranger));
    }
}

TEST_CASE("responder: one recording, however often and fast it is sent, gets no cookie and is no load") {
    for (const bool by_key : {false, true}) {
        CAPTURE(by_key);
        Sides sides;
        const Raw opening = sides.a.open(sides.z, by_key, kStart);
        CHECK_FALSE(sides.to_z(opening, kStart).answer.empty());
        for (int i = 0; i < 1000; ++i) {
            const Endpoint& from = i % 2 == 0 ? sides.a.address : kElsewhere;
            REQUIRE(is_nothing(sides.z.respond(opening, from, kStart), Drop::replayed));
        }
        HandshakeSide other(endpoint(5, 5), test_identity(node_id(5)));
        CHECK_FALSE(sides.z.respond(other.open(sides.z, by_key, kStart), other.address, kStart).is_cookie);
    }
}

TEST_CASE("responder: what was answered by a cookie gets no second one") {
    Rush rush(false);
    REQUIRE(rush.outcomes.back().is_cookie);
    for (const Endpoint& from : {rush.initiators.back()->address, kElsewhere}) {
        CHECK(is_nothing(rush.z.respond(rush.openings.back(), from, kStart), Drop::replayed));
    }
}

TEST_CASE("responder: a second after the last too many the node is calm") {
    Rush rush(false);
    HandshakeSide late(endpoint(5, 5), test_identity(node_id(5)));
    CHECK(rush.z.respond(late.open(rush.z, false, kStart), late.address, kStart + seconds(1) - kTick).is_cookie);
    const Time calm = kStart + seconds(2);
    CHECK_FALSE(rush.z.respond(late.open(rush.z, false, calm), late.address, calm).is_cookie);
}

}  // namespace
}  // namespace chord::net
