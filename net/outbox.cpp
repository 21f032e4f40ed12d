#include "net/outbox.hpp"

#include <algorithm>

#include "node/core/base/check.hpp"

namespace chord::net {

std::vector<std::uint8_t> Outbox::frame_of(Kind kind, std::uint64_t request_id, std::uint8_t attempt,
                                           std::span<const std::uint8_t> body) const {
    CHORD_CHECK(body.size() <= kBodyBytesMax);
    const auto head = encode(Envelope{kind, member_, attempt, request_id});
    std::vector<std::uint8_t> frame(kDataOverheadBytes + kEnvelopeBytes + body.size());
    std::ranges::copy(head, frame.begin() + kFrameHeadBytes);
    std::ranges::copy(body, frame.begin() + kFrameHeadBytes + kEnvelopeBytes);
    return frame;
}

void Outbox::post_request(const Callee& to, std::uint64_t request_id, std::uint8_t attempt,
                          std::span<const std::uint8_t> body, Time now) {
    channels_.send_request(to, request_id, attempt, frame_of(Kind::request, request_id, attempt, body), now);
}

void Outbox::post_answer(const Asker& asker, Kind kind, std::uint64_t request_id, std::uint8_t attempt,
                         std::span<const std::uint8_t> body, const Endpoint& from, Time now) {
    channels_.send_answer(asker, from, frame_of(kind, request_id, attempt, body), now);
}

}  // namespace chord::net
