// RESP replies as a client reads them: one tree per reply, built from bytes as they arrive.
//
// Not the server's side: commands are parsed and replies written elsewhere in node/api. RESP2 and RESP3 are read alike;
// streamed strings and aggregates (`$?`, `*?`) are refused.
//
// Invariants
//  1. Whatever the bytes are, a parser holds at most ReplyLimits::bytes_max unread payload plus what one feed()
//  brought,
//     and builds at most items_max nodes, nested at most depth_max deep. Declared lengths reserve nothing.
//  2. After the first error a parser answers that error for ever: the stream has no next boundary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/core/base/bytes.hpp"
#include "node/core/base/result.hpp"

namespace chord::api {

struct Reply {
    enum class Kind : std::uint8_t {
        null,     // RESP3 `_`, RESP2 `$-1` and `*-1`
        boolean,  // `integer` is 0 or 1
        integer,
        real,
        status,  // a simple string such as OK
        text,    // bulk and verbatim strings (without their "txt:"), big numbers
        error,   // simple and bulk errors; `text` begins with the error word
        array,   // arrays and sets
        push,    // out-of-band data
        map,     // `items` holds key, value, key, value, …
    };

    Kind kind = Kind::null;
    std::int64_t integer = 0;
    double real = 0;
    Bytes text;
    std::vector<Reply> items;

    bool is(Kind wanted) const { return kind == wanted; }
    /// A string of any kind but an error.
    bool is_text() const { return kind == Kind::status || kind == Kind::text; }

    /// The value under `name` in a map; nullptr when there is none or this is no map.
    const Reply* find(std::string_view name) const;
};

struct ReplyLimits {
    std::size_t depth_max = 16;
    std::size_t items_max = std::size_t{1} << 18;
    std::size_t bytes_max = std::size_t{16} << 20;  // of one whole reply, framing included
    std::size_t line_max = std::size_t{64} << 10;   // of a simple string, an error or a number
};

class ReplyParser {
public:
    explicit ReplyParser(const ReplyLimits& limits = {}) : limits_(limits) {}

    /// Takes the next bytes of the stream. Call next() until it yields nothing before feeding more.
    void feed(BytesView bytes) { buffer_.append(bytes); }

    /// The next whole reply; nullopt while bytes are missing. Errors: bad_message, too_big.
    Result<std::optional<Reply>> next();

private:
    struct Open {  // an aggregate that still waits for items
        Reply reply;
        std::size_t missing = 0;
        bool attribute = false;  // RESP3 `|`: read and dropped
    };
    struct Bulk {
        Reply::Kind kind{};
        std::size_t length = 0;
        bool verbatim = false;
    };

    Result<std::optional<Reply>> step();
    Result<std::optional<BytesView>> take_line();
    Result<std::optional<Reply>> take_bulk();
    Result<std::optional<Reply>> head(char type, BytesView rest);
    Result<std::optional<Reply>> bulk_head(Reply::Kind kind, BytesView rest, bool verbatim);
    Result<std::optional<Reply>> open(char type, BytesView rest);
    std::optional<Reply> place(Reply reply);
    void compact();

    ReplyLimits limits_;
    Bytes buffer_;
    std::size_t position_ = 0;  // first byte not yet consumed
    std::size_t scanned_ = 0;   // no line end before here
    std::size_t consumed_ = 0;  // bytes of the reply in progress
    std::size_t items_ = 0;     // nodes of the reply in progress
    bool progressed_ = false;   // the last step consumed something
    std::vector<Open> stack_;
    std::optional<Bulk> bulk_;
    std::optional<Error> failed_;
};

}  // namespace chord::api
