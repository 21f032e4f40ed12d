#include "node/cli/json.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "node/cli/text.hpp"

namespace chord::cli {
namespace {

using api::Reply;

void append_value(std::string& out, const Reply& reply);

void append_string(std::string& out, std::string_view text) {
    static constexpr std::string_view kHexDigits = "0123456789abcdef";
    out.push_back('"');
    const auto escape = [&out](unsigned char code) {
        out.append("\\u00");
        out.push_back(kHexDigits[code >> 4]);
        out.push_back(kHexDigits[code & 0xf]);
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        switch (text[at]) {
            case '"': out.append("\\\""); break;
            case '\\': out.append("\\\\"); break;
            case '\n': out.append("\\n"); break;
            case '\r': out.append("\\r"); break;
            case '\t': out.append("\\t"); break;
            default:
                // DEL and C1 (U+0080…U+009F) too: legal JSON, but the object may well be shown on a terminal.
                if (byte < 0x20 || byte == 0x7f) {
                    escape(byte);
                } else if (byte == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0) {
                    escape(static_cast<unsigned char>(text[++at]));
                } else {
                    out.push_back(text[at]);
                }
        }
    }
    out.push_back('"');
}

void append_member(std::string& out, std::string_view name, const Reply& value) {
    if (value.is_text() && !is_utf8(value.text)) {
        append_string(out, std::string(name).append("_base64"));
        out.push_back(':');
        append_string(out, base64(value.text));
        return;
    }
    append_string(out, name);
    out.push_back(':');
    append_value(out, value);
}

// The member of `map` whose key stands at `at`. An aggregate as a key is named by its place: the JSON text of nested
// keys would double its backslashes at every level.
void append_member(std::string& out, const Reply& map, std::size_t at) {
    const Reply& key = map.items[at];
    const Reply& value = map.items[at + 1];
    if (key.is_text() && is_utf8(key.text)) return append_member(out, std::string_view(key.text), value);
    append_member(out, key.items.empty() ? json_value(key) : "key_" + std::to_string(at / 2), value);
}

void append_real(std::string& out, double number) {
    std::array<char, 32> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
    if (!std::isfinite(number) || error != std::errc{}) {
        out.append("null");
    } else {
        out.append(buffer.data(), end);
    }
}

void append_value(std::string& out, const Reply& reply) {
    switch (reply.kind) {
        case Reply::Kind::null: out.append("null"); return;
        case Reply::Kind::boolean: out.append(reply.integer != 0 ? "true" : "false"); return;
        case Reply::Kind::integer: out.append(std::to_string(reply.integer)); return;
        case Reply::Kind::real: append_real(out, reply.real); return;
        case Reply::Kind::status:
        case Reply::Kind::text:
            if (is_utf8(reply.text)) return append_string(out, reply.text);
            out.append("{\"base64\":");
            append_string(out, base64(reply.text));
            out.push_back('}');
            return;
        case Reply::Kind::error:
            out.append("{\"error\":");
            append_string(out, printable(reply.text));
            out.push_back('}');
            return;
        case Reply::Kind::array:
        case Reply::Kind::push:
            out.push_back('[');
            for (std::size_t at = 0; at < reply.items.size(); ++at) {
                if (at != 0) out.push_back(',');
                append_value(out, reply.items[at]);
            }
            out.push_back(']');
            return;
        case Reply::Kind::map:
            out.push_back('{');
            for (std::size_t at = 0; at + 1 < reply.items.size(); at += 2) {
                if (at != 0) out.push_back(',');
                append_member(out, reply, at);
            }
            out.push_back('}');
            return;
    }
}

}  // namespace

std::string json_string(std::string_view text) {
    std::string out;
    append_string(out, text);
    return out;
}

std::string json_value(const Reply& reply) {
    std::string out;
    append_value(out, reply);
    return out;
}

std::string json_object(std::string_view name, const Reply& reply) {
    std::string out = "{\"v\":1";
    if (reply.is(Reply::Kind::map)) {
        for (std::size_t at = 0; at + 1 < reply.items.size(); at += 2) {
            if (reply.items[at].is_text() && reply.items[at].text == "v") continue;  // ours says the shape's version
            out.push_back(',');
            append_member(out, reply, at);
        }
    } else {
        out.push_back(',');
        append_member(out, name, reply);
    }
    out.push_back('}');
    return out;
}

}  // namespace chord::cli
