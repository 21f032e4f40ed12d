// Outgoing: which fragment is next, what acks change, and a receiver that forgets.
#include "net/message/outgoing.hpp"

#include <doctest/doctest.h>

#include "tests/support/message_link.hpp"

namespace chord::net {
namespace {

using Learnt = Outgoing::Learnt;

constexpr std::size_t kPayload = 1100;

Outgoing outgoing(std::size_t fragments) {
    return {testing::message_bytes(fragments * kPayload - 10), kPayload};
}

/// The ack of a receiver that has exactly these.
AckFrame ack_of(const std::vector<std::uint16_t>& there) {
    AckFrame ack;
    ack.received = static_cast<std::uint16_t>(there.size());
    for (const std::uint16_t index : there) {
        if (index == ack.first_missing) ++ack.first_missing;
    }
    for (const std::uint16_t index : there) {
        if (index < ack.first_missing) continue;
        const auto bit = static_cast<std::size_t>(index - ack.first_missing - 1);
        ack.bitmap.resize(std::max(ack.bitmap.size(), bit / 8 + 1));
        ack.bitmap[bit / 8] = static_cast<std::uint8_t>(ack.bitmap[bit / 8] | 1U << bit % 8);
    }
    return ack;
}

void send_all(Outgoing& message) {
    while (const auto index = message.next()) (void)message.sent(*index);
}

TEST_CASE("outgoing: fragments in order, the last one shorter, all of them the message") {
    const auto bytes = testing::message_bytes(3000);
    Outgoing message(bytes, kPayload);
    CHECK_EQ(message.count(), 3);
    std::vector<std::uint8_t> joined;
    for (std::uint16_t i = 0; i < 3; ++i) {
        REQUIRE_EQ(message.next(), i);
        const auto payload = message.payload(i);
        joined.insert(joined.end(), payload.begin(), payload.end());
        CHECK_FALSE(message.sent(i));
    }
    CHECK_FALSE(message.next());
    CHECK_EQ(joined, bytes);
    CHECK_EQ(message.payload(2).size(), 800);
    CHECK_EQ(outgoing(1).count(), 1);
}

TEST_CASE("outgoing: lost fragments come before new ones, the first before the others; acked ones never") {
    Outgoing message = outgoing(6);
    for (std::uint16_t i = 0; i < 4; ++i) (void)message.sent(i);
    CHECK(message.apply(ack_of({1}), 2, 5) == Learnt::progress);
    message.lost(2);
    message.lost(0);
    message.lost(1);  // a repetition of it got through
    CHECK_EQ(message.next(), 0);
    CHECK(message.sent(0));
    CHECK_EQ(message.next(), 2);
    CHECK(message.apply(ack_of({1, 2}), 3, 6) == Learnt::progress);
    CHECK_EQ(message.next(), 4);
    CHECK_EQ(message.probe(), 0);
}

TEST_CASE("outgoing: complete when one ack says that all of it is there") {
    Outgoing message = outgoing(3);
    send_all(message);
    CHECK(message.apply(ack_of({0, 2}), 3, 4) == Learnt::progress);
    CHECK(message.apply(ack_of({0, 2}), 3, 4) == Learnt::nothing);
    CHECK_FALSE(message.is_complete());
    CHECK(message.apply(ack_of({0, 1, 2}), 2, 4) == Learnt::progress);
    CHECK(message.is_complete());
}

TEST_CASE("outgoing: acks of what was never sent, or beyond the end, change nothing") {
    Outgoing message = outgoing(3);
    (void)message.sent(0);
    for (const auto& there : {std::vector<std::uint16_t>{0, 1}, {1}, {0, 2}, {0, 1, 2, 3}, {40}}) {
        CHECK(message.apply(ack_of(there), 1, 2) == Learnt::nonsense);
    }
    AckFrame ack = ack_of({});
    ack.received = 4;
    CHECK(message.apply(ack, 1, 2) == Learnt::nonsense);
    CHECK_EQ(message.next(), 1);
    CHECK_FALSE(message.is_there(0));
}

TEST_CASE("outgoing: a late ack that says less is no news") {
    Outgoing message = outgoing(4);
    send_all(message);  // sequences 1…4
    CHECK(message.apply(ack_of({0, 1, 2}), 3, 5) == Learnt::progress);
    CHECK(message.apply(ack_of({0}), 1, 5) == Learnt::nothing);
    CHECK(message.apply(ack_of({3}), 4, 5) == Learnt::progress);  // overtook the others on its way there
    CHECK(message.is_there(2));
}

TEST_CASE("outgoing: a receiver that has less than it had when the datagram left has forgotten; the rest goes again") {
    Outgoing message = outgoing(5);
    for (std::uint16_t i = 0; i < 3; ++i) (void)message.sent(i);  // sequences 1…3
    CHECK(message.apply(ack_of({0, 1, 2}), 3, 4) == Learnt::progress);
    (void)message.sent(3);  // sequence 4: left when 0…2 were known to be there
    CHECK(message.apply(ack_of({3}), 4, 5) == Learnt::forgotten);
    CHECK(message.is_there(3));
    CHECK_EQ(message.next(), 0);
    (void)message.sent(0);  // 5
    CHECK(message.apply(ack_of({0, 3}), 5, 6) == Learnt::progress);
    CHECK_EQ(message.next(), 1);
}

TEST_CASE("outgoing: what two lives of the receiver have together is no message") {
    Outgoing message = outgoing(2);
    (void)message.sent(0);
    CHECK(message.apply(ack_of({0}), 1, 2) == Learnt::progress);
    (void)message.sent(1);
    CHECK(message.apply(ack_of({1}), 2, 3) == Learnt::forgotten);
    CHECK_FALSE(message.is_complete());
    CHECK_EQ(message.next(), 0);
    (void)message.sent(0);
    CHECK(message.apply(ack_of({0, 1}), 3, 4) == Learnt::progress);
    CHECK(message.is_complete());
}

TEST_CASE("outgoing: restarted, all of it is to be sent") {
    Outgoing message = outgoing(3);
    send_all(message);
    CHECK(message.apply(ack_of({0}), 1, 4) == Learnt::progress);
    message.lost(1);
    message.restart();
    CHECK_EQ(message.next(), 0);
    CHECK_EQ(message.probe(), 0);
    CHECK(message.apply(ack_of({0}), 1, 4) == Learnt::nonsense);
    send_all(message);
    CHECK(message.apply(ack_of({0, 1, 2}), 6, 7) == Learnt::progress);
    CHECK(message.is_complete());
}

}  // namespace
}  // namespace chord::net
