#include "node/cli/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace chord::cli {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

unsigned char byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

bool is_control(std::string_view character) {
    const unsigned char first = byte_at(character, 0);
    if (character.size() == 1) return first < 0x20 || first == 0x7f;
    return character.size() == 2 && first == 0xc2 && byte_at(character, 1) < 0xa0;  // C1: U+0080…U+009F
}

std::string fixed(double number, int decimals, std::string_view unit) {
    std::array<char, 64> buffer{};
    const auto [end, error] =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed, decimals);
    if (error != std::errc{}) return "?";
    return std::string(buffer.data(), end).append(unit);
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const unsigned char first = byte_at(text, 0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t at = 1; at < length; ++at) {
        if ((byte_at(text, at) & 0xc0) != 0x80) return 0;
    }
    const unsigned char second = byte_at(text, 1);
    const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    const bool surrogate = first == 0xed && second > 0x9f;
    const bool beyond = first == 0xf4 && second > 0x8f;
    return overlong || surrogate || beyond ? 0 : length;
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::size_t text_width(std::string_view text) {
    std::size_t width = 0;
    for (; !text.empty(); ++width) {
        const std::size_t length = utf8_length(text);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return width;
}

std::string printable(std::string_view text, bool lines) {
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const std::string_view character = text.substr(0, length == 0 ? 1 : length);
        const bool kept = lines && (character == "\n" || character == "\t");
        if (length != 0 && (kept || !is_control(character))) {
            shown.append(character);
        } else {
            for (const char c : character) {
                const auto byte = static_cast<unsigned char>(c);
                shown.append("\\x");
                shown.push_back(kHexDigits[byte >> 4]);
                shown.push_back(kHexDigits[byte & 0xf]);
            }
        }
        text.remove_prefix(character.size());
    }
    return shown;
}

std::string base64(std::string_view bytes) {
    static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string encoded;
    encoded.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::size_t left = bytes.size() - at;
        const std::uint32_t group = static_cast<std::uint32_t>(byte_at(bytes, at)) << 16 |
                                    (left > 1 ? static_cast<std::uint32_t>(byte_at(bytes, at + 1)) << 8 : 0U) |
                                    (left > 2 ? static_cast<std::uint32_t>(byte_at(bytes, at + 2)) : 0U);
        encoded.push_back(kDigits[group >> 18]);
        encoded.push_back(kDigits[group >> 12 & 63]);
        encoded.push_back(left > 1 ? kDigits[group >> 6 & 63] : '=');
        encoded.push_back(left > 2 ? kDigits[group & 63] : '=');
    }
    return encoded;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    struct Unit {
        std::string_view name;
        std::int64_t ms;
    };
    static constexpr std::array<Unit, 5> kUnits{
        {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
    constexpr std::int64_t kMax = std::int64_t{36'525} * 86'400'000;

    std::int64_t total = 0;
    std::int64_t last_unit = kMax;  // units must fall: 1h30m, never 30m1h or 1h1h
    while (!text.empty()) {
        std::int64_t number = 0;
        const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || number < 0) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
        const std::size_t unit_end = std::min(text.find_first_of("0123456789"), text.size());
        const std::string_view name = text.substr(0, unit_end);
        text.remove_prefix(unit_end);

        std::int64_t unit_ms = 0;
        if (name.empty() && last_unit == kMax) unit_ms = 1000;
        for (const Unit& unit : kUnits) {
            if (unit.name == name) unit_ms = unit.ms;
        }
        if (unit_ms == 0 || unit_ms >= last_unit || number > kMax / unit_ms) return std::nullopt;
        last_unit = unit_ms;
        total += number * unit_ms;
        if (total > kMax) return std::nullopt;
    }
    if (total == 0) return std::nullopt;
    return std::chrono::milliseconds(total);
}

std::string duration_text(std::int64_t ms) {
    if (ms < 0) return "?";
    if (ms == 0) return "0s";
    if (ms < 60'000) return rtt_text(static_cast<double>(ms));
    const std::int64_t seconds = ms / 1000;
    const auto pair = [](std::int64_t big, char big_unit, std::int64_t rest, char rest_unit) {
        std::string shown = std::to_string(big) + big_unit;
        if (rest != 0) shown += std::to_string(rest) + rest_unit;
        return shown;
    };
    if (seconds < 3600) return pair(seconds / 60, 'm', seconds % 60, 's');
    if (seconds < 86'400) return pair(seconds / 3600, 'h', seconds % 3600 / 60, 'm');
    return pair(seconds / 86'400, 'd', seconds % 86'400 / 3600, 'h');
}

std::string bytes_text(std::int64_t bytes) {
    if (bytes < 1024) return std::to_string(bytes) + " B";
    static constexpr std::array<std::string_view, 6> kUnits{" KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
    double amount = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    // The next unit from where the figure would round up to 1024.0.
    for (; amount >= 1023.95 && unit + 1 < kUnits.size(); ++unit) amount /= 1024;
    return fixed(amount, 1, kUnits[unit]);
}

std::string rtt_text(double ms) {
    if (!std::isfinite(ms) || ms < 0) return "?";
    if (ms >= 999.95) return fixed(ms / 1000, 1, "s");
    return fixed(ms, ms == std::floor(ms) ? 0 : ms < 0.95 ? 2 : 1, "ms");
}

std::string short_id(std::string_view id) {
    return printable(id.substr(0, 8));
}

}  // namespace chord::cli
