// Envelope: the header in front of every message. The plaintext of a data frame is envelope, body (net/WIRE.md).
//
// Who sent it is not said here: the session under which it came knows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "net/channel/session.hpp"
#include "net/message/path_mtu.hpp"
#include "node/core/base/id.hpp"
#include "node/core/base/result.hpp"

namespace chord::net {

inline constexpr std::size_t kEnvelopeBytes = 11;
/// A longer body travels as a message of net/message, with the same envelope in front. As long a datagram gets through
/// everywhere (BASE_PLPMTU, RFC 8899 section 5.1.2).
inline constexpr std::size_t kBodyBytesMax = kBaseDatagramBytes - kDataOverheadBytes - kEnvelopeBytes;

enum class Kind : std::uint8_t {
    request = 1,
    response = 2,
    working = 3,  // no body: the request was understood, its response takes longer than the asker's timeout
    again = 4,    // no body: the request came as a message, which is not sent twice; what has become of it?
    coming = 5,   // no body: the response is a message and on its way
};

struct Envelope {
    Kind kind = Kind::request;
    bool member = false;       // the sender calls itself a member of the ring
    std::uint8_t attempt = 0;  // 0 for the first transmission; a response echoes its request's
    std::uint64_t request_id = 0;
    Id sender{};              // of what was received: by its session
    bool background = false;  // of a request: nobody waits for its response

    friend bool operator==(const Envelope&, const Envelope&) = default;
};

struct Parcel {
    Envelope envelope;
    std::span<const std::uint8_t> body;  // points into the parsed bytes
};

/// The envelope's bytes: kind u8, flags u8, attempt u8, request id u64.
std::array<std::uint8_t, kEnvelopeBytes> encode(const Envelope& envelope);

/// Splits a plaintext that `sender` sealed. Errors: bad_message.
Result<Parcel> parse_parcel(const Id& sender, std::span<const std::uint8_t> plaintext);

/// The kind in the label of what net/message sends.
inline constexpr std::uint8_t kMessageLabel = 6;

/// Kind, attempt and the message's tag, for Datagram::label; zeros where there is none.
std::array<std::uint8_t, 3> label_of(std::span<const std::uint8_t> plaintext);

}  // namespace chord::net
