// A reply as JSON (RFC 8259): what --json prints.
//
// Binary safety. A string that is UTF-8 is a JSON string. One that is not becomes, under a map's key "name", the member
// "name_base64", and anywhere else the object {"base64": "…"}. Numbers that JSON lacks (inf, nan) become null; an error
// inside an answer becomes {"error": "…"}. Map keys that are no UTF-8 text become the text of their own JSON,
// aggregates as keys "key_N".
#pragma once

#include <string>
#include <string_view>

#include "node/api/resp_reply.hpp"

namespace chord::cli {

/// `text` between quotes. REQUIRES: is_utf8(text).
std::string json_string(std::string_view text);

std::string json_value(const api::Reply& reply);

/// The one object of a verb: "v":1 first, then the members of `reply` when it is a map, or `reply` under `name` when it
/// is not. Ends without a line feed.
std::string json_object(std::string_view name, const api::Reply& reply);

}  // namespace chord::cli
