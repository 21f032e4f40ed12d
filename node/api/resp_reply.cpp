#include "node/api/resp_reply.hpp"

#include <charconv>
#include <limits>

namespace chord::api {
namespace {

using Kind = Reply::Kind;

std::optional<std::int64_t> parse_integer(BytesView digits) {
    if (digits.size() > 1 && digits.front() == '+' && digits[1] != '-') digits.remove_prefix(1);
    std::int64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

std::optional<double> parse_real(BytesView digits) {
    if (digits == "inf" || digits == "+inf") return std::numeric_limits<double>::infinity();
    if (digits == "-inf") return -std::numeric_limits<double>::infinity();
    if (digits == "nan" || digits == "-nan") return std::numeric_limits<double>::quiet_NaN();
    if (digits.size() > 1 && digits.front() == '+' && digits[1] != '-') digits.remove_prefix(1);
    double number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

bool is_big_number(BytesView digits) {
    if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) digits.remove_prefix(1);
    return !digits.empty() && digits.find_first_not_of("0123456789") == BytesView::npos;
}

Reply null_reply() {
    return Reply{};
}

Reply text_reply(Kind kind, BytesView text) {
    Reply reply;
    reply.kind = kind;
    reply.text = Bytes(text);
    return reply;
}

Reply integer_reply(Kind kind, std::int64_t number) {
    Reply reply;
    reply.kind = kind;
    reply.integer = number;
    return reply;
}

Reply real_reply(double number) {
    Reply reply;
    reply.kind = Kind::real;
    reply.real = number;
    return reply;
}

std::optional<Reply> nothing_yet() {
    return std::nullopt;
}

}  // namespace

const Reply* Reply::find(std::string_view name) const {
    if (kind != Kind::map) return nullptr;
    for (std::size_t at = 0; at + 1 < items.size(); at += 2) {
        if (items[at].is_text() && items[at].text == name) return &items[at + 1];
    }
    return nullptr;
}

Result<std::optional<Reply>> ReplyParser::next() {
    if (failed_) return *failed_;
    for (;;) {
        progressed_ = false;
        Result<std::optional<Reply>> element = step();
        if (!element) {
            failed_ = element.error();
            stack_.clear();
            return *failed_;
        }
        if (element->has_value()) {
            std::optional<Reply> whole = place(std::move(**element));
            if (whole) {
                consumed_ = 0;
                items_ = 0;
                compact();
                return whole;
            }
        } else if (!progressed_) {
            compact();
            return nothing_yet();
        }
    }
}

// One line or one bulk body: a finished element, or nothing when it only opened something or when bytes are missing.
Result<std::optional<Reply>> ReplyParser::step() {
    if (bulk_) return take_bulk();
    Result<std::optional<BytesView>> line = take_line();
    if (!line) return line.error();
    if (!line->has_value()) return nothing_yet();
    progressed_ = true;
    const BytesView text = **line;
    if (text.empty()) return Error::bad_message;
    if (++items_ > limits_.items_max) return Error::too_big;
    return head(text.front(), text.substr(1));
}

Result<std::optional<BytesView>> ReplyParser::take_line() {
    const std::size_t end = buffer_.find('\n', scanned_);
    const std::size_t length = (end == Bytes::npos ? buffer_.size() : end) - position_;
    if (length > limits_.line_max || consumed_ + length > limits_.bytes_max) return Error::too_big;
    if (end == Bytes::npos) {
        scanned_ = buffer_.size();
        return std::optional<BytesView>();
    }
    if (length == 0 || buffer_[end - 1] != '\r') return Error::bad_message;
    const std::optional<BytesView> line = BytesView(buffer_).substr(position_, length - 1);
    consumed_ += length + 1;
    position_ = scanned_ = end + 1;
    return line;
}

Result<std::optional<Reply>> ReplyParser::take_bulk() {
    const std::size_t length = bulk_->length;
    if (buffer_.size() - position_ < length + 2) return nothing_yet();
    BytesView body = BytesView(buffer_).substr(position_, length);
    if (BytesView(buffer_).substr(position_ + length, 2) != "\r\n") return Error::bad_message;
    if (bulk_->verbatim) {
        if (length < 4 || body[3] != ':') return Error::bad_message;
        body.remove_prefix(4);
    }
    std::optional<Reply> reply = text_reply(bulk_->kind, body);
    consumed_ += length + 2;
    position_ = scanned_ = position_ + length + 2;
    bulk_.reset();
    progressed_ = true;
    return reply;
}

Result<std::optional<Reply>> ReplyParser::head(char type, BytesView rest) {
    switch (type) {
        case '+': return std::optional<Reply>(text_reply(Kind::status, rest));
        case '-': return std::optional<Reply>(text_reply(Kind::error, rest));
        case ':': {
            const auto number = parse_integer(rest);
            if (!number) return Error::bad_message;
            return std::optional<Reply>(integer_reply(Kind::integer, *number));
        }
        case ',': {
            const auto number = parse_real(rest);
            if (!number) return Error::bad_message;
            return std::optional<Reply>(real_reply(*number));
        }
        case '#':
            if (rest != "t" && rest != "f") return Error::bad_message;
            return std::optional<Reply>(integer_reply(Kind::boolean, rest == "t" ? 1 : 0));
        case '_':
            if (!rest.empty()) return Error::bad_message;
            return std::optional<Reply>(null_reply());
        case '(':
            if (!is_big_number(rest)) return Error::bad_message;
            return std::optional<Reply>(text_reply(Kind::text, rest));
        case '$': return bulk_head(Kind::text, rest, false);
        case '=': return bulk_head(Kind::text, rest, true);
        case '!': return bulk_head(Kind::error, rest, false);
        case '*':
        case '~':
        case '>':
        case '%':
        case '|': return open(type, rest);
        default: return Error::bad_message;
    }
}

Result<std::optional<Reply>> ReplyParser::bulk_head(Reply::Kind kind, BytesView rest, bool verbatim) {
    const auto length = parse_integer(rest);
    if (length == -1 && kind == Kind::text && !verbatim) return std::optional<Reply>(null_reply());
    if (!length || *length < 0) return Error::bad_message;
    const auto bytes = static_cast<std::uint64_t>(*length);
    if (bytes > limits_.bytes_max || consumed_ + bytes + 2 > limits_.bytes_max) return Error::too_big;
    bulk_ = Bulk{kind, static_cast<std::size_t>(bytes), verbatim};
    return nothing_yet();
}

Result<std::optional<Reply>> ReplyParser::open(char type, BytesView rest) {
    const auto count = parse_integer(rest);
    if (count == -1 && type == '*') return std::optional<Reply>(null_reply());
    if (!count || *count < 0) return Error::bad_message;
    const bool pairs = type == '%' || type == '|';
    const auto declared = static_cast<std::uint64_t>(*count);
    if (declared > limits_.items_max) return Error::too_big;
    const std::size_t missing = static_cast<std::size_t>(declared) * (pairs ? 2 : 1);
    // Every announced item needs a node of its own, so an impossible count fails before it is waited for.
    std::size_t needed = items_ + missing;
    for (const Open& outer : stack_) needed += outer.missing - 1;
    if (needed > limits_.items_max) return Error::too_big;

    Open opened;
    opened.reply.kind = pairs ? Kind::map : type == '>' ? Kind::push : Kind::array;
    opened.missing = missing;
    opened.attribute = type == '|';
    if (missing == 0) {
        if (opened.attribute) return nothing_yet();
        return std::optional<Reply>(std::move(opened.reply));
    }
    if (stack_.size() >= limits_.depth_max) return Error::too_big;
    stack_.push_back(std::move(opened));
    return nothing_yet();
}

// Puts a finished element into the innermost open aggregate, closing all that become full; the reply once it is whole.
std::optional<Reply> ReplyParser::place(Reply reply) {
    while (!stack_.empty()) {
        Open& top = stack_.back();
        if (!top.attribute) top.reply.items.push_back(std::move(reply));
        if (--top.missing > 0) return std::nullopt;
        const bool attribute = top.attribute;
        reply = std::move(top.reply);
        stack_.pop_back();
        if (attribute) return std::nullopt;  // the value it describes is still to come
    }
    return reply;
}

void ReplyParser::compact() {
    if (position_ == 0) return;
    if (position_ < buffer_.size() && position_ < (std::size_t{64} << 10)) return;
    buffer_.erase(0, position_);
    scanned_ -= position_;
    position_ = 0;
}

}  // namespace chord::api
