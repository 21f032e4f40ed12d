// Reassembly: against a model, and its bounds against peers that claim what they do not send.
#include "net/message/reassembly.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "node/core/base/rng.hpp"
#include "tests/support/message_link.hpp"

namespace chord::net {
namespace {

using Outcome = Reassembly::Outcome;
using Raw = std::vector<std::uint8_t>;
using testing::message_bytes;
using testing::message_peer;

constexpr Time kNow{std::chrono::hours(1)};
constexpr std::size_t kPayload = 1100;

const Peer kPeer = message_peer(1);

struct Cut {
    Raw bytes;
    MessageId id{};
    std::size_t payload = kPayload;

    std::uint16_t count() const { return static_cast<std::uint16_t>((bytes.size() + payload - 1) / payload); }
    FragmentFrame fragment(std::size_t index) const {
        const std::size_t from = index * payload;
        return {id, static_cast<std::uint16_t>(index), count(), WireSequence{0},
                std::span(bytes).subspan(from, std::min(payload, bytes.size() - from))};
    }
};

Cut cut(std::size_t size, std::uint32_t id) {
    return {message_bytes(size, id), MessageId{id}};
}

TEST_CASE("reassembly: fragments in any order, doubled, make the message once") {
    Rng rng(1);
    for (int round = 0; round < 300; ++round) {
        Reassembly reassembly{ReassemblyOptions{}};
        const Cut message = cut(1 + rng.below(30'000), 7);
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < message.count(); ++i) order.insert(order.end(), 1 + rng.below(3), i);
        for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);

        std::vector<bool> model(message.count());
        bool done = false;
        for (const std::size_t index : order) {
            const auto taken = reassembly.take(kPeer, message.fragment(index), kNow);
            const bool is_new = !model[index];
            model[index] = true;
            const auto there = static_cast<std::uint16_t>(std::count(model.begin(), model.end(), true));
            const bool completes = is_new && there == message.count();
            REQUIRE(taken.outcome == (completes ? Outcome::completed
                                      : is_new  ? Outcome::progress
                                                : Outcome::duplicate));
            if (completes) REQUIRE_EQ(taken.message, message.bytes);
            done = done || completes;
            const auto state = reassembly.state_of(kPeer, message.id);
            REQUIRE(state);
            REQUIRE_EQ(state->received, there);
            for (std::uint16_t i = 0; i < message.count(); ++i) REQUIRE_EQ(state->has(i), model[i]);
        }
        REQUIRE(done);
        CHECK_EQ(reassembly.messages(), 0);
        CHECK_EQ(reassembly.held_bytes(), 0);
        CHECK_EQ(reassembly.promised_bytes(), 0);
    }
}

TEST_CASE("reassembly: messages of the same number from different peers are different") {
    Reassembly reassembly{ReassemblyOptions{}};
    const Cut one = cut(3000, 7);
    Cut two = cut(3000, 8);
    two.id = one.id;
    for (std::size_t i = 0; i < 2; ++i) {
        (void)reassembly.take(message_peer(1), one.fragment(i), kNow);
        (void)reassembly.take(message_peer(2), two.fragment(i), kNow);
    }
    CHECK_EQ(reassembly.take(message_peer(1), one.fragment(2), kNow).message, one.bytes);
    CHECK_EQ(reassembly.take(message_peer(2), two.fragment(2), kNow).message, two.bytes);
}

TEST_CASE("reassembly: the first fragment with an index counts") {
    Reassembly reassembly{ReassemblyOptions{}};
    const Cut message = cut(2000, 7);
    Cut other = cut(2000, 8);
    other.id = message.id;
    (void)reassembly.take(kPeer, message.fragment(0), kNow);
    CHECK(reassembly.take(kPeer, other.fragment(0), kNow).outcome == Outcome::duplicate);
    CHECK_EQ(reassembly.take(kPeer, message.fragment(1), kNow).message, message.bytes);
}

TEST_CASE("reassembly: what contradicts the fragments that are there is dropped and changes nothing") {
    Reassembly reassembly{ReassemblyOptions{}};
    const Cut message = cut(3000, 7);
    (void)reassembly.take(kPeer, message.fragment(1), kNow);
    Cut longer = cut(3600, 7);  // another count
    CHECK_EQ(longer.count(), 4);
    CHECK(reassembly.take(kPeer, longer.fragment(0), kNow).outcome == Outcome::contradiction);
    Cut wider = cut(3300, 7);  // another length
    wider.payload = kPayload + 1;
    CHECK_EQ(wider.count(), 3);
    CHECK(reassembly.take(kPeer, wider.fragment(0), kNow).outcome == Outcome::contradiction);
    FragmentFrame last = message.fragment(2);
    const Raw too_long(kPayload + 1, 1);
    last.payload = too_long;
    CHECK(reassembly.take(kPeer, last, kNow).outcome == Outcome::contradiction);
    CHECK_EQ(reassembly.held_bytes(), kPayload);

    (void)reassembly.take(kPeer, message.fragment(0), kNow);
    CHECK_EQ(reassembly.take(kPeer, message.fragment(2), kNow).message, message.bytes);
    CHECK(reassembly.take(kPeer, longer.fragment(0), kNow).outcome == Outcome::contradiction);  // of a completed one
}

TEST_CASE("reassembly: a last fragment that came first bounds the others") {
    Reassembly reassembly{ReassemblyOptions{}};
    const Raw last(1200, 1);
    const Raw shorter(1100, 2);
    (void)reassembly.take(kPeer, {MessageId{7}, 1, 2, WireSequence{0}, last}, kNow);
    CHECK(reassembly.take(kPeer, {MessageId{7}, 0, 2, WireSequence{0}, shorter}, kNow).outcome ==
          Outcome::contradiction);
}

TEST_CASE("reassembly: more than the limit is refused, by the count or by the lengths; the limit itself is not") {
    ReassemblyOptions options;
    options.message_bytes_max = 10 * kFragmentPayloadMin;
    const Raw payload(kFragmentPayloadMin, 1);
    const Raw wide(kFragmentPayloadMin + 1, 1);
    const auto outcome = [&options](std::vector<FragmentFrame> fragments) {
        Reassembly reassembly(options);
        Outcome last{};
        for (const FragmentFrame& each : fragments) last = reassembly.take(kPeer, each, kNow).outcome;
        if (last == Outcome::too_big) CHECK_EQ(reassembly.messages(), 0);
        return last;
    };
    const auto fragment = [](std::uint16_t index, std::uint16_t count, const Raw& bytes) {
        return FragmentFrame{MessageId{1}, index, count, WireSequence{0}, bytes};
    };
    CHECK(outcome({fragment(0, 10, payload)}) == Outcome::progress);
    CHECK(outcome({fragment(0, 11, payload)}) == Outcome::too_big);
    CHECK(outcome({fragment(0, 65535, payload)}) == Outcome::too_big);
    CHECK(outcome({fragment(65534, 65535, Raw(1, 1))}) == Outcome::too_big);
    CHECK(outcome({fragment(0, 10, payload), fragment(9, 10, payload)}) == Outcome::progress);
    CHECK(outcome({fragment(0, 10, wide), fragment(9, 10, payload)}) == Outcome::too_big);
    CHECK(outcome({fragment(9, 10, payload), fragment(0, 10, wide)}) == Outcome::too_big);
}

TEST_CASE("reassembly: room is promised by claims and bounded for a peer and for the node; memory follows what comes") {
    ReassemblyOptions options;
    options.message_bytes_max = 20'000;
    options.peer_bytes_max = 50'000;
    options.node_bytes_max = 130'000;
    options.messages_max = 1000;
    Reassembly reassembly(options);
    const Raw payload(kFragmentPayloadMin, 1);
    std::size_t begun = 0;
    for (std::uint32_t id = 0; id < 500; ++id) {
        for (std::size_t peer = 0; peer < 20; ++peer) {
            const auto taken =
                reassembly.take(message_peer(peer), {MessageId{id}, 0, 19, WireSequence{0}, payload}, kNow);
            begun += taken.outcome == Outcome::progress ? 1 : 0;
            if (taken.outcome != Outcome::progress && id > 0) CHECK(taken.outcome == Outcome::no_room);
        }
    }
    CHECK_EQ(begun, 6);  // 19 times 1024 bytes each: two a peer, six in all
    CHECK_EQ(reassembly.promised_bytes(), 6 * 19 * kFragmentPayloadMin);
    CHECK_EQ(reassembly.held_bytes(), 6 * kFragmentPayloadMin);

    // What was begun can be finished.
    CHECK_EQ(reassembly.take(message_peer(0), {MessageId{0}, 18, 19, WireSequence{0}, payload}, kNow).outcome,
             Outcome::progress);
}

TEST_CASE("reassembly: one peer gets no more room than its share, however much there is") {
    ReassemblyOptions options;
    options.message_bytes_max = 20'000;
    options.peer_bytes_max = 50'000;
    Reassembly reassembly(options);
    const Raw payload(kFragmentPayloadMin, 1);
    for (std::uint32_t id = 0; id < 4; ++id) {
        const auto taken = reassembly.take(kPeer, {MessageId{id}, 0, 19, WireSequence{0}, payload}, kNow);
        CHECK(taken.outcome == (id < 2 ? Outcome::progress : Outcome::no_room));
    }
}

TEST_CASE("reassembly: at most kMessagesPerPeer of one peer, and messages_max of all") {
    ReassemblyOptions options;
    options.messages_max = 6;
    Reassembly reassembly(options);
    const auto begin = [&](std::size_t peer, std::uint32_t id) {
        return reassembly.take(message_peer(peer), cut(2000, id).fragment(0), kNow).outcome;
    };
    for (std::uint32_t id = 1; id <= kMessagesPerPeer; ++id) CHECK(begin(0, id) == Outcome::progress);
    CHECK(begin(0, 9) == Outcome::no_room);
    CHECK(begin(1, 1) == Outcome::progress);
    CHECK(begin(1, 2) == Outcome::progress);
    CHECK(begin(2, 1) == Outcome::no_room);
    reassembly.cancel(message_peer(0), MessageId{1});
    CHECK(begin(2, 1) == Outcome::progress);
    reassembly.forget(message_peer(0).id);
    CHECK_EQ(reassembly.messages(), 3);
    CHECK(begin(0, 20) == Outcome::progress);
}

TEST_CASE("reassembly: a node has one share, from however many addresses it speaks") {
    Reassembly reassembly{ReassemblyOptions{}};
    const auto begin = [&](std::uint16_t port) {
        Peer peer = kPeer;
        peer.address.port = port;
        return reassembly.take(peer, cut(2000, 1).fragment(0), kNow).outcome;
    };
    for (std::uint16_t port = 1; port <= kMessagesPerPeer; ++port) CHECK(begin(port) == Outcome::progress);
    CHECK(begin(99) == Outcome::no_room);
    CHECK(reassembly.take(message_peer(2), cut(2000, 1).fragment(0), kNow).outcome == Outcome::progress);
}

TEST_CASE("reassembly: 5 s without a fragment and a message is gone; a duplicate keeps it") {
    Reassembly reassembly{ReassemblyOptions{}};
    CHECK(reassembly.next_deadline() == kNever);
    const Cut message = cut(3000, 7);
    (void)reassembly.take(kPeer, message.fragment(0), kNow);
    CHECK(reassembly.next_deadline() == kNow + std::chrono::seconds(5));
    const Time later = kNow + std::chrono::seconds(4);
    (void)reassembly.take(kPeer, message.fragment(0), later);
    CHECK_EQ(reassembly.expire(kNow + std::chrono::seconds(5)), 0);
    CHECK_EQ(reassembly.expire(later + std::chrono::seconds(5)), 1);
    CHECK_EQ(reassembly.promised_bytes(), 0);
    CHECK_FALSE(reassembly.state_of(kPeer, message.id));
}

TEST_CASE("reassembly: a completed message is acked again, not assembled again, for a while and within a bound") {
    ReassemblyOptions options;
    options.completed_max = 3;
    Reassembly reassembly(options);
    for (std::uint32_t id = 1; id <= 4; ++id) {
        CHECK(reassembly.take(kPeer, cut(10, id).fragment(0), kNow).outcome == Outcome::completed);
    }
    CHECK_FALSE(reassembly.state_of(kPeer, MessageId{1}));
    CHECK(reassembly.take(kPeer, cut(10, 2).fragment(0), kNow).outcome == Outcome::duplicate);
    const auto state = reassembly.state_of(kPeer, MessageId{4});
    REQUIRE(state);
    CHECK_EQ(state->first_missing, 1);
    CHECK_EQ(reassembly.expire(kNow + options.completed_for), 0);
    CHECK_FALSE(reassembly.state_of(kPeer, MessageId{4}));
    CHECK(reassembly.next_deadline() == kNever);
}

TEST_CASE("reassembly: an ack reaches 512 fragments beyond the first missing one") {
    ReassemblyOptions options;
    options.message_bytes_max = options.peer_bytes_max = kMessageBytesMax;
    Reassembly reassembly(options);
    Cut message = cut(700 * kPayload, 7);
    for (std::size_t i = 1; i < 700; ++i) (void)reassembly.take(kPeer, message.fragment(i), kNow);
    const auto state = reassembly.state_of(kPeer, message.id);
    REQUIRE(state);
    CHECK_EQ(state->received, 699);
    CHECK_EQ(state->bitmap.size(), kAckBitmapBytesMax);
    CHECK(state->has(512));
    CHECK_FALSE(state->has(513));
    CHECK(decode_frame(encode(*state)));
}

}  // namespace
}  // namespace chord::net
