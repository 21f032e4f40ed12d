#include "net/admission/armor.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "node/core/base/check.hpp"
#include "node/core/base/hash.hpp"

namespace chord::net::admission {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kLineLetters = 64;

std::string border(std::string_view edge, std::string_view label) {
    return std::string("-----").append(edge).append(" ").append(label).append("-----");
}

/// The five bits that the letter stands for; -1 for none.
int bits_of(char letter) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    if (letter == 'o') letter = '0';
    if (letter == 'i' || letter == 'l') letter = '1';
    const std::size_t at = kAlphabet.find(letter);
    return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string armored(std::string_view label, View bytes) {
    CHORD_CHECK(bytes.size() <= kArmorBytesMax);
    constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
    std::string letters(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
    sodium_bin2base64(letters.data(), letters.size(), bytes.data(), bytes.size(), kVariant);
    letters.pop_back();  // the zero at the end of a C string
    std::string text;
    text.reserve(letters.size() + letters.size() / kLineLetters + 4 * (label.size() + 16));  // no copies left behind
    text.append(border("BEGIN", label)).append("\n");
    for (std::size_t at = 0; at < letters.size(); at += kLineLetters) {
        text.append(letters, at, kLineLetters).append("\n");
    }
    text.append(border("END", label)).append("\n");
    sodium_memzero(letters.data(), letters.size());
    return text;
}

std::optional<std::vector<std::uint8_t>> unarmored(std::string_view label, std::string_view text) {
    const std::string begin = border("BEGIN", label);
    const std::size_t start = text.find(begin);
    if (start == std::string_view::npos) return std::nullopt;
    const std::string_view behind = text.substr(start + begin.size());
    const std::size_t end = behind.find(border("END", label));
    if (end > 2 * kArmorBytesMax) return std::nullopt;  // npos, for none, is greater too
    std::vector<std::uint8_t> bytes(end + 1);  // base64 is longer than what it carries; never empty, for libsodium
    std::size_t size = 0;
    const std::string skipped(kSpace);
    if (sodium_base642bin(bytes.data(), bytes.size(), behind.data(), end, skipped.c_str(), &size, nullptr,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        size > kArmorBytesMax) {
        sodium_memzero(bytes.data(), bytes.size());
        return std::nullopt;
    }
    bytes.resize(size);
    return bytes;
}

std::string base32(View bytes) {
    std::string text;
    text.reserve(bytes.size() * 8 / 5 + 1);
    unsigned pending = 0;
    int bits = 0;
    for (const std::uint8_t byte : bytes) {
        pending = (pending << 8 | byte) & 0xfff;
        bits += 8;
        for (; bits >= 5; bits -= 5) text.push_back(kAlphabet[pending >> (bits - 5) & 31]);
    }
    if (bits > 0) text.push_back(kAlphabet[pending << (5 - bits) & 31]);
    return text;
}

std::optional<std::vector<std::uint8_t>> from_base32(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(text.size() * 5 / 8);
    unsigned pending = 0;
    int bits = 0;
    for (const char letter : text) {
        if (letter == '-' || kSpace.find(letter) != std::string_view::npos) continue;
        const int value = bits_of(letter);
        if (value < 0) return std::nullopt;
        pending = (pending << 5 | static_cast<unsigned>(value)) & 0xfff;
        bits += 5;
        if (bits < 8) continue;
        bits -= 8;
        bytes.push_back(static_cast<std::uint8_t>(pending >> bits));
    }
    if (bits >= 5 || (pending & ((1U << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

std::string fingerprint(const VerifyKey& key) {
    const BytesView bytes(reinterpret_cast<const char*>(key.data()), key.size());
    const auto digest = hash256({"chordd fingerprint", bytes}).bytes();
    const std::string letters = base32(View(digest).first(20));
    std::string text;
    for (std::size_t at = 0; at < letters.size(); at += 4) {
        if (at != 0) text.push_back('-');
        for (const char letter : letters.substr(at, 4)) {
            text.push_back(letter >= 'a' ? static_cast<char>(letter - 'a' + 'A') : letter);
        }
    }
    return text;
}

}  // namespace chord::net::admission
