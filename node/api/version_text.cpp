#include "node/api/version_text.hpp"

#include <charconv>

namespace chord::api {
namespace {

constexpr std::size_t kDigits = 16;

std::string hex(std::uint64_t number) {
    constexpr std::string_view kAlphabet = "0123456789abcdef";
    std::string text(kDigits, '0');
    for (std::size_t i = text.size(); number > 0; number >>= 4) text[--i] = kAlphabet[number & 15];
    return text;
}

bool parse_hex(std::string_view text, std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string version_text(const Version& version) {
    return hex(version.clock) + '.' + hex(version.node);
}

std::optional<Version> parse_version(std::string_view text) {
    if (text == "0") return Version{};
    if (text.size() != 2 * kDigits + 1 || text[kDigits] != '.') return std::nullopt;
    Version version;
    if (!parse_hex(text.substr(0, kDigits), version.clock) || !parse_hex(text.substr(kDigits + 1), version.node)) {
        return std::nullopt;
    }
    return version.clock <= kVersionClockMax ? std::optional(version) : std::nullopt;
}

}  // namespace chord::api
