// Frame: the clear bytes in front of every datagram. What follows them, each kind has a file of its own for:
//
//   kind           number          behind the head
//   data           counter         one message, sealed (session.hpp)
//   xx_open        sender index    opener (opener.hpp), first message of XXpsk3, macs (net/guard/cookie.hpp)
//   xx_answer      sender index    second message, macs
//   xx_finish      0               third message, macs
//   ik_open        sender index    first message of IKpsk2, macs
//   ik_answer      sender index    second message, macs
//   cookie         0               cookie reply
//
// An eavesdropper sees the kind, the receiver's session index, which is random, and how much was sent; no key, no id.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "net/session/session_table.hpp"
#include "node/core/base/result.hpp"

namespace chord::net {

/// High nibble: chordd; low nibble: the version of the wire format.
inline constexpr std::uint8_t kWireVersion = 0xc2;
inline constexpr std::size_t kDatagramBytesMax = 1472;  // Ethernet's 1,500 without the headers of IPv4 and UDP
inline constexpr std::size_t kFrameHeadBytes = 16;

enum class FrameKind : std::uint8_t {
    data = 1,
    xx_open = 2,
    xx_answer = 3,
    xx_finish = 4,
    ik_open = 5,
    ik_answer = 6,
    cookie = 7,
};

struct FrameHead {
    FrameKind kind = FrameKind::data;
    SessionIndex receiver{};   // the receiver's name for the session or handshake; 0 for the first message
    std::uint64_t number = 0;  // the counter of a data frame; the sender's index in a handshake

    friend bool operator==(const FrameHead&, const FrameHead&) = default;
};

/// version u8, kind u8, 0 u16, receiver u32, number u64.
std::array<std::uint8_t, kFrameHeadBytes> encode(const FrameHead& head);

/// The head of a datagram. Errors: bad_message when it is shorter than a head, of an unknown kind, or has other bytes
/// where zeros are due. Does not look at the version (has_wire_version).
Result<FrameHead> parse_frame_head(std::span<const std::uint8_t> datagram);

/// True when the datagram's first byte names the wire version of this program. REQUIRES: not empty.
bool has_wire_version(std::span<const std::uint8_t> datagram);

}  // namespace chord::net
