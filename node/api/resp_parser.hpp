// RespParser: bytes of a client in, commands out (RESP2 arrays of bulk strings, and inline commands as typed by hand).
//
// Invariants
//  1. Memory is bounded by what was sent and by kCommandBytesMax plus one feed(), whatever lengths are declared.
//  2. The result does not depend on how the bytes were split into feed() calls.
//  3. A command too large to keep is read to its end and dropped, so that the connection stays usable; only bytes that
//     are no RESP end it.
//
// Texts of protocol errors are those of Redis 7, since clients and their tests look for them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/core/base/bytes.hpp"
#include "node/core/data/record.hpp"

namespace chord::api {

inline constexpr std::size_t kArgumentsMax = 1024;                    // kept of one command
inline constexpr std::size_t kArgumentBytesMax = kValueBytesMax;      // kept of one argument
inline constexpr std::size_t kCommandBytesMax = 2 * 1024 * 1024;      // kept of one command
inline constexpr std::size_t kLineBytesMax = 64 * 1024;               // an inline command
inline constexpr std::int64_t kDeclaredArgumentsMax = 2147483647;     // beyond it: protocol error, as Redis
inline constexpr std::int64_t kDeclaredBytesMax = 512 * 1024 * 1024;  // of one argument; beyond it: protocol error

/// Why a command was read and not kept.
struct Oversize {
    enum class What : std::uint8_t {
        argument,   // argument `index` has `size` bytes
        arguments,  // the command has `size` arguments
        command,    // its arguments together have more than kCommandBytesMax bytes
    };
    What what = What::argument;
    std::uint64_t size = 0;
    std::size_t index = 0;
};

class RespParser {
public:
    enum class Outcome : std::uint8_t { incomplete, command, error };

    /// Appends what the client sent.
    void feed(BytesView bytes);

    /// Goes on as far as the bytes reach. With `command`, the command stays until consume(); `error` is for ever.
    Outcome parse();

    /// The command's arguments, its name first; never empty unless oversize() says `arguments`. An argument that was
    /// not kept is empty, as are those behind it. The views end with the next call of feed() or consume().
    /// REQUIRES: parse() said `command`.
    std::span<const BytesView> arguments();
    const std::optional<Oversize>& oversize() const { return oversize_; }

    /// Overwrites the arguments where they lie, for they are secrets. REQUIRES: as arguments(), which then hold zeros.
    void wipe_arguments();

    /// Drops the command that parse() found.
    void consume();

    /// "Protocol error: …" after Outcome::error.
    std::string_view error() const { return error_; }

    std::size_t buffered() const { return buffer_.size(); }

private:
    struct Slice {
        std::size_t offset = 0;  // from begin_, or from the start of line_ for an inline command
        std::size_t size = 0;
    };

    bool step();
    bool start_command();
    bool array_header();
    bool inline_command();
    bool bulk_header();
    bool bulk_body();
    bool fail(const std::string& text);
    void forget(std::size_t from, std::size_t to);
    void drop_from_here(Oversize oversize);
    std::optional<BytesView> take_line(std::string_view too_long);
    bool split_line(BytesView line);

    std::string buffer_;
    std::size_t begin_ = 0;    // where the command begins in buffer_
    std::size_t at_ = 0;       // the next byte to parse
    std::size_t scanned_ = 0;  // no line feed in [at_, scanned_)

    Outcome outcome_ = Outcome::incomplete;
    std::int64_t remaining_ = 0;         // arguments of the array still to come
    std::optional<std::uint64_t> bulk_;  // bytes of the argument in progress still to come
    bool dropping_ = false;              // that argument is not kept
    std::size_t kept_ = 0;               // bytes of arguments kept so far
    std::vector<Slice> slices_;
    std::string line_;  // the decoded arguments of an inline command
    bool inline_ = false;
    std::optional<Oversize> oversize_;
    std::size_t dropped_from_ = 0;  // with oversize_: buffer_[dropped_from_, at_) is not needed
    std::vector<BytesView> views_;
    std::string error_;
};

}  // namespace chord::api
