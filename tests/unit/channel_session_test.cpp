// Session of net/channel: data frames of two sides that have shaken hands, what opens, how often, and for how long.
#include "net/channel/session.hpp"

#include <algorithm>
#include <utility>

#include "tests/support/contains.hpp"
#include "tests/support/noise_sides.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::minutes;
using testing::NoiseSides;
using Raw = std::vector<std::uint8_t>;

constexpr Time kBorn = Time(minutes(100));
constexpr Duration kTick{1};
constexpr SessionIndex kIndexOfA{0x0a0a0a0a};
constexpr SessionIndex kIndexOfZ{0x0b0b0b0b};
constexpr Id kA{{1, 1, 1, 1}};
constexpr Id kZ{{2, 2, 2, 2}};

/// A was the initiator.
struct Sessions {
    Session a;
    Session z;

    explicit Sessions(std::uint8_t ephemeral = 0x44) : Sessions(finished(ephemeral)) {}

private:
    static NoiseSides finished(std::uint8_t ephemeral) {
        testing::NoiseSide side = testing::kInitiatorSide;
        side.ephemeral = ephemeral;
        NoiseSides sides(noise::kIkPsk2, side);
        sides.run_until(2);
        return sides;
    }
    explicit Sessions(NoiseSides sides)
        : a(sides.initiator.split(), kIndexOfZ, kZ, Role::initiator, kBorn),
          z(sides.responder.split(), kIndexOfA, kA, Role::responder, kBorn) {}
};

Raw sealed(Session& session, const Raw& plaintext) {
    Raw frame(kDataOverheadBytes + plaintext.size());
    std::ranges::copy(plaintext, frame.begin() + kFrameHeadBytes);
    session.seal(frame);
    return frame;
}

struct Outcome {
    Error error{};  // when nothing was opened
    bool opened = false;
    bool newest = false;
    Raw plaintext;
};

Outcome open(Session& session, Raw frame) {
    const auto head = parse_frame_head(frame);
    REQUIRE(head);
    const auto opened = session.open(*head, frame);
    if (!opened) return {.error = opened.error(), .plaintext = {}};
    return {{}, true, opened->newest, {opened->plaintext.begin(), opened->plaintext.end()}};
}

TEST_CASE("session of a channel: a frame is head, ciphertext and tag; the head names receiver and counter") {
    Sessions pair;
    for (std::uint64_t counter = 0; counter < 3; ++counter) {
        const Raw frame = sealed(pair.a, Raw(20, 0x77));
        CHECK_EQ(frame.size(), 16 + 20 + 16);
        const auto head = parse_frame_head(frame);
        REQUIRE(head);
        CHECK((*head == FrameHead{FrameKind::data, kIndexOfZ, counter}));
        CHECK(has_wire_version(frame));
        CHECK_FALSE(testing::contains(frame, Raw(4, 0x77)));
    }
    CHECK((*parse_frame_head(sealed(pair.z, Raw{1})) == FrameHead{FrameKind::data, kIndexOfA, 0}));
    CHECK((pair.a.peer() == kZ));
    CHECK((pair.z.peer() == kA));
}

TEST_CASE("session of a channel: what one side seals the other opens, of every size, in both directions") {
    Sessions pair;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100}, kPlaintextBytesMax}) {
        const Raw plaintext(size, 0x33);
        CHECK_EQ(open(pair.z, sealed(pair.a, plaintext)).plaintext, plaintext);
        const Raw back = sealed(pair.z, plaintext);
        CHECK_LE(back.size(), kDatagramBytesMax);
        CHECK_EQ(open(pair.a, back).plaintext, plaintext);
    }
    CHECK_EQ(kPlaintextBytesMax, 1440);
}

TEST_CASE("session of a channel: a frame opens once, in whatever order they come") {
    Sessions pair;
    std::vector<Raw> frames;
    for (std::uint8_t i = 0; i < 5; ++i) frames.push_back(sealed(pair.a, Raw{i}));
    for (const std::size_t i : {2U, 0U, 4U, 1U, 3U}) {
        const Outcome first = open(pair.z, frames[i]);
        CHECK_EQ(first.plaintext, Raw{static_cast<std::uint8_t>(i)});
        CHECK_EQ(first.newest, i == 2 || i == 4);
        CHECK_EQ(open(pair.z, frames[i]).error, Error::already_in_use);
    }
    for (const Raw& frame : frames) CHECK_EQ(open(pair.z, frame).error, Error::already_in_use);
}

TEST_CASE("session of a channel: what is too old to tell is refused") {
    Sessions pair;
    std::vector<Raw> frames;
    for (std::uint64_t i = 0; i <= ReplayWindow::kSize; ++i) frames.push_back(sealed(pair.a, Raw{1}));
    CHECK(open(pair.z, frames.back()).opened);
    CHECK_EQ(open(pair.z, frames[0]).error, Error::already_in_use);
    CHECK(open(pair.z, frames[1]).opened);
}

