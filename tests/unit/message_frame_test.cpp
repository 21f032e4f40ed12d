// Frames: golden bytes, limits, and that every frame has exactly one encoding.
#include "net/message/frame.hpp"

#include <doctest/doctest.h>

#include "node/core/base/rng.hpp"

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;

constexpr MessageId kMessage{0x01020304};
constexpr WireSequence kSequence{0xa1a2a3a4};

Raw fragment_bytes(std::uint16_t index, std::uint16_t count, std::size_t size) {
    const Raw payload(size, 0x55);
    return encode(FragmentFrame{kMessage, index, count, kSequence, payload});
}

template <typename Frame>
Frame decoded(const Raw& bytes) {
    auto frame = decode_frame(bytes);
    REQUIRE(frame.has_value());
    REQUIRE(std::holds_alternative<Frame>(*frame));
    return std::get<Frame>(*frame);
}

TEST_CASE("message frame: the bytes that the head of frame.hpp promises") {
    const Raw payload{9, 8, 7};
    CHECK_EQ(encode(FragmentFrame{kMessage, 5, 6, kSequence, payload}),
             Raw{0x11, 1, 2, 3, 4, 0, 5, 0, 6, 0xa1, 0xa2, 0xa3, 0xa4, 9, 8, 7});
    CHECK_EQ(encode(AckFrame{kMessage, kSequence, 0x0a0b, 0x0102, {0x80, 0x01}}),
             Raw{0x12, 1, 2, 3, 4, 0xa1, 0xa2, 0xa3, 0xa4, 0x0a, 0x0b, 1, 2, 0x80, 1});
    CHECK_EQ(encode(RefusalFrame{kMessage, Error::too_big}), Raw{0x13, 1, 2, 3, 4, 7});
    CHECK_EQ(encode(RefusalFrame{kMessage, Error::overloaded}), Raw{0x13, 1, 2, 3, 4, 16});
    CHECK_EQ(encode(CancelFrame{kMessage}), Raw{0x14, 1, 2, 3, 4});
    CHECK_EQ(encode(ProbeFrame{kSequence, 2}), Raw{0x15, 0xa1, 0xa2, 0xa3, 0xa4, 0, 0});
    CHECK_EQ(encode(ProbeAckFrame{kSequence}), Raw{0x16, 0xa1, 0xa2, 0xa3, 0xa4});
}

TEST_CASE("message frame: what was written is read") {
    const Raw bytes = fragment_bytes(3, 9, 1100);
    const auto fragment = decoded<FragmentFrame>(bytes);
    CHECK(fragment.message == kMessage);
    CHECK_EQ(fragment.index, 3);
    CHECK_EQ(fragment.count, 9);
    CHECK(fragment.sequence == kSequence);
    CHECK_EQ(fragment.payload.size(), 1100);
    CHECK_EQ(fragment.payload.data(), bytes.data() + kFragmentHeadBytes);

    const auto ack = decoded<AckFrame>(encode(AckFrame{kMessage, kSequence, 7, 5, {0x03}}));
    CHECK_EQ(ack.received, 7);
    CHECK_EQ(ack.first_missing, 5);
    CHECK_EQ(ack.bitmap, Raw{0x03});
    CHECK(decoded<RefusalFrame>(encode(RefusalFrame{kMessage, Error::too_big})).error == Error::too_big);
    CHECK(decoded<CancelFrame>(encode(CancelFrame{kMessage})).message == kMessage);
    CHECK_EQ(decoded<ProbeFrame>(encode(ProbeFrame{kSequence, 1300})).padding, 1300);
    CHECK(decoded<ProbeAckFrame>(encode(ProbeAckFrame{kSequence})).sequence == kSequence);
}

TEST_CASE("message frame: an ack names the fragments after the first missing one by bits, least first") {
    const AckFrame ack{kMessage, kSequence, 6, 4, {0x81, 0x02}};
    for (std::uint16_t index = 0; index < 4; ++index) CHECK(ack.has(index));
    CHECK_FALSE(ack.has(4));
    CHECK(ack.has(5));
    CHECK_FALSE(ack.has(6));
    CHECK(ack.has(12));
    CHECK_FALSE(ack.has(13));
    CHECK(ack.has(14));
    CHECK_FALSE(ack.has(15));
    CHECK_FALSE(ack.has(65535));
}

