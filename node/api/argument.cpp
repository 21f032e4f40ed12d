#include "node/api/argument.hpp"

#include <charconv>

namespace chord::api {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Matches one element of `pattern` at `at` with `c`. Tells where the pattern goes on, or nullopt without a match.
std::optional<std::size_t> match_one(BytesView pattern, std::size_t at, char c, bool ignoring_case) {
    const auto fold = [&](char x) { return ignoring_case ? lower(x) : x; };
    const auto same = [&](char x) { return fold(x) == fold(c); };
    if (pattern[at] == '?') return at + 1;
    if (pattern[at] == '\\' && at + 1 < pattern.size()) {
        return same(pattern[at + 1]) ? std::optional(at + 2) : std::nullopt;
    }
    if (pattern[at] != '[') return same(pattern[at]) ? std::optional(at + 1) : std::nullopt;

    std::size_t i = at + 1;
    const bool negated = i < pattern.size() && pattern[i] == '^';
    if (negated) ++i;
    bool found = false;
    while (i < pattern.size() && pattern[i] != ']') {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
        if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
            char first = fold(pattern[i]);
            char last = fold(pattern[i + 2]);
            if (first > last) std::swap(first, last);
            found = found || (fold(c) >= first && fold(c) <= last);
            i += 3;
        } else {
            found = found || same(pattern[i]);
            ++i;
        }
    }
    if (found == negated) return std::nullopt;
    return i < pattern.size() ? i + 1 : i;  // an unclosed class ends with the pattern, as in Redis
}

}  // namespace

std::optional<std::int64_t> parse_integer(BytesView text) {
    const BytesView digits = !text.empty() && text.front() == '-' ? text.substr(1) : text;
    if (digits.empty() || (digits.front() == '0' && text.size() > 1)) return std::nullopt;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool equals_ignoring_case(BytesView a, BytesView b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

std::string lower_case(BytesView text) {
    std::string result(text);
    for (char& c : result) c = lower(c);
    return result;
}

bool glob_match(BytesView pattern, BytesView text, bool ignoring_case) {
    std::size_t p = 0;
    std::size_t t = 0;
    // The last '*' met and the text position it stands for: the only place to fall back to.
    std::optional<std::size_t> star;
    std::size_t star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = ++p;
            star_text = t;
            continue;
        }
        const auto next = p < pattern.size() ? match_one(pattern, p, text[t], ignoring_case) : std::nullopt;
        if (next) {
            p = *next;
            ++t;
        } else if (star) {
            p = *star;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

std::string quoted(BytesView text) {
    constexpr std::size_t kShownMax = 64;
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string result = "'";
    for (const char c : text.substr(0, kShownMax)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            result += c;
        } else {
            result += "\\x";
            result += kHex[byte >> 4];
            result += kHex[byte & 15];
        }
    }
    if (text.size() > kShownMax) result += "...";
    return result += '\'';
}

}  // namespace chord::api
