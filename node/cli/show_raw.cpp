#include <array>
#include <charconv>
#include <cmath>

#include "node/cli/show.hpp"
#include "node/cli/text.hpp"

namespace chord::cli {
namespace {

using api::Reply;

std::string real_text(double number) {
    if (std::isnan(number)) return "nan";
    if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
    std::array<char, 32> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    return error == std::errc{} ? std::string(buffer.data(), end) : "?";
}

std::string quoted(std::string_view text) {
    std::string shown = "\"";
    for (const char c : printable(text)) {
        if (c == '"') shown.push_back('\\');
        shown.push_back(c);
    }
    return shown + "\"";
}

// `indent` is what the lines behind the first one begin with. Recursion is bounded by ReplyLimits::depth_max.
void append(std::string& out, const Reply& reply, const std::string& indent) {
    switch (reply.kind) {
        case Reply::Kind::null: out.append("(nil)\n"); return;
        case Reply::Kind::boolean: out.append(reply.integer != 0 ? "(true)\n" : "(false)\n"); return;
        case Reply::Kind::integer: out.append("(integer) ").append(std::to_string(reply.integer)).append("\n"); return;
        case Reply::Kind::real: out.append("(double) ").append(real_text(reply.real)).append("\n"); return;
        case Reply::Kind::status: out.append(printable(reply.text)).append("\n"); return;
        case Reply::Kind::text: out.append(quoted(reply.text)).append("\n"); return;
        case Reply::Kind::error: out.append("(error) ").append(printable(reply.text)).append("\n"); return;
        case Reply::Kind::array:
        case Reply::Kind::push:
        case Reply::Kind::map: break;
    }
    if (reply.items.empty()) {
        out.append(reply.is(Reply::Kind::map) ? "(empty map)\n" : "(empty array)\n");
        return;
    }
    const bool map = reply.is(Reply::Kind::map);
    const std::size_t step = map ? 2 : 1;
    const std::size_t width = std::to_string(reply.items.size() / step).size();
    for (std::size_t at = 0; at + step <= reply.items.size(); at += step) {
        const std::string number = std::to_string(at / step + 1);
        std::string head = std::string(width - number.size(), ' ').append(number).append(map ? "# " : ") ");
        if (at != 0) out.append(indent);
        out.append(head);
        const std::string deeper = indent + std::string(head.size(), ' ');
        if (map) {
            append(out, reply.items[at], deeper);
            out.back() = ' ';  // key and value on one line
            out.append("=> ");
        }
        append(out, reply.items[at + step - 1], deeper);
    }
}

}  // namespace

std::string show_raw(const Reply& reply) {
    std::string out;
    append(out, reply, "");
    return out;
}

}  // namespace chord::cli