TEST_CASE("message frame: fragments out of range are refused") {
    CHECK(decode_frame(fragment_bytes(8, 9, 1)));
    CHECK(decode_frame(fragment_bytes(0, 1, 1)));
    CHECK(decode_frame(fragment_bytes(7, 9, kFragmentPayloadMin)));
    CHECK(decode_frame(fragment_bytes(7, 9, kFragmentPayloadMax)));
    CHECK_FALSE(decode_frame(fragment_bytes(7, 9, kFragmentPayloadMin - 1)));
    Raw bytes = fragment_bytes(8, 9, 10);
    bytes.resize(kFragmentHeadBytes);
    CHECK_FALSE(decode_frame(bytes));  // no payload
    bytes = fragment_bytes(8, 9, kFragmentPayloadMax);
    bytes.push_back(0);
    CHECK_FALSE(decode_frame(bytes));  // too much of it
    bytes = fragment_bytes(8, 9, 1200);
    bytes[6] = 9;
    CHECK_FALSE(decode_frame(bytes));  // index 9 of 9
    bytes[6] = bytes[8] = 0;
    CHECK_FALSE(decode_frame(bytes));  // count 0
}

TEST_CASE("message frame: a frame has one encoding only") {
    Raw ack = encode(AckFrame{kMessage, kSequence, 7, 5, {0x03}});
    ack.push_back(0);
    CHECK_FALSE(decode_frame(ack));  // a last byte that says nothing
    ack.pop_back();
    ack[12] = 8;
    CHECK_FALSE(decode_frame(ack));  // all before 8 are there, but 7 in all
    CHECK(decode_frame(encode(AckFrame{kMessage, kSequence, 600, 1, Raw(kAckBitmapBytesMax, 1)})));
    ack = encode(AckFrame{kMessage, kSequence, 600, 1, Raw(kAckBitmapBytesMax, 1)});
    ack.push_back(1);
    CHECK_FALSE(decode_frame(ack));
    Raw probe = encode(ProbeFrame{kSequence, 20});
    probe[12] = 1;
    CHECK_FALSE(decode_frame(probe));
    Raw refusal = encode(RefusalFrame{kMessage, Error::too_big});
    refusal[5] = static_cast<std::uint8_t>(Error::busy);
    CHECK_FALSE(decode_frame(refusal));
    for (const MessageFrame& frame : {MessageFrame(RefusalFrame{kMessage, Error::too_big}),
                                      MessageFrame(CancelFrame{kMessage}), MessageFrame(ProbeAckFrame{kSequence})}) {
        Raw longer = encode(frame);
        longer.push_back(0);
        CHECK_FALSE(decode_frame(longer));
    }
}

TEST_CASE("message frame: the first byte tells frames from other plaintexts; no prefix of a head is a frame") {
    CHECK_FALSE(is_message_frame({}));
    for (int byte = 0; byte < 256; ++byte) {
        const Raw bytes{static_cast<std::uint8_t>(byte)};
        CHECK_EQ(is_message_frame(bytes), byte >= 0x11 && byte <= 0x16);
        CHECK_FALSE(decode_frame(bytes));
    }
    const Raw whole = fragment_bytes(8, 9, 1);
    for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(decode_frame(std::span(whole).first(size)));
    CHECK_FALSE(decode_frame(Raw(65535, 0x15)));
}

TEST_CASE("message frame: whatever is decoded encodes to the same bytes") {
    Rng rng(1);
    int understood = 0;
    for (int i = 0; i < 20'000; ++i) {
        Raw bytes(rng.below(40));
        for (std::uint8_t& each : bytes) each = static_cast<std::uint8_t>(rng.chance(1, 2) ? 0 : rng.next());
        if (!bytes.empty()) bytes[0] = static_cast<std::uint8_t>(0x10 + rng.below(8));
        const auto frame = decode_frame(bytes);
        if (!frame) continue;
        ++understood;
        REQUIRE_EQ(encode(*frame), bytes);
    }
    CHECK_GT(understood, 500);
}

}  // namespace
}  // namespace chord::net
