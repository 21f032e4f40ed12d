#include "net/message/frame.hpp"

#include <algorithm>
#include <array>

#include "net/reader.hpp"
#include "net/writer.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

enum class FrameKind : std::uint8_t {
    fragment = 0x11,
    ack = 0x12,
    refusal = 0x13,
    cancel = 0x14,
    probe = 0x15,
    probe_ack = 0x16,
};

constexpr std::size_t kFrameBytesMax = 1500;  // no frame is larger: the largest UDP payload of Ethernet is 1472

FragmentFrame read_fragment(Reader& reader) {
    FragmentFrame frame;
    frame.message = MessageId{reader.u32()};
    frame.index = reader.u16();
    frame.count = reader.u16();
    frame.sequence = WireSequence{reader.u32()};
    frame.payload = reader.rest();
    const bool last = frame.index + 1 == frame.count;
    if (frame.index >= frame.count || frame.payload.empty() || frame.payload.size() > kFragmentPayloadMax ||
        (!last && frame.payload.size() < kFragmentPayloadMin)) {
        reader.fail(Error::bad_message);
    }
    return frame;
}

AckFrame read_ack(Reader& reader) {
    AckFrame frame;
    frame.message = MessageId{reader.u32()};
    frame.sequence = WireSequence{reader.u32()};
    frame.received = reader.u16();
    frame.first_missing = reader.u16();
    const auto bitmap = reader.rest();
    if (bitmap.size() > kAckBitmapBytesMax || (!bitmap.empty() && bitmap.back() == 0) ||
        frame.received < frame.first_missing) {
        reader.fail(Error::bad_message);
        return frame;
    }
    frame.bitmap.assign(bitmap.begin(), bitmap.end());
    return frame;
}

RefusalFrame read_refusal(Reader& reader) {
    RefusalFrame frame;
    frame.message = MessageId{reader.u32()};
    const std::uint8_t number = reader.u8();
    frame.error = static_cast<Error>(number);
    if (frame.error != Error::too_big && frame.error != Error::overloaded) reader.fail(Error::bad_message);
    return frame;
}

ProbeFrame read_probe(Reader& reader) {
    ProbeFrame frame;
    frame.sequence = WireSequence{reader.u32()};
    const auto padding = reader.rest();
    if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte != 0; })) {
        reader.fail(Error::bad_message);
    }
    frame.padding = padding.size();
    return frame;
}

void write(Writer& writer, const FragmentFrame& frame) {
    CHORD_CHECK(frame.index < frame.count && !frame.payload.empty() && frame.payload.size() <= kFragmentPayloadMax);
    writer.u8(static_cast<std::uint8_t>(FrameKind::fragment));
    writer.u32(static_cast<std::uint32_t>(frame.message));
    writer.u16(frame.index);
    writer.u16(frame.count);
    writer.u32(static_cast<std::uint32_t>(frame.sequence));
    writer.bytes(frame.payload);
}

void write(Writer& writer, const AckFrame& frame) {
    CHORD_CHECK(frame.bitmap.size() <= kAckBitmapBytesMax && (frame.bitmap.empty() || frame.bitmap.back() != 0));
    writer.u8(static_cast<std::uint8_t>(FrameKind::ack));
    writer.u32(static_cast<std::uint32_t>(frame.message));
    writer.u32(static_cast<std::uint32_t>(frame.sequence));
    writer.u16(frame.received);
    writer.u16(frame.first_missing);
    writer.bytes(frame.bitmap);
}

void write(Writer& writer, const RefusalFrame& frame) {
    writer.u8(static_cast<std::uint8_t>(FrameKind::refusal));
    writer.u32(static_cast<std::uint32_t>(frame.message));
    writer.u8(static_cast<std::uint8_t>(frame.error));
}

void write(Writer& writer, const CancelFrame& frame) {
    writer.u8(static_cast<std::uint8_t>(FrameKind::cancel));
    writer.u32(static_cast<std::uint32_t>(frame.message));
}

void write(Writer& writer, const ProbeFrame& frame) {
    static constexpr std::array<std::uint8_t, kFrameBytesMax> kZeros{};
    CHORD_CHECK(frame.padding <= kFrameBytesMax - kProbeHeadBytes);
    writer.u8(static_cast<std::uint8_t>(FrameKind::probe));
    writer.u32(static_cast<std::uint32_t>(frame.sequence));
    writer.bytes(std::span(kZeros).first(frame.padding));
}

void write(Writer& writer, const ProbeAckFrame& frame) {
    writer.u8(static_cast<std::uint8_t>(FrameKind::probe_ack));
    writer.u32(static_cast<std::uint32_t>(frame.sequence));
}

template <typename Frame>
Result<MessageFrame> finished(const Reader& reader, Frame frame) {
    if (const Status status = reader.finish(); !status) return status.error();
    return MessageFrame(std::move(frame));
}

}  // namespace

bool AckFrame::has(std::uint16_t index) const {
    if (index <= first_missing) return index < first_missing;
    const std::size_t bit = index - first_missing - std::size_t{1};
    return bit / 8 < bitmap.size() && (bitmap[bit / 8] >> (bit % 8) & 1) != 0;
}

bool is_message_frame(std::span<const std::uint8_t> plaintext) {
    return !plaintext.empty() && plaintext.front() >= static_cast<std::uint8_t>(FrameKind::fragment) &&
           plaintext.front() <= static_cast<std::uint8_t>(FrameKind::probe_ack);
}

Result<MessageFrame> decode_frame(std::span<const std::uint8_t> plaintext) {
    if (plaintext.size() > kFrameBytesMax) return Error::bad_message;
    Reader reader(plaintext);
    switch (static_cast<FrameKind>(reader.u8())) {
        case FrameKind::fragment: {
            const FragmentFrame frame = read_fragment(reader);
            return finished(reader, frame);
        }
        case FrameKind::ack: {
            AckFrame frame = read_ack(reader);
            return finished(reader, std::move(frame));
        }
        case FrameKind::refusal: {
            const RefusalFrame frame = read_refusal(reader);
            return finished(reader, frame);
        }
        case FrameKind::cancel: {
            const CancelFrame frame{MessageId{reader.u32()}};
            return finished(reader, frame);
        }
        case FrameKind::probe: {
            const ProbeFrame frame = read_probe(reader);
            return finished(reader, frame);
        }
        case FrameKind::probe_ack: {
            const ProbeAckFrame frame{WireSequence{reader.u32()}};
            return finished(reader, frame);
        }
    }
    return Error::bad_message;
}

std::vector<std::uint8_t> encode(const MessageFrame& frame) {
    std::array<std::uint8_t, kFrameBytesMax> buffer{};
    Writer writer(buffer);
    std::visit([&writer](const auto& each) { write(writer, each); }, frame);
    CHORD_CHECK(!writer.failed());
    const auto written = writer.written();
    return {written.begin(), written.end()};
}

}  // namespace chord::net
