// Reading the arguments of a command: numbers, names in any case, patterns; and showing a key in an error text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "node/core/base/bytes.hpp"

namespace chord::api {

/// A decimal 64-bit integer as Redis accepts it: an optional '-', no '+', no blanks, no leading zeros.
std::optional<std::int64_t> parse_integer(BytesView text);

/// ASCII only, whatever the locale.
bool equals_ignoring_case(BytesView a, BytesView b);
std::string lower_case(BytesView text);

/// Redis' glob: * ? [a-z] [^a] and \x. Takes time O(pattern * text) at most.
bool glob_match(BytesView pattern, BytesView text, bool ignoring_case);

/// 'text' with bytes that are not printable ASCII as \xHH, cut after 64 bytes.
std::string quoted(BytesView text);

}  // namespace chord::api
