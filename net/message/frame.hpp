// Frames: what the two ends of a message tell each other, and their bytes.
//
// One frame is the plaintext of one datagram of an authenticated, replay-protected channel (a Noise session). Nothing
// here encrypts, and nothing here is needed for a message that fits into one datagram: Rpc sends that as it is.
//
// All numbers are big-endian and unsigned. Every frame has exactly one encoding, and the decoder refuses every other
// one. The first byte tells frames from whatever else the channel carries.
//
//   Fragment, 14 bytes and more
//   | offset | bytes | field    | |
//   |---|---|---|---|
//   | 0      | 1     | kind     | 0x11 |
//   | 1      | 4     | message  | chosen by the sender, different from all it has under way and had lately |
//   | 5      | 2     | index    | < count |
//   | 7      | 2     | count    | 1…65535 fragments in all |
//   | 9      | 4     | sequence | of this transmission: one more than that of the datagram before it to this peer, |
//   |        |       |          | modulo 2^32; a fragment sent again has a new one (RFC 9002 section 2) |
//   | 13     | 1…    | payload  | all but the last fragment of a message are equally long, >= 1024 bytes; the last is |
//   |        |       |          | no longer than they |
//
//   Ack, 13…77 bytes: what the receiver has of a message. It leaves in the turn in which the fragment came, so that it
//   has no field for a delay; acks of one turn for one message are one.
//   | 0      | 1     | kind     | 0x12 |
//   | 1      | 4     | message  | |
//   | 5      | 4     | sequence | of the newest transmission that has come |
//   | 9      | 2     | received | how many fragments are there in all |
//   | 11     | 2     | first missing | all before it are there |
//   | 13     | 0…64  | bitmap   | fragment `first missing` + 1 + 8·n + b is there if bit b (0: the least) of byte n is
//   | |        |       |          | set; the last byte is not 0 |
//
//   Refusal, 6 bytes: the receiver does not take the message; it holds nothing of it.
//   | 0      | 1     | kind     | 0x13 |
//   | 1      | 4     | message  | |
//   | 5      | 1     | error    | 7 too big: never; 16 overloaded: no room at the moment, again later |
//
//   Cancel, 5 bytes: the sender has given the message up; the receiver may forget it.
//   | 0      | 1     | kind     | 0x14 |
//   | 1      | 4     | message  | |
//
//   Probe, 5 bytes and more: does a datagram of this size get through (RFC 8899)?
//   | 0      | 1     | kind     | 0x15 |
//   | 1      | 4     | sequence | as in Fragment |
//   | 5      | 0…    | padding  | 0 |
//
//   Probe ack, 5 bytes: it does.
//   | 0      | 1     | kind     | 0x16 |
//   | 1      | 4     | sequence | of the probe |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "node/core/base/result.hpp"

namespace chord::net {

/// The number of a message on the wire: unique among those of its sender.
enum class MessageId : std::uint32_t {};

/// The number of a transmission on the wire: its low 32 bits.
enum class WireSequence : std::uint32_t {};

inline constexpr std::size_t kFragmentHeadBytes = 13;
inline constexpr std::size_t kFragmentPayloadMin = 1024;  // of all but the last: bounds what one byte of value costs
inline constexpr std::size_t kFragmentPayloadMax = 1472 - kFragmentHeadBytes;  // the largest UDP payload of Ethernet
inline constexpr std::size_t kProbeHeadBytes = 5;
inline constexpr std::size_t kAckBitmapBytesMax = 64;

struct FragmentFrame {
    MessageId message{};
    std::uint16_t index = 0;
    std::uint16_t count = 0;
    WireSequence sequence{};
    std::span<const std::uint8_t> payload;  // points into what was decoded
};

struct AckFrame {
    MessageId message{};
    WireSequence sequence{};
    std::uint16_t received = 0;
    std::uint16_t first_missing = 0;
    std::vector<std::uint8_t> bitmap;

    /// Whether the ack says that fragment `index` is there.
    bool has(std::uint16_t index) const;
};

struct RefusalFrame {
    MessageId message{};
    Error error = Error::overloaded;
};

struct CancelFrame {
    MessageId message{};
};

struct ProbeFrame {
    WireSequence sequence{};
    std::size_t padding = 0;  // bytes
};

struct ProbeAckFrame {
    WireSequence sequence{};
};

using MessageFrame = std::variant<FragmentFrame, AckFrame, RefusalFrame, CancelFrame, ProbeFrame, ProbeAckFrame>;

/// Whether the plaintext is meant for decode_frame(), by its first byte. Any bytes, none too.
bool is_message_frame(std::span<const std::uint8_t> plaintext);

/// Any bytes. What a FragmentFrame points to lives as long as `plaintext`. Errors: bad_message.
Result<MessageFrame> decode_frame(std::span<const std::uint8_t> plaintext);

/// The frame's bytes. REQUIRES: the frame keeps the ranges of the table above.
std::vector<std::uint8_t> encode(const MessageFrame& frame);

}  // namespace chord::net
