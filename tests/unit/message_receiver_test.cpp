// Receiver: what each fragment is answered with.
#include "net/message/receiver.hpp"

#include <doctest/doctest.h>

#include "tests/support/message_link.hpp"

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;
using testing::message_peer;

constexpr Time kNow{std::chrono::hours(1)};
const Peer kPeer = message_peer(1);

struct Side {
    MessageCounters counters;
    Receiver receiver{ReassemblyOptions{}, counters};
    Raw payload = Raw(1100, 7);

    std::optional<Raw> fragment(std::uint32_t message, std::uint16_t index, std::uint16_t count, std::uint32_t sequence,
                                const Peer& from = kPeer) {
        return receiver.take(from, {MessageId{message}, index, count, WireSequence{sequence}, payload}, kNow);
    }
    std::vector<MessageFrame> answers() {
        std::vector<OutgoingFrame> frames;
        receiver.drain(frames);
        std::vector<MessageFrame> decoded;
        for (const OutgoingFrame& each : frames) decoded.push_back(*decode_frame(each.plaintext));
        return decoded;
    }
};

TEST_CASE("message receiver: one ack a message and turn, with the newest sequence") {
    Side side;
    CHECK_FALSE(side.fragment(1, 0, 4, 0xfffffffe));
    CHECK_FALSE(side.fragment(1, 3, 4, 1));  // the sequences wrap
    CHECK_FALSE(side.fragment(1, 1, 4, 0xffffffff));
    CHECK_FALSE(side.fragment(2, 0, 4, 2));
    CHECK(side.receiver.has_answers());
    const auto answers = side.answers();
    REQUIRE_EQ(answers.size(), 2);
    const auto& ack = std::get<AckFrame>(answers[0]);
    CHECK(ack.message == MessageId{1});
    CHECK(ack.sequence == WireSequence{1});
    CHECK_EQ(ack.received, 3);
    CHECK_EQ(ack.first_missing, 2);
    CHECK(ack.has(3));
    CHECK(std::get<AckFrame>(answers[1]).message == MessageId{2});
    CHECK_FALSE(side.receiver.has_answers());
    CHECK(side.answers().empty());
}

TEST_CASE("message receiver: a message is handed up once; repetitions of it are acked") {
    Side side;
    CHECK_EQ(side.fragment(1, 0, 1, 1), side.payload);
    (void)side.answers();
    CHECK_FALSE(side.fragment(1, 0, 1, 2));
    const auto answers = side.answers();
    REQUIRE_EQ(answers.size(), 1);
    CHECK_EQ(std::get<AckFrame>(answers[0]).first_missing, 1);
    CHECK_EQ(side.counters.delivered, 1);
    CHECK_EQ(side.counters.duplicates, 1);
}

TEST_CASE("message receiver: what does not fit is refused, what contradicts gets no answer") {
    Side side;
    CHECK_FALSE(side.fragment(1, 0, 60'000, 1));
    for (std::uint32_t id = 10; id < 10 + kMessagesPerPeer; ++id) (void)side.fragment(id, 0, 2, 2);
    (void)side.fragment(20, 0, 2, 3);
    (void)side.fragment(10, 0, 3, 4);
    std::size_t acks = 0;
    std::vector<Error> refusals;
    for (const MessageFrame& each : side.answers()) {
        if (std::holds_alternative<AckFrame>(each)) ++acks;
        if (const auto* const refusal = std::get_if<RefusalFrame>(&each)) refusals.push_back(refusal->error);
    }
    CHECK_EQ(acks, kMessagesPerPeer);
    CHECK_EQ(refusals, std::vector<Error>{Error::too_big, Error::overloaded});
    CHECK_EQ(side.counters.drops_contradictory, 1);
}

TEST_CASE("message receiver: probes are acked; cancelled messages are not") {
    Side side;
    side.receiver.take(kPeer, ProbeFrame{WireSequence{9}, 1000});
    (void)side.fragment(1, 0, 2, 1);
    side.receiver.take(kPeer, CancelFrame{MessageId{1}});
    const auto answers = side.answers();
    REQUIRE_EQ(answers.size(), 1);
    CHECK(std::get<ProbeAckFrame>(answers[0]).sequence == WireSequence{9});
}

TEST_CASE("message receiver: answers are bounded however much comes before drain()") {
    Side side;
    for (std::uint32_t i = 0; i < 3 * Receiver::kAnswersMax; ++i)
        side.receiver.take(kPeer, ProbeFrame{WireSequence{i}, 0});
    CHECK_EQ(side.answers().size(), Receiver::kAnswersMax);
    CHECK_EQ(side.counters.drops_overloaded, 2 * Receiver::kAnswersMax);
}

TEST_CASE("message receiver: nothing is answered to a peer that is forgotten") {
    Side side;
    (void)side.fragment(1, 0, 2, 1);
    (void)side.fragment(1, 0, 2, 1, message_peer(2));
    side.receiver.take(kPeer, ProbeFrame{WireSequence{1}, 0});
    side.receiver.forget(kPeer.id);
    CHECK_EQ(side.answers().size(), 1);
    CHECK_EQ(side.receiver.reassembly().messages(), 1);
}

}  // namespace
}  // namespace chord::net
