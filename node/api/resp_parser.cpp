#include "node/api/resp_parser.hpp"

#include <sodium.h>

#include <algorithm>

#include "node/api/argument.hpp"
#include "node/core/base/check.hpp"

namespace chord::api {
namespace {

constexpr std::size_t kIdleBytesMax = 64 * 1024;  // capacity that an empty buffer may keep

bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

std::optional<int> hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return std::nullopt;
}

char escaped(char c) {
    switch (c) {
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        case 'b': return '\b';
        case 'a': return '\a';
        default: return c;
    }
}

/// Appends the quoted text that begins at line[at], and gives the place behind its closing quote; nullopt when there is
/// none or when something other than a blank follows it.
std::optional<std::size_t> unquote(BytesView line, std::size_t at, std::string& out) {
    const char quote = line[at++];
    while (at < line.size() && line[at] != quote) {
        if (line[at] == '\\' && at + 1 < line.size()) {
            if (quote == '\'') {
                if (line[at + 1] == '\'') ++at;  // between single quotes only \' is special
            } else if (line[at + 1] == 'x' && at + 3 < line.size() && hex_digit(line[at + 2]) &&
                       hex_digit(line[at + 3])) {
                out += static_cast<char>(*hex_digit(line[at + 2]) * 16 + *hex_digit(line[at + 3]));
                at += 4;
                continue;
            } else {
                out += escaped(line[at + 1]);
                at += 2;
                continue;
            }
        }
        out += line[at++];
    }
    if (at >= line.size()) return std::nullopt;
    ++at;
    if (at < line.size() && !is_space(line[at])) return std::nullopt;
    return at;
}

}  // namespace

void RespParser::feed(BytesView bytes) {
    if (outcome_ == Outcome::error) return;
    if (oversize_) forget(dropped_from_, at_);
    forget(0, begin_);
    buffer_.append(bytes);
}

/// Erases buffer_[from, to), which nothing refers to. REQUIRES: to <= at_, and begin_ outside (from, to).
void RespParser::forget(std::size_t from, std::size_t to) {
    const std::size_t size = to - from;
    if (size == 0) return;
    buffer_.erase(from, size);
    at_ -= size;
    if (begin_ >= to) begin_ -= size;
    if (dropped_from_ >= to) dropped_from_ -= size;
    scanned_ = at_;
}

RespParser::Outcome RespParser::parse() {
    while (outcome_ == Outcome::incomplete && step()) {
    }
    return outcome_;
}

std::span<const BytesView> RespParser::arguments() {
    CHORD_CHECK(outcome_ == Outcome::command);
    // Made anew at each call: a feed() in between moves the buffer.
    const BytesView base = inline_ ? BytesView(line_) : BytesView(buffer_).substr(begin_);
    views_.clear();
    for (const Slice& slice : slices_) views_.push_back(base.substr(slice.offset, slice.size));
    return views_;
}

void RespParser::wipe_arguments() {
    CHORD_CHECK(outcome_ == Outcome::command);
    char* const base = inline_ ? line_.data() : buffer_.data() + begin_;
    for (const Slice& slice : slices_) sodium_memzero(base + slice.offset, slice.size);
    // An inline command also lies in the buffer, as it was typed.
    if (inline_) sodium_memzero(buffer_.data() + begin_, at_ - begin_);
}

void RespParser::consume() {
    CHORD_CHECK(outcome_ == Outcome::command);
    outcome_ = Outcome::incomplete;
    slices_.clear();
    line_.clear();
    inline_ = false;
    kept_ = 0;
    oversize_.reset();
    begin_ = at_;
    if (at_ == buffer_.size()) {
        begin_ = at_ = scanned_ = 0;
        buffer_.clear();
        if (buffer_.capacity() > kIdleBytesMax) std::string().swap(buffer_);
    }
}

/// Returns false when more bytes are needed.
bool RespParser::step() {
    if (remaining_ == 0) return start_command();
    return bulk_ ? bulk_body() : bulk_header();
}

bool RespParser::start_command() {
    begin_ = at_;
    if (at_ == buffer_.size()) return false;
    return buffer_[at_] == '*' ? array_header() : inline_command();
}

