// Envelope: the header in front of every message. A datagram is envelope, body, tag (net/WIRE.md).
//
// It is not the seal: the tag has been checked, and cut off, before an envelope is parsed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "node/core/base/id.hpp"
#include "node/core/base/result.hpp"

namespace chord::net {

/// High nibble: chordd; low nibble: the version of the wire format.
inline constexpr std::uint8_t kWireVersion = 0xc1;
inline constexpr std::size_t kDatagramBytesMax = 1400;
inline constexpr std::size_t kEnvelopeBytes = 44;
inline constexpr std::size_t kTagBytes = 16;
inline constexpr std::size_t kBodyBytesMax = kDatagramBytesMax - kEnvelopeBytes - kTagBytes;

enum class Kind : std::uint8_t {
    request = 1,
    response = 2,
    working = 3,  // no body: the request was understood, its response takes longer than the asker's timeout
};

struct Envelope {
    Kind kind = Kind::request;
    bool member = false;       // the sender calls itself a member of the ring
    std::uint8_t attempt = 0;  // 0 for the first transmission; a response echoes its request's
    std::uint64_t request_id = 0;
    Id sender;

    friend bool operator==(const Envelope&, const Envelope&) = default;
};

struct Parcel {
    Envelope envelope;
    std::span<const std::uint8_t> body;  // points into the parsed bytes
};

/// True when the datagram's first byte names the wire version of this program. REQUIRES: not empty.
bool has_wire_version(std::span<const std::uint8_t> datagram);

/// The envelope's bytes.
std::array<std::uint8_t, kEnvelopeBytes> encode(const Envelope& envelope);

/// Splits an unsealed datagram. Errors: bad_message.
Result<Parcel> parse_parcel(std::span<const std::uint8_t> unsealed);

}  // namespace chord::net
