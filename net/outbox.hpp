// Outbox: puts the envelope in front of bodies and gives them to the channels: short ones as one datagram, long ones
// as a message that is carried and repeated by net/message.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "net/channel/channels.hpp"
#include "net/envelope.hpp"
#include "net/message/messages.hpp"

namespace chord::net {

class Outbox {
public:
    /// Both must outlive the outbox.
    Outbox(Channels& channels, Messages& messages) : channels_(channels), messages_(messages) {}

    static bool is_long(std::span<const std::uint8_t> body) { return body.size() > kBodyBytesMax; }

    void set_member(bool member) { member_ = member; }

    /// Sends a request. REQUIRES: !is_long(body).
    void post_request(const Callee& to, Envelope envelope, std::span<const std::uint8_t> body, Time now);

    /// Answers a request. `from` as in Datagram. REQUIRES: as above.
    void post_answer(const Asker& asker, Envelope envelope, std::span<const std::uint8_t> body, const Endpoint& from,
                     Time now);

    /// Sends a long body; `rtt` of the path, if known. Errors: those of Messages::send().
    Result<SendHandle> send_long(const Peer& to, Envelope envelope, std::span<const std::uint8_t> body,
                                 Priority priority, std::optional<Duration> rtt, Time now);
    /// Nobody wants it to arrive any more.
    void cancel_long(SendHandle handle) { messages_.cancel(handle, Error::timeout); }

    /// Begins a handshake for what will be sent when it is complete.
    void knock(const Callee& to, Time now) { channels_.open(to, now); }

    /// Gives to the channels what net/message wants to leave.
    void flush(Time now);

private:
    /// The envelope and the body, between `before` and `after` bytes of room.
    std::vector<std::uint8_t> parcel(Envelope envelope, std::span<const std::uint8_t> body, std::size_t before,
                                     std::size_t after) const;

    Channels& channels_;
    Messages& messages_;
    bool member_ = false;
};

}  // namespace chord::net
