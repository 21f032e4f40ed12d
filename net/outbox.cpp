#include "net/outbox.hpp"

#include <utility>

#include "node/core/base/check.hpp"

namespace chord::net {

void Outbox::post(const Endpoint& to, Kind kind, std::uint64_t request_id, std::uint8_t attempt,
                  std::span<const std::uint8_t> body, const Endpoint& from) {
    CHORD_CHECK(body.size() <= kBodyBytesMax);
    Envelope envelope;
    envelope.kind = kind;
    envelope.member = member_;
    envelope.attempt = attempt;
    envelope.request_id = request_id;
    envelope.sender = self_;
    const auto head = encode(envelope);

    Datagram datagram{to, {}, from};
    datagram.bytes.reserve(kEnvelopeBytes + body.size() + kTagBytes);
    datagram.bytes.insert(datagram.bytes.end(), head.begin(), head.end());
    datagram.bytes.insert(datagram.bytes.end(), body.begin(), body.end());
    seal_.seal(to, datagram.bytes);
    CHORD_CHECK(datagram.bytes.size() <= kDatagramBytesMax);

    ++counters_.tx_datagrams;
    counters_.tx_bytes += datagram.bytes.size();
    datagrams_.push_back(std::move(datagram));
}

std::vector<Datagram> Outbox::take() {
    return std::exchange(datagrams_, {});
}

}  // namespace chord::net
