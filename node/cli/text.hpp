// Text in and out of chordctl: durations, amounts, UTF-8, base64, and what is safe to show on a terminal.
//
// Values, names and errors come from other devices: nothing reaches a terminal that could move its cursor or retitle
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chord::cli {

/// Length of the UTF-8 character at the start of `text` (shortest form, no surrogates, up to U+10FFFF); 0 when it is
/// none or cut short.
std::size_t utf8_length(std::string_view text);
bool is_utf8(std::string_view text);

/// Characters, each bad byte counted as one: the width of a column.
std::size_t text_width(std::string_view text);

/// `text` with control characters and bytes that are no UTF-8 as \xNN. With `lines`, line feeds and tabs stay.
std::string printable(std::string_view text, bool lines = false);

/// RFC 4648 §4, with padding.
std::string base64(std::string_view bytes);

/// "500ms", "5s", "1h30m", "2d", or a bare number of seconds. nullopt for anything else, zero and more than 100 years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Two units at most: "12d4h", "59m18s", "1.2s", "38ms".
std::string duration_text(std::int64_t ms);

/// "812 B", "9.8 MiB".
std::string bytes_text(std::int64_t bytes);

/// A measured time: "0.4ms", "38.4ms", "1.2s".
std::string rtt_text(double ms);

/// The first 8 of an id's 64 hex digits, made printable; shorter text unchanged.
std::string short_id(std::string_view id);

}  // namespace chord::cli
