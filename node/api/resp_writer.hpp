// RespWriter: appends replies in RESP2 or RESP3 to a string. What RESP2 has no type for becomes what Redis makes of it:
// a map is a flat array, a set an array, a boolean an integer, a double a bulk string.
//
// The caller writes as many elements after array(), set() and map() as it declared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "node/core/base/bytes.hpp"

namespace chord::api {

enum class Protocol : std::uint8_t { resp2 = 2, resp3 = 3 };

class RespWriter {
public:
    RespWriter(std::string& out, Protocol protocol) : out_(&out), protocol_(protocol) {}

    void simple(std::string_view text);
    /// `text` begins with the error's word ("ERR …"). Line breaks in it become blanks.
    void error(std::string_view text);
    void integer(std::int64_t value);
    void unsigned_integer(std::uint64_t value);
    void bulk(BytesView bytes);
    /// Text for people: a verbatim string in RESP3.
    void verbatim(std::string_view text);
    void null();
    void boolean(bool value);
    /// The shortest decimal form that reads back as `value`.
    void real(double value);
    void array(std::size_t elements);
    void set(std::size_t elements);
    /// What nobody asked for just now: an array in RESP2.
    void push(std::size_t elements);
    /// `pairs` keys with a value each.
    void map(std::size_t pairs);

private:
    void line(char type, std::string_view text);
    void number(char type, std::int64_t value);
    void size_line(char type, std::size_t value) { number(type, static_cast<std::int64_t>(value)); }

    std::string* out_;
    Protocol protocol_;
};

}  // namespace chord::api