bool RespParser::array_header() {
    const auto line = take_line("too big mbulk count string");
    if (!line) return false;
    const auto count = parse_integer(line->substr(1));
    if (!count || *count > kDeclaredArgumentsMax) return fail("invalid multibulk length");
    if (*count <= 0) return true;  // as Redis: no command at all
    remaining_ = *count;
    if (*count > static_cast<std::int64_t>(kArgumentsMax)) {
        drop_from_here({Oversize::What::arguments, static_cast<std::uint64_t>(*count), 0});
    }
    return true;
}

bool RespParser::bulk_header() {
    if (at_ == buffer_.size()) return false;
    if (const char c = buffer_[at_]; c != '$') return fail(std::string("expected '$', got '") + c + "'");
    const auto line = take_line("too big bulk count string");
    if (!line) return false;
    const auto length = parse_integer(line->substr(1));
    if (!length || *length < 0 || *length > kDeclaredBytesMax) return fail("invalid bulk length");

    bulk_ = static_cast<std::uint64_t>(*length);
    const bool too_long = *bulk_ > kArgumentBytesMax;
    dropping_ = oversize_.has_value() || too_long || kept_ + *bulk_ > kCommandBytesMax;
    if (dropping_ && !oversize_) {
        drop_from_here({too_long ? Oversize::What::argument : Oversize::What::command, *bulk_, slices_.size()});
    }
    return true;
}

bool RespParser::bulk_body() {
    if (dropping_) {
        const std::size_t here = std::min<std::uint64_t>(*bulk_, buffer_.size() - at_);
        *bulk_ -= here;
        at_ += here;
    }
    const std::size_t size = *bulk_;  // of an argument that is dropped: what has not come yet
    if (buffer_.size() - at_ < size + 2) return false;
    if (buffer_.compare(at_ + size, 2, "\r\n") != 0) return fail("expected CRLF after bulk string");
    if (!dropping_) {
        slices_.push_back({at_ - begin_, size});
        kept_ += size;
    } else if (oversize_->what != Oversize::What::arguments) {
        slices_.push_back({});
    }
    at_ += size + 2;
    bulk_.reset();
    if (--remaining_ == 0) outcome_ = Outcome::command;
    return true;
}

/// From here on nothing of the command is kept: it is parsed to find its end.
void RespParser::drop_from_here(Oversize oversize) {
    oversize_ = oversize;
    dropped_from_ = at_;
}

bool RespParser::inline_command() {
    auto line = take_line("too big inline request");
    if (!line) return false;
    if (!split_line(*line)) return fail("unbalanced quotes in request");
    if (slices_.empty() && !oversize_) return true;  // an empty line
    inline_ = true;
    outcome_ = Outcome::command;
    return true;
}

bool RespParser::split_line(BytesView line) {
    std::size_t at = 0;
    std::size_t count = 0;
    for (;;) {
        while (at < line.size() && is_space(line[at])) ++at;
        if (at == line.size()) break;
        const std::size_t offset = line_.size();
        while (at < line.size() && !is_space(line[at])) {
            if (line[at] == '"' || line[at] == '\'') {
                const auto behind = unquote(line, at, line_);
                if (!behind) return false;
                at = *behind;
                break;
            }
            line_ += line[at++];
        }
        if (++count <= kArgumentsMax) slices_.push_back({offset, line_.size() - offset});
    }
    if (count > kArgumentsMax) {
        drop_from_here({Oversize::What::arguments, count, 0});
        slices_.clear();
    }
    return true;
}

/// The bytes up to the next line feed, without it and a CR before it.
std::optional<BytesView> RespParser::take_line(std::string_view too_long) {
    const std::size_t end = buffer_.find('\n', std::max(scanned_, at_));
    const std::size_t size = (end == std::string::npos ? buffer_.size() : end) - at_;
    if (size > kLineBytesMax) {
        fail(std::string(too_long));
        return std::nullopt;
    }
    if (end == std::string::npos) {
        scanned_ = buffer_.size();
        return std::nullopt;
    }
    BytesView line = BytesView(buffer_).substr(at_, size);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    at_ = end + 1;
    return line;
}

bool RespParser::fail(const std::string& text) {
    error_ = "Protocol error: " + text;
    outcome_ = Outcome::error;
    std::string().swap(buffer_);
    begin_ = at_ = scanned_ = 0;
    return false;
}

}  // namespace chord::api
