// Messages in single turns: errors, bounds, order, and peers that mean no good.
#include "net/message/messages.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/message_link.hpp"

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::message_bytes;
using testing::message_peer;

constexpr Time kNow{std::chrono::hours(1)};
const Peer kPeer = message_peer(1);

template <typename Frame>
std::vector<Frame> frames_of(const std::vector<OutgoingFrame>& frames) {
    std::vector<Frame> found;
    for (const OutgoingFrame& each : frames) {
        const auto frame = decode_frame(each.plaintext);
        REQUIRE(frame.has_value());
        if (const auto* const wanted = std::get_if<Frame>(&*frame)) found.push_back(*wanted);
    }
    return found;
}

std::vector<MessageEnded> ended_of(Messages& messages) {
    std::vector<MessageEnded> ended;
    for (MessageEvent& each : messages.take_events()) {
        if (auto* const event = std::get_if<MessageEnded>(&each)) ended.push_back(*event);
    }
    return ended;
}

/// The peer has all of each of these messages.
void ack_all(Messages& messages, const std::vector<FragmentFrame>& fragments, Time now) {
    for (const FragmentFrame& each : fragments) {
        (void)messages.receive(kPeer, encode(AckFrame{each.message, each.sequence, each.count, each.count, {}}), now);
    }
}

TEST_CASE("messages: what cannot be sent is refused at once and leaves nothing behind") {
    MessageOptions options;
    options.queued_max = 6;  // half of which one node may have
    options.queued_bytes_max = 4 * kMessageBytesDefault;
    Messages messages(options);
    const auto send = [&](std::size_t size) { return messages.send(kPeer, Raw(size), Priority::foreground, kNow); };
    CHECK(send(0).error() == Error::bad_message);
    CHECK(send(kMessageBytesDefault + 1).error() == Error::too_big);
    CHECK_EQ(messages.waiting_bytes(), 0);
    CHECK(send(kMessageBytesDefault));
    CHECK(send(kMessageBytesDefault));
    CHECK(send(1).error() == Error::overloaded);  // bytes

    Messages many(options);
    for (int i = 0; i < 3; ++i) CHECK(many.send(kPeer, Raw(1), Priority::foreground, kNow));
    CHECK(many.send(kPeer, Raw(1), Priority::foreground, kNow).error() == Error::overloaded);  // messages
    CHECK_EQ(many.waiting_messages(), 3);
    CHECK(many.next_deadline() <= kNow);
    (void)many.take_frames();
    CHECK_EQ(many.waiting_messages(), 0);
}

