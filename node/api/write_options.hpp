// The options that SET and CHORD.PUT share, and lifetimes as RESP spells them.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "node/api/call.hpp"
#include "node/core/message.hpp"

namespace chord::api {

/// The text of an error reply.
struct Complaint {
    std::string text;
};

/// A lifetime of `text` units for the command `name`. Lifetimes end somewhere past the year 70 000.
std::variant<Duration, Complaint> parse_lifetime(BytesView text, Duration unit, std::string_view name);

/// Reads `[NX | XX | IFEQ value | IFVER version] [EX seconds | PX milliseconds] [LEVEL level]`, the arguments from
/// `first` on; of a delete neither NX, XX nor lifetimes.
std::optional<Complaint> parse_options(Call& call, std::size_t first, Write& write);

/// Makes the write of `key value` with those options, the arguments 1… of the call.
std::variant<Write, Complaint> parse_write(Call& call);

/// A plain write of `value` under `key` in the caller's name.
std::variant<Write, Complaint> plain_write(Call& call, BytesView key, BytesView value);

}  // namespace chord::api
