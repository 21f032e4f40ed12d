// Codec: the bodies of messages as bytes and back. The layout is net/WIRE.md's; the rows stand in codec_requests.cpp
// and codec_responses.cpp, the elements they are made of in codec_elements.
//
// Invariants
//  1. What encode() yields decodes to an equal message, times rounded up to the ms. It is at most kBodyBytesMax long,
//     not counting a key and a value in it.
//  2. Each message has one encoding and decode() refuses every other one; an error number of a later version is the
//     one exception (error_from_wire).
//  3. Node times never travel: `expires` is sent as the time that remains.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/core/message.hpp"

namespace chord::net {

/// What a decoder needs to know of the datagram's arrival.
struct Arrival {
    Time now;
    Endpoint from;
};

/// REQUIRES: lists, keys and values within their kXxxMax; a tombstone without value.
std::vector<std::uint8_t> encode(const Request& request, Time now);
std::vector<std::uint8_t> encode(const Response& response, Time now);

/// Errors: bad_message; too_big for a key or value over its limit.
Result<Request> decode_request(std::span<const std::uint8_t> body, const Arrival& arrival);
Result<Response> decode_response(std::span<const std::uint8_t> body, const Arrival& arrival);

}  // namespace chord::net
