// QR codes: every module as another program has it, the bounds, and how it looks on a terminal.
#include "node/cli/qr.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/cli/qr_codewords.hpp"
#include "tests/unit/qr_vectors.hpp"

namespace chord::cli {
namespace {

std::string hex_of(const QrCode& code) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (std::size_t at = 0; at < code.modules.size(); at += 4) {
        unsigned digit = 0;
        for (std::size_t i = at; i < at + 4; ++i) {
            digit = digit << 1 | (i < code.modules.size() && code.modules[i] ? 1U : 0U);
        }
        hex.push_back(kDigits[digit]);
    }
    return hex;
}

TEST_CASE("qr: every module as qrencode has it") {
    for (const testing::QrVector& vector : testing::kQrVectors) {
        CAPTURE(vector.version);
        CAPTURE(vector.level);
        const QrLevel level = vector.level == 'L' ? QrLevel::low : QrLevel::medium;
        CHECK_EQ(hex_of(qr_with_mask(vector.text, level, vector.version, vector.mask)), vector.modules);
    }
}

TEST_CASE("qr: the capacities of ISO/IEC 18004, table 7") {
    CHECK_EQ(qr_capacity(1, QrLevel::low), 17);
    CHECK_EQ(qr_capacity(1, QrLevel::medium), 14);
    CHECK_EQ(qr_capacity(9, QrLevel::low), 230);
    CHECK_EQ(qr_capacity(10, QrLevel::low), 271);
    CHECK_EQ(qr_capacity(15, QrLevel::medium), 412);
    CHECK_EQ(qr_capacity(20, QrLevel::low), 858);
    CHECK_EQ(qr_capacity(20, QrLevel::medium), 666);
}

TEST_CASE("qr: the smallest version that holds the bytes, and none beyond the last") {
    for (const auto& [level, most] : {std::pair{QrLevel::low, std::size_t{858}}, {QrLevel::medium, std::size_t{666}}}) {
        for (int version = 1; version <= kQrVersionMax; ++version) {
            const std::string full(qr_capacity(version, level), 'x');
            CHECK_EQ(make_qr(full, level)->version, version);
        }
        CHECK_FALSE(make_qr(std::string(most + 1, 'x'), level).has_value());
    }
    CHECK_EQ(make_qr("", QrLevel::low)->version, 1);
}

TEST_CASE("qr: the check words are the remainder: data and check words together leave none") {
    const std::vector<std::uint8_t> data = {0x40, 0xd2, 0x75, 0x47, 0x76, 0x17, 0x32, 0x06,
                                            0x27, 0x26, 0x96, 0xc6, 0xc6, 0x96, 0x70, 0xec};
    std::vector<std::uint8_t> whole = data;
    const auto check = qr_check_words(data, 10);
    whole.insert(whole.end(), check.begin(), check.end());
    CHECK_EQ(qr_check_words(whole, 10), std::vector<std::uint8_t>(10));
    // Two words by hand: the generator of degree 2 is (x + 1)(x + 2) = x^2 + 3x + 2.
    CHECK_EQ(qr_check_words({1}, 2), std::vector<std::uint8_t>{3, 2});
}

TEST_CASE("qr: the mask with the least penalty: as qrencode chooses, which reads small codes in other ways") {
    for (const testing::QrVector& vector : testing::kQrVectors) {
        if (vector.version < 10) continue;
        CAPTURE(vector.version);
        const QrLevel level = vector.level == 'L' ? QrLevel::low : QrLevel::medium;
        CHECK_EQ(make_qr(vector.text, level)->mask, vector.mask);
    }
    std::set<int> taken;
    for (std::size_t size = 1; size < 60; ++size) taken.insert(make_qr(std::string(size, 'a'), QrLevel::low)->mask);
    CHECK_GE(taken.size(), 4);
}

TEST_CASE("qr: half blocks, two rows a line, with a quiet zone of four") {
    const QrCode code = *make_qr("a", QrLevel::low);
    const std::string text = qr_text(code, QrPaint::plain);
    CHECK_EQ(std::count(text.begin(), text.end(), '\n'), (21 + 8 + 1) / 2);
    std::string full_line;
    for (int i = 0; i < 29; ++i) full_line += "█";
    full_line += "\n";
    CHECK_EQ(text.substr(0, 2 * full_line.size()), full_line + full_line);
    // The first two rows of the code: its finders are dark above, and light but for their sides below.
    const std::string third = text.substr(2 * full_line.size());
    CHECK_EQ(third.substr(0, third.find('\n')).substr(0, 12 + 1 + 5 * 3 + 1 + 3), "████ ▄▄▄▄▄ █");
}

TEST_CASE("qr: with colour each line sets it and puts it back") {
    const QrCode code = *make_qr("a", QrLevel::low);
    const std::string text = qr_text(code, QrPaint::color);
    std::size_t begun = 0;
    std::size_t ended = 0;
    for (std::size_t at = 0; (at = text.find("\x1b[97;40m", at)) != std::string::npos; ++at) ++begun;
    for (std::size_t at = 0; (at = text.find("\x1b[0m\n", at)) != std::string::npos; ++at) ++ended;
    CHECK_EQ(begun, 15);
    CHECK_EQ(ended, 15);
}

}  // namespace
}  // namespace chord::cli
