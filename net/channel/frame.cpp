#include "net/channel/frame.hpp"

#include "net/reader.hpp"
#include "net/writer.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

std::array<std::uint8_t, kFrameHeadBytes> encode(const FrameHead& head) {
    std::array<std::uint8_t, kFrameHeadBytes> bytes{};
    Writer writer(bytes);
    writer.u8(kWireVersion);
    writer.u8(static_cast<std::uint8_t>(head.kind));
    writer.u16(0);
    writer.u32(static_cast<std::uint32_t>(head.receiver));
    writer.u64(head.number);
    CHORD_CHECK(!writer.failed() && writer.written().size() == kFrameHeadBytes);
    return bytes;
}

Result<FrameHead> parse_frame_head(std::span<const std::uint8_t> datagram) {
    Reader reader(datagram);
    reader.u8();
    const std::uint8_t kind = reader.u8();
    const std::uint16_t zero = reader.u16();
    FrameHead head;
    head.receiver = SessionIndex{reader.u32()};
    head.number = reader.u64();
    const bool is_known =
        kind >= static_cast<std::uint8_t>(FrameKind::data) && kind <= static_cast<std::uint8_t>(FrameKind::cookie);
    if (reader.failed() || zero != 0 || !is_known) return Error::bad_message;
    head.kind = static_cast<FrameKind>(kind);
    const bool opens = head.kind == FrameKind::xx_open || head.kind == FrameKind::ik_open;
    const bool names_sender = opens || head.kind == FrameKind::xx_answer || head.kind == FrameKind::ik_answer;
    if (opens && head.receiver != SessionIndex{}) return Error::bad_message;
    if (names_sender && head.number >> 32 != 0) return Error::bad_message;
    if (!names_sender && head.kind != FrameKind::data && head.number != 0) return Error::bad_message;
    return head;
}

bool has_wire_version(std::span<const std::uint8_t> datagram) {
    CHORD_CHECK(!datagram.empty());
    return datagram.front() == kWireVersion;
}

}  // namespace chord::net
