#include "net/envelope.hpp"

#include "net/message/frame.hpp"
#include "net/reader.hpp"
#include "net/writer.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

constexpr std::uint8_t kMemberFlag = 0x01;
constexpr std::uint8_t kBackgroundFlag = 0x02;

bool is_bodiless(Kind kind) {
    return kind == Kind::working || kind == Kind::again || kind == Kind::coming;
}

}  // namespace

std::array<std::uint8_t, kEnvelopeBytes> encode(const Envelope& envelope) {
    std::array<std::uint8_t, kEnvelopeBytes> bytes{};
    Writer writer(bytes);
    writer.u8(static_cast<std::uint8_t>(envelope.kind));
    const int flags = (envelope.member ? kMemberFlag : 0) | (envelope.background ? kBackgroundFlag : 0);
    writer.u8(static_cast<std::uint8_t>(flags));
    writer.u8(envelope.attempt);
    writer.u64(envelope.request_id);
    CHORD_CHECK(!writer.failed() && writer.written().size() == kEnvelopeBytes);
    return bytes;
}

Result<Parcel> parse_parcel(const Id& sender, std::span<const std::uint8_t> plaintext) {
    Reader reader(plaintext);
    Parcel parcel;
    const std::uint8_t kind = reader.u8();
    if (kind < static_cast<std::uint8_t>(Kind::request) || kind > static_cast<std::uint8_t>(Kind::coming)) {
        return Error::bad_message;
    }
    parcel.envelope.kind = static_cast<Kind>(kind);
    const std::uint8_t flags = reader.u8();
    if ((flags & ~(kMemberFlag | kBackgroundFlag)) != 0) return Error::bad_message;
    parcel.envelope.member = (flags & kMemberFlag) != 0;
    parcel.envelope.background = (flags & kBackgroundFlag) != 0;
    if (parcel.envelope.background && parcel.envelope.kind != Kind::request) return Error::bad_message;
    parcel.envelope.attempt = reader.u8();
    parcel.envelope.request_id = reader.u64();
    if (reader.failed()) return Error::bad_message;
    parcel.envelope.sender = sender;
    parcel.body = reader.rest();
    if (is_bodiless(parcel.envelope.kind) && !parcel.body.empty()) return Error::bad_message;
    return parcel;
}

std::array<std::uint8_t, 3> label_of(std::span<const std::uint8_t> plaintext) {
    if (is_message_frame(plaintext)) return {kMessageLabel, 0, 0};
    if (plaintext.size() < kEnvelopeBytes) return {};
    const std::uint8_t tag = plaintext.size() > kEnvelopeBytes ? plaintext[kEnvelopeBytes] : std::uint8_t{0};
    return {plaintext[0], plaintext[2], tag};
}

}  // namespace chord::net