TEST_CASE("messages: the first flight is four datagrams that fill 1200 bytes with the channel's overhead") {
    MessageOptions options;
    Messages messages(options);
    const Raw bytes = message_bytes(20'000);
    (void)messages.send(kPeer, bytes, Priority::foreground, kNow);
    const auto frames = messages.take_frames();
    REQUIRE_EQ(frames.size(), 4);
    for (const OutgoingFrame& each : frames) {
        CHECK_EQ(each.plaintext.size() + options.datagram_overhead, kBaseDatagramBytes);
        CHECK(each.to == kPeer);
    }
    CHECK(messages.take_frames().empty());
    CHECK_EQ(messages.in_flight_bytes(), 4800);
    CHECK(messages.next_deadline() == kNow + options.first_timeout);
    CHECK_EQ(messages.plaintext_bytes(kPeer), 1168);
    CHECK_EQ(messages.plaintext_bytes(message_peer(9)), 1168);
}

TEST_CASE("messages: an ack of all of it ends the message with success, once") {
    Messages messages{MessageOptions{}};
    const auto handle = messages.send(kPeer, message_bytes(2000), Priority::foreground, kNow);
    const auto fragments = frames_of<FragmentFrame>(messages.take_frames());
    REQUIRE_EQ(fragments.size(), 2);
    ack_all(messages, fragments, kNow + milliseconds(80));
    const auto ended = ended_of(messages);
    REQUIRE_EQ(ended.size(), 1);
    CHECK(ended[0].handle == *handle);
    CHECK(ended[0].status.has_value());
    CHECK_EQ(messages.in_flight_bytes(), 0);
    CHECK_EQ(messages.waiting_bytes(), 0);
    CHECK(messages.path(kPeer)->rtt().smoothed() == milliseconds(80));
    ack_all(messages, fragments, kNow + milliseconds(90));
    CHECK(ended_of(messages).empty());
    CHECK_EQ(messages.counters().drops_unexpected, 2 + 1);
}

TEST_CASE("messages: acks from another address do not count") {
    Messages messages{MessageOptions{}};
    (void)messages.send(kPeer, message_bytes(10), Priority::foreground, kNow);
    const auto fragments = frames_of<FragmentFrame>(messages.take_frames());
    const AckFrame ack{fragments[0].message, fragments[0].sequence, 1, 1, {}};
    CHECK(messages.receive(message_peer(2), encode(ack), kNow));
    CHECK(ended_of(messages).empty());
    AckFrame other = ack;
    other.sequence = WireSequence{77};  // never used
    CHECK(messages.receive(kPeer, encode(other), kNow));
    CHECK(ended_of(messages).empty());
    CHECK(messages.receive(kPeer, encode(ack), kNow));
    CHECK_EQ(ended_of(messages).size(), 1);
}

TEST_CASE("messages: silence ends them after the timeouts, doubled up to 3 s, and the peer is told") {
    MessageOptions options;
    Messages messages(options);
    (void)messages.send(kPeer, message_bytes(10), Priority::foreground, kNow);
    (void)messages.send(kPeer, message_bytes(10), Priority::background, kNow);
    (void)messages.take_frames();
    std::vector<Duration> pauses;
    Time before = kNow;
    std::vector<MessageEnded> ended;
    while (ended.empty()) {
        const Time next = messages.next_deadline();
        REQUIRE(next < kNow + seconds(60));
        pauses.push_back(next - before);
        before = next;
        messages.tick(next);
        const auto frames = messages.take_frames();
        ended = ended_of(messages);
        CHECK_EQ(frames_of<FragmentFrame>(frames).size(), ended.empty() ? 1 : 0);
        CHECK_EQ(frames_of<CancelFrame>(frames).size(), ended.size());
    }
    CHECK_EQ(pauses, std::vector<Duration>{milliseconds(500), milliseconds(1000), milliseconds(2000), seconds(3),
                                           seconds(3), seconds(3), seconds(3)});
    REQUIRE_EQ(ended.size(), 2);
    CHECK(ended[0].status.error() == Error::timeout);
    CHECK_EQ(messages.in_flight_bytes(), 0);
    CHECK(messages.next_deadline() == kNever);
}

TEST_CASE("messages: refused for want of room, a message is sent again after a pause that doubles, then fails") {
    Messages messages{MessageOptions{}};
    (void)messages.send(kPeer, message_bytes(5000), Priority::foreground, kNow);
    Time now = kNow;
    for (int refusal = 1; refusal <= Path::kRefusalsMax; ++refusal) {
        const auto fragments = frames_of<FragmentFrame>(messages.take_frames());
        REQUIRE_EQ(fragments.size(), 4);
        CHECK_EQ(fragments[0].index, 0);
        for (int i = 0; i < 4; ++i) {  // one for each fragment
            (void)messages.receive(kPeer, encode(RefusalFrame{fragments[0].message, Error::overloaded}), now);
        }
        CHECK_EQ(messages.in_flight_bytes(), 0);
        CHECK(frames_of<FragmentFrame>(messages.take_frames()).empty());
        if (refusal == Path::kRefusalsMax) break;
        CHECK(messages.next_deadline() == now + Path::kRefusedPause * (1 << (refusal - 1)));
        now = messages.next_deadline();
        messages.tick(now);
    }
    const auto ended = ended_of(messages);
    REQUIRE_EQ(ended.size(), 1);
    CHECK(ended[0].status.error() == Error::overloaded);
}

TEST_CASE("messages: too big for the peer is the end of it at once") {
    Messages messages{MessageOptions{}};
    (void)messages.send(kPeer, message_bytes(5000), Priority::foreground, kNow);
    const auto fragments = frames_of<FragmentFrame>(messages.take_frames());
    (void)messages.receive(kPeer, encode(RefusalFrame{fragments[0].message, Error::too_big}), kNow);
    const auto ended = ended_of(messages);
    REQUIRE_EQ(ended.size(), 1);
    CHECK(ended[0].status.error() == Error::too_big);
}

TEST_CASE("messages: at most 16 under way, of them 4 of the background, and 4 and 2 to one peer; foreground first") {
    Messages messages{MessageOptions{}};
    for (std::size_t i = 0; i < 60; ++i) {
        (void)messages.send(message_peer(i % 20), message_bytes(100), Priority::background, kNow);
    }
    (void)messages.take_frames();
    CHECK_EQ(messages.active_messages(), 4);
    for (std::size_t i = 0; i < 60; ++i) {
        (void)messages.send(message_peer(i % 20), message_bytes(100), Priority::foreground, kNow);
    }
    (void)messages.take_frames();
    CHECK_EQ(messages.active_messages(), 16);
    CHECK_EQ(messages.waiting_messages(), 104);

    Messages both{MessageOptions{}};
    for (std::size_t i = 0; i < 20; ++i) {
        (void)both.send(message_peer(i), message_bytes(100), Priority::background, kNow);
        (void)both.send(message_peer(i), message_bytes(100), Priority::foreground, kNow);
    }
    (void)both.take_frames();
    CHECK_GT(both.counters().tx_foreground_bytes, 0);
    CHECK_EQ(both.counters().tx_background_bytes, 0);

    Messages one{MessageOptions{}};
    for (int i = 0; i < 10; ++i) (void)one.send(kPeer, message_bytes(100), Priority::background, kNow);
    (void)one.take_frames();
    CHECK_EQ(one.active_messages(), 2);
    for (int i = 0; i < 10; ++i) (void)one.send(kPeer, message_bytes(100), Priority::foreground, kNow);
    const auto fragments = frames_of<FragmentFrame>(one.take_frames());
    CHECK_EQ(one.active_messages(), 4);
    ack_all(one, fragments, kNow + milliseconds(10));
    CHECK_EQ(frames_of<FragmentFrame>(one.take_frames()).size(), 2);
    CHECK_EQ(one.path(kPeer)->messages(Priority::foreground), 2);  // none of the background
}

TEST_CASE("messages: bytes under way keep the node's bound over all peers") {
    MessageOptions options;
    options.in_flight_bytes_max = 10'000;
    Messages messages(options);
    for (std::size_t i = 0; i < 10; ++i) {
        (void)messages.send(message_peer(i), message_bytes(50'000), Priority::foreground, kNow);
    }
    CHECK_EQ(messages.take_frames().size(), 8);
    CHECK_EQ(messages.in_flight_bytes(), 9600);
}

TEST_CASE("messages: peers that do not answer hold up the others for some timeouts only") {
    MessageOptions options;
    options.in_flight_bytes_max = 10 * kBaseDatagramBytes;
    Messages messages(options);
    for (std::size_t i = 0; i < 5; ++i) {  // to dead peers: all messages and all bytes that may be under way
        for (int j = 0; j < 4; ++j) {
            (void)messages.send(message_peer(100 + i), message_bytes(5000), Priority::foreground, kNow);
        }
    }
    (void)messages.take_frames();
    CHECK_EQ(messages.active_messages(), 16);
    (void)messages.send(kPeer, message_bytes(5000), Priority::foreground, kNow);
    CHECK(messages.take_frames().empty());
    Time now = kNow;
    std::vector<FragmentFrame> fragments;
    while (fragments.empty() && messages.next_deadline() < kNow + seconds(60)) {
        now = std::max(now, messages.next_deadline());
        messages.tick(now);
        (void)messages.take_events();
        std::vector<OutgoingFrame> frames = messages.take_frames();
        std::erase_if(frames, [](const OutgoingFrame& each) { return each.to != kPeer; });
        fragments = frames_of<FragmentFrame>(frames);
    }
    // Two timeouts (3 times the first) for those that took the bytes first, and two for those that then did.
    CHECK_LE(now - kNow, options.first_timeout * 6);
    CHECK_GE(fragments.size(), 4);
    CHECK_LE(messages.active_messages(), 32);
    ack_all(messages, fragments, now);
    while (messages.next_deadline() < kNow + seconds(100)) {
        now = std::max(now, messages.next_deadline());
        messages.tick(now);
        (void)messages.take_frames();
        (void)messages.take_events();
    }
    CHECK_EQ(messages.in_flight_bytes(), 0);
    CHECK_EQ(messages.waiting_bytes(), 0);
}

TEST_CASE("messages: a node has one share, from however many addresses it asks") {
    MessageOptions options;
    options.queued_max = 20;
    Messages messages(options);
    std::size_t refused = 0;
    for (std::uint16_t port = 1; port <= 20; ++port) {
        Peer peer = kPeer;
        peer.address.port = port;
        refused += messages.send(peer, Raw(5000), Priority::foreground, kNow) ? 0U : 1U;
    }
    CHECK_EQ(refused, 10);
    (void)messages.take_frames();
    CHECK_EQ(messages.active_messages(), kMessagesPerPeer);
    REQUIRE(messages.send(message_peer(2), Raw(5000), Priority::foreground, kNow));
    CHECK_FALSE(messages.take_frames().empty());  // at once
}

TEST_CASE("messages: a forgotten peer's messages end, waiting ones too, and nothing of it stays") {
    Messages messages{MessageOptions{}};
    for (int i = 0; i < 6; ++i) (void)messages.send(kPeer, message_bytes(5000), Priority::foreground, kNow);
    (void)messages.send(message_peer(2), message_bytes(10), Priority::foreground, kNow);
    (void)messages.take_frames();
    const Raw payload(1100, 1);
    (void)messages.receive(kPeer, encode(FragmentFrame{MessageId{1}, 0, 2, WireSequence{1}, payload}), kNow);
    messages.forget(kPeer.id, Error::wrong_peer);
    const auto ended = ended_of(messages);
    CHECK_EQ(ended.size(), 6);
    for (const MessageEnded& each : ended) CHECK(each.status.error() == Error::wrong_peer);
    CHECK(messages.path(kPeer) == nullptr);
    CHECK_EQ(messages.reassembly().messages(), 0);
    CHECK_EQ(messages.active_messages(), 1);
    CHECK_EQ(messages.waiting_messages(), 0);
    CHECK_EQ(messages.in_flight_bytes(), 10 + kFragmentHeadBytes + 32);
}

TEST_CASE("messages: a cancelled message ends, under way or waiting, and the peer hears of the one it may have begun") {
    Messages messages{MessageOptions{}};
    std::vector<SendHandle> handles;
    for (int i = 0; i < 6; ++i) {
        handles.push_back(*messages.send(kPeer, message_bytes(5000), Priority::foreground, kNow));
    }
    const auto fragments = frames_of<FragmentFrame>(messages.take_frames());
    CHECK_EQ(messages.waiting_messages(), 2);
    messages.cancel(handles[5], Error::shutting_down);
    messages.cancel(handles[0], Error::shutting_down);
    messages.cancel(handles[0], Error::shutting_down);
    const auto ended = ended_of(messages);
    REQUIRE_EQ(ended.size(), 2);
    CHECK(ended[0].handle == handles[5]);
    CHECK(ended[1].handle == handles[0]);
    CHECK(ended[1].status.error() == Error::shutting_down);
    const auto cancels = frames_of<CancelFrame>(messages.take_frames());
    REQUIRE_EQ(cancels.size(), 1);
    CHECK(cancels[0].message == fragments[0].message);
    CHECK_EQ(messages.waiting_messages(), 0);  // the fifth took the place of the first
}

TEST_CASE("messages: paths are bounded; the idle one used longest ago goes") {
    MessageOptions options;
    options.peers_max = 40;
    Messages messages(options);
    Time now = kNow;
    (void)messages.send(message_peer(100), message_bytes(10), Priority::foreground, now);  // never answered
    (void)messages.take_frames();
    for (std::size_t i = 0; i < 50; ++i) {
        now += milliseconds(1);
        (void)messages.send(message_peer(i), message_bytes(10), Priority::foreground, now);
        for (const FragmentFrame& each : frames_of<FragmentFrame>(messages.take_frames())) {
            (void)messages.receive(message_peer(i), encode(AckFrame{each.message, each.sequence, 1, 1, {}}), now);
        }
    }
    CHECK_EQ(messages.counters().sent, 50);
    CHECK(messages.path(message_peer(100)) != nullptr);
    CHECK(messages.path(message_peer(10)) == nullptr);
    CHECK(messages.path(message_peer(11)) != nullptr);
}

TEST_CASE("messages: rubbish is an error and changes nothing") {
    Messages messages{MessageOptions{}};
    CHECK(messages.receive(kPeer, Raw{}, kNow).error() == Error::bad_message);
    CHECK(messages.receive(kPeer, Raw(1400, 0x11), kNow).error() == Error::bad_message);
    CHECK(messages.receive(kPeer, Raw(10, 0xc1), kNow).error() == Error::bad_message);
    CHECK_EQ(messages.counters().drops_malformed, 3);
    for (const MessageFrame& each : {MessageFrame(AckFrame{}), MessageFrame(ProbeAckFrame{}),
                                     MessageFrame(RefusalFrame{}), MessageFrame(CancelFrame{})}) {
        CHECK(messages.receive(kPeer, encode(each), kNow));
    }
    CHECK(messages.path(kPeer) == nullptr);
    CHECK(messages.take_frames().empty());
    CHECK(messages.next_deadline() == kNever);
}

TEST_CASE("messages: peers that claim 65535 fragments, or begin what they do not end, get no memory") {
    MessageOptions options;
    options.reassembly.message_bytes_max = kMessageBytesMax;
    options.reassembly.peer_bytes_max = 2 * kMessageBytesMax;
    Messages messages(options);
    const Raw payload(kFragmentPayloadMin, 1);
    const Raw tiny(1, 1);
    std::size_t most_held = 0;
    std::uint32_t id = 0;
    for (std::size_t peer = 0; peer < 100; ++peer) {
        for (int i = 0; i < 200; ++i) {
            ++id;
            for (const auto& [index, count, bytes] : {std::tuple(std::uint16_t{0}, std::uint16_t{65535}, &payload),
                                                      {65534, 65535, &tiny},
                                                      {1030, 1031, &tiny},
                                                      {0, 1000, &payload},
                                                      {999, 1000, &tiny}}) {
                (void)messages.receive(message_peer(peer),
                                       encode(FragmentFrame{MessageId{id}, index, count, WireSequence{id}, *bytes}),
                                       kNow);
            }
            most_held = std::max(most_held, messages.reassembly().held_bytes());
        }
        (void)messages.take_frames();
    }
    CHECK_LE(messages.reassembly().messages(), 4);
    CHECK_LE(most_held, 4 * 2 * payload.size());
    CHECK_LE(messages.reassembly().promised_bytes(), options.reassembly.node_bytes_max);
    messages.tick(kNow + seconds(5));
    CHECK_EQ(messages.reassembly().messages(), 0);
    CHECK(messages.take_events().empty());
}

}  // namespace
}  // namespace chord::net
