// Outbox: puts the envelope in front of bodies and gives them to the channels.
#pragma once

#include <cstdint>
#include <span>

#include "net/channel/channels.hpp"
#include "net/envelope.hpp"

namespace chord::net {

class Outbox {
public:
    /// `channels` must outlive the outbox.
    explicit Outbox(Channels& channels) : channels_(channels) {}

    void set_member(bool member) { member_ = member; }

    /// Sends a request, of which `envelope` says the id and the attempt. REQUIRES: body.size() <= kBodyBytesMax.
    void post_request(const Callee& to, std::uint64_t request_id, std::uint8_t attempt,
                      std::span<const std::uint8_t> body, Time now);

    /// Answers a request: `kind` is response or working. `from` as in Datagram. REQUIRES: as above.
    void post_answer(const Asker& asker, Kind kind, std::uint64_t request_id, std::uint8_t attempt,
                     std::span<const std::uint8_t> body, const Endpoint& from, Time now);

private:
    std::vector<std::uint8_t> frame_of(Kind kind, std::uint64_t request_id, std::uint8_t attempt,
                                       std::span<const std::uint8_t> body) const;

    Channels& channels_;
    bool member_ = false;
};

}  // namespace chord::net
