#include "net/envelope.hpp"

#include "net/reader.hpp"
#include "net/writer.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

constexpr std::uint8_t kMemberFlag = 0x01;

}  // namespace

bool has_wire_version(std::span<const std::uint8_t> datagram) {
    CHORD_CHECK(!datagram.empty());
    return datagram.front() == kWireVersion;
}

std::array<std::uint8_t, kEnvelopeBytes> encode(const Envelope& envelope) {
    std::array<std::uint8_t, kEnvelopeBytes> bytes{};
    Writer writer(bytes);
    writer.u8(kWireVersion);
    writer.u8(static_cast<std::uint8_t>(envelope.kind));
    writer.u8(envelope.member ? kMemberFlag : 0);
    writer.u8(envelope.attempt);
    writer.u64(envelope.request_id);
    writer.bytes(envelope.sender.bytes());
    CHORD_CHECK(!writer.failed() && writer.written().size() == kEnvelopeBytes);
    return bytes;
}

Result<Parcel> parse_parcel(std::span<const std::uint8_t> unsealed) {
    Reader reader(unsealed);
    Parcel parcel;
    if (reader.u8() != kWireVersion) return Error::bad_message;
    const std::uint8_t kind = reader.u8();
    if (kind < static_cast<std::uint8_t>(Kind::request) || kind > static_cast<std::uint8_t>(Kind::working)) {
        return Error::bad_message;
    }
    parcel.envelope.kind = static_cast<Kind>(kind);
    const std::uint8_t flags = reader.u8();
    if ((flags & ~kMemberFlag) != 0) return Error::bad_message;
    parcel.envelope.member = (flags & kMemberFlag) != 0;
    parcel.envelope.attempt = reader.u8();
    parcel.envelope.request_id = reader.u64();
    const auto sender = reader.bytes(Id::kBytes);
    if (reader.failed()) return Error::bad_message;
    parcel.envelope.sender = Id::from_bytes(sender.data());
    parcel.body = reader.rest();
    if (parcel.envelope.kind == Kind::working && !parcel.body.empty()) return Error::bad_message;
    return parcel;
}

}  // namespace chord::net
