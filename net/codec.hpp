// Codec: the bodies of messages as bytes and back. The layout is net/WIRE.md's; the rows stand in codec_requests.cpp
// and codec_responses.cpp, the elements they are made of in codec_elements.
//
// Invariants
//  1. What encode() yields decodes to an equal message, times rounded up to the ms. It is at most kBodyBytesMax long,
//     not counting a key and a value in it.
//  2. Each message has one encoding and decode() refuses every other one; an error number of a later version is the
//     one exception (error_from_wire).
//  3. Node times never travel: `expires` is sent as the time that remains.
//  4. A link-local address travels over its own link only; over any other way it becomes kElsewhere.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/core/message.hpp"

namespace chord::net {

/// What an encoder needs to know of the datagram's departure.
struct Departure {
    Departure() = default;
    Departure(Time at) : now(at) {}  // NOLINT: over no link in particular
    Departure(Time at, const Endpoint& to) : now(at), scope(to.scope) {}

    Time now{};
    std::uint32_t scope = 0;  // of the link, if the receiver's address is a link-local one
};

/// What a decoder needs to know of the datagram's arrival.
struct Arrival {
    Time now;
    Endpoint from;
};

/// REQUIRES: lists, keys and values within their kXxxMax; a tombstone without value.
std::vector<std::uint8_t> encode(const Request& request, const Departure& departure);
std::vector<std::uint8_t> encode(const Response& response, const Departure& departure);

/// Errors: bad_message; too_big for a key or value over its limit.
Result<Request> decode_request(std::span<const std::uint8_t> body, const Arrival& arrival);
Result<Response> decode_response(std::span<const std::uint8_t> body, const Arrival& arrival);

}  // namespace chord::net