TEST_CASE("session of a channel: one changed bit, and a frame does not open; then the right one does") {
    Sessions pair;
    pair.z.keep_finish(Raw{9});
    sealed(pair.a, Raw{0});  // lost; so a counter can be changed downwards
    const Raw good = sealed(pair.a, Raw{1, 2, 3, 4, 5});
    int tried = 0;
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Raw bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        const auto head = parse_frame_head(bad);
        if (!head || head->kind != FrameKind::data) continue;  // does not get here
        ++tried;
        CHECK_EQ(open(pair.z, bad).error, Error::bad_message);
    }
    CHECK_GT(tried, 8 * 30);
    CHECK_EQ(pair.z.finish(), Raw{9});
    CHECK((pair.z.freshness({.rekey_after_messages = 2, .refuse_after_messages = 3}, kBorn) == Freshness::fresh));
    const Outcome opened = open(pair.z, good);
    CHECK_EQ(opened.plaintext, Raw{1, 2, 3, 4, 5});
    CHECK(opened.newest);
}

TEST_CASE("session of a channel: nothing opens under another session of the same two, nor one's own frame") {
    Sessions one;
    Sessions other(0x45);
    const Raw of_one = sealed(one.a, Raw(16, 0));
    const Raw of_other = sealed(other.a, Raw(16, 0));
    CHECK_NE(of_one, of_other);  // the same plaintext, counter and index
    CHECK_EQ(open(other.z, of_one).error, Error::bad_message);
    CHECK_EQ(open(one.a, of_one).error, Error::bad_message);
    CHECK(open(one.z, of_one).opened);
    CHECK(open(other.z, of_other).opened);
}

TEST_CASE("session of a channel: the last counter that can be named opens nothing") {
    Sessions pair;
    Raw frame = sealed(pair.a, Raw{1});
    std::fill_n(frame.begin() + 8, 8, std::uint8_t{0xff});
    CHECK_EQ(open(pair.z, frame).error, Error::bad_message);
    CHECK(open(pair.z, sealed(pair.a, Raw{1})).opened);
}

TEST_CASE("session of a channel: is fresh for 15 minutes, the responder's for 16, and refused after 20") {
    Sessions pair;
    const RekeyPolicy policy;
    CHECK((pair.a.freshness(policy, kBorn) == Freshness::fresh));
    CHECK((pair.a.freshness(policy, kBorn + minutes(15) - kTick) == Freshness::fresh));
    CHECK((pair.a.freshness(policy, kBorn + minutes(15)) == Freshness::rekey));
    CHECK((pair.z.freshness(policy, kBorn + minutes(16) - kTick) == Freshness::fresh));
    CHECK((pair.z.freshness(policy, kBorn + minutes(16)) == Freshness::rekey));
    for (Session* session : {&pair.a, &pair.z}) {
        CHECK((session->freshness(policy, kBorn + minutes(20) - kTick) == Freshness::rekey));
        CHECK((session->freshness(policy, kBorn + minutes(20)) == Freshness::refuse));
    }
}

TEST_CASE("session of a channel: messages age it too, on the side that sends and on the side that receives") {
    Sessions pair;
    const RekeyPolicy policy{.rekey_after_messages = 4, .refuse_after_messages = 6};
    const auto state = [&policy](const Session& session) { return session.freshness(policy, kBorn); };
    for (int sent = 1; sent <= 6; ++sent) {
        const Raw frame = sealed(pair.a, Raw{1});  // bears the counter sent - 1
        CHECK(open(pair.z, frame).opened);
        CHECK((state(pair.a) == (sent < 4 ? Freshness::fresh : sent < 6 ? Freshness::rekey : Freshness::refuse)));
        CHECK((state(pair.z) == (sent < 5 ? Freshness::fresh : Freshness::rekey)));
    }
    // Of six counters the last is 5. The sender has stopped here; one who does not is refused with what comes next.
    CHECK(open(pair.z, sealed(pair.a, Raw{1})).opened);
    CHECK((state(pair.z) == Freshness::refuse));
}

TEST_CASE("session of a channel: the third message is kept until the first frame that opens") {
    Sessions pair;
    CHECK(pair.a.finish().empty());
    pair.a.keep_finish(Raw{1, 2, 3});
    sealed(pair.a, Raw{1});
    CHECK_EQ(pair.a.finish(), Raw{1, 2, 3});
    const Raw good = sealed(pair.z, Raw{1});
    Raw bad = good;
    bad.back() ^= 1;
    CHECK_FALSE(open(pair.a, bad).opened);
    CHECK_EQ(pair.a.finish(), Raw{1, 2, 3});
    CHECK(open(pair.a, good).opened);
    CHECK(pair.a.finish().empty());
}

}  // namespace
}  // namespace chord::net
