#include "net/outbox.hpp"

#include <algorithm>

#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

constexpr std::size_t kTailBytes = kDataOverheadBytes - kFrameHeadBytes;

}  // namespace

std::vector<std::uint8_t> Outbox::parcel(Envelope envelope, std::span<const std::uint8_t> body, std::size_t before,
                                         std::size_t after) const {
    envelope.member = member_;
    const auto head = encode(envelope);
    std::vector<std::uint8_t> bytes(before + head.size() + body.size() + after);
    const auto rest = std::ranges::copy(head, bytes.begin() + static_cast<std::ptrdiff_t>(before)).out;
    std::ranges::copy(body, rest);
    return bytes;
}

void Outbox::post_request(const Callee& to, Envelope envelope, std::span<const std::uint8_t> body, Time now) {
    CHORD_CHECK(!is_long(body));
    channels_.send_request(to, envelope.request_id, envelope.attempt,
                           parcel(envelope, body, kFrameHeadBytes, kTailBytes), now);
}

void Outbox::post_answer(const Asker& asker, Envelope envelope, std::span<const std::uint8_t> body,
                         const Endpoint& from, Time now) {
    CHORD_CHECK(!is_long(body));
    channels_.send_answer(asker, from, parcel(envelope, body, kFrameHeadBytes, kTailBytes), now);
}

Result<SendHandle> Outbox::send_long(const Peer& to, Envelope envelope, std::span<const std::uint8_t> body,
                                     Priority priority, std::optional<Duration> rtt, Time now) {
    return messages_.send(to, parcel(envelope, body, 0, 0), priority, now, rtt);
}

void Outbox::flush(Time now) {
    for (const OutgoingFrame& frame : messages_.take_frames()) {
        std::vector<std::uint8_t> sealed(kDataOverheadBytes + frame.plaintext.size());
        std::ranges::copy(frame.plaintext, sealed.begin() + kFrameHeadBytes);
        channels_.send_repeated(frame.to, std::move(sealed), {.unheard = frame.unheard, .answer = frame.answer}, now);
    }
}

}  // namespace chord::net
