// The pieces that certificates, requests, invites and lists are made of: short labels, times, fixed arrays; each read
// and written in one way only.
//
// Invariants
//  1. What read_*() accepts, write_*() writes back byte for byte.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/admission/keys.hpp"
#include "net/reader.hpp"
#include "net/writer.hpp"

namespace chord::net::admission {

/// Seconds since 1970-01-01T00:00:00Z, 40 bits on the wire: enough until the year 36812. 0 stands for "not known".
using Seconds = std::uint64_t;
inline constexpr Seconds kSecondsMax = (Seconds{1} << 40) - 1;

inline constexpr std::size_t kNameBytesMax = 20;
inline constexpr std::size_t kTagBytesMax = 11;

/// A label is made of a–z, 0–9, '-', '_' and '.', and begins with a letter or digit: it can stand in a terminal, a
/// file name or a shell command as it is, and two that look the same are the same. True for such text of 1 to
/// `bytes_max` bytes.
bool is_label(std::string_view text, std::size_t bytes_max);

/// A device's name: a label of at most 20 bytes.
inline bool is_name(std::string_view text) {
    return is_label(text, kNameBytesMax);
}
/// A device's tag: a label of at most 11 bytes, or nothing.
inline bool is_tag(std::string_view text) {
    return text.empty() || is_label(text, kTagBytesMax);
}

/// Length byte and text. read: the reader fails unless the text is a label of at most `bytes_max` bytes, or nothing.
std::string read_label(Reader& reader, std::size_t bytes_max);
void write_label(Writer& writer, std::string_view text);

/// Five bytes, big-endian. write REQUIRES: at most kSecondsMax.
Seconds read_seconds(Reader& reader);
void write_seconds(Writer& writer, Seconds seconds);

/// The next kSize bytes; zeros when the reader fails.
template <std::size_t kSize>
std::array<std::uint8_t, kSize> read_array(Reader& reader) {
    std::array<std::uint8_t, kSize> made{};
    const View bytes = reader.bytes(kSize);
    std::copy(bytes.begin(), bytes.end(), made.begin());
    return made;
}

/// What `write` puts into a writer, of at most kRoom bytes (checked: a bound of ours).
template <std::size_t kRoom, typename Write>
std::vector<std::uint8_t> encoded(Write write) {
    std::array<std::uint8_t, kRoom> room{};
    Writer writer(room);
    write(writer);
    CHORD_CHECK(!writer.failed());
    return {writer.written().begin(), writer.written().end()};
}

/// `body` with the signature behind it, and the reverse: everything but the last 64 bytes, and these.
std::vector<std::uint8_t> with_signature(std::vector<std::uint8_t> body, const Signature& signature);
struct SignedParts {
    View body;
    Signature signature{};
};
/// Errors: bad_message for less than 64 bytes.
Result<SignedParts> signed_parts(View bytes);

}  // namespace chord::net::admission
