#include "node/cli/qr_codewords.hpp"

#include <algorithm>
#include <array>

#include "node/core/base/check.hpp"

namespace chord::cli {
namespace {

/// Table 9, for versions 1 to 20: check words a block, and blocks.
struct Blocks {
    std::uint8_t check_words;
    std::uint8_t blocks;
};
using Table = std::array<Blocks, kQrVersionMax>;

constexpr Table kLow = {{{7, 1},  {10, 1}, {15, 1}, {20, 1}, {26, 1}, {18, 2}, {20, 2}, {24, 2}, {30, 2}, {18, 4},
                         {20, 4}, {24, 4}, {26, 4}, {30, 4}, {22, 6}, {24, 6}, {28, 6}, {30, 6}, {28, 7}, {28, 8}}};
constexpr Table kMedium = {{{10, 1},  {16, 1},  {26, 1},  {18, 2},  {24, 2},  {16, 4}, {18, 4},
                            {22, 4},  {22, 5},  {26, 5},  {30, 5},  {22, 8},  {22, 9}, {24, 9},
                            {24, 10}, {28, 10}, {28, 11}, {26, 13}, {26, 14}, {26, 16}}};

constexpr unsigned kByteMode = 4;

Blocks blocks_of(int version, QrLevel level) {
    CHORD_CHECK(version >= 1 && version <= kQrVersionMax);
    return (level == QrLevel::low ? kLow : kMedium)[static_cast<std::size_t>(version - 1)];
}

std::size_t data_words(int version, QrLevel level) {
    const Blocks blocks = blocks_of(version, level);
    return qr_data_modules(version) / 8 - std::size_t{blocks.check_words} * blocks.blocks;
}

std::size_t count_bits(int version) {
    return version < 10 ? 8 : 16;
}

/// The product in GF(256).
std::uint8_t times(unsigned a, unsigned b) {
    unsigned product = 0;
    for (; b != 0; b >>= 1) {
        if ((b & 1) != 0) product ^= a;
        a = a << 1 ^ (a >> 7) * 0x11d;
    }
    return static_cast<std::uint8_t>(product);
}

class BitWriter {
public:
    void put(unsigned value, std::size_t bits) {
        for (std::size_t bit = bits; bit-- > 0; ++size_) {
            if (size_ % 8 == 0) bytes_.push_back(0);
            bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (value >> bit & 1) << (7 - size_ % 8));
        }
    }
    std::size_t size() const { return size_; }
    std::vector<std::uint8_t> take() { return std::move(bytes_); }

private:
    std::vector<std::uint8_t> bytes_;
    std::size_t size_ = 0;  // in bits
};

/// Mode, count, bytes, terminator and padding (sections 7.4.2, 7.4.5, 7.4.9, 7.4.10).
std::vector<std::uint8_t> data_of(std::string_view bytes, int version, QrLevel level) {
    const std::size_t words = data_words(version, level);
    BitWriter bits;
    bits.put(kByteMode, 4);
    bits.put(static_cast<unsigned>(bytes.size()), count_bits(version));
    for (const char byte : bytes) bits.put(static_cast<unsigned char>(byte), 8);
    bits.put(0, std::min<std::size_t>(4, words * 8 - bits.size()));
    std::vector<std::uint8_t> data = bits.take();  // the last word is filled with zeros already
    for (std::uint8_t pad = 0xec; data.size() < words; pad = static_cast<std::uint8_t>(pad ^ 0xec ^ 0x11)) {
        data.push_back(pad);
    }
    return data;
}

}  // namespace

std::size_t qr_data_modules(int version) {
    const auto v = static_cast<std::size_t>(version);
    std::size_t modules = (16 * v + 128) * v + 64;  // without finders, separators, timing and format information
    if (version >= 2) {
        const std::size_t alignments = v / 7 + 2;
        modules -= (25 * alignments - 10) * alignments - 55;
    }
    return version >= 7 ? modules - 36 : modules;
}

std::size_t qr_capacity(int version, QrLevel level) {
    return (data_words(version, level) * 8 - 4 - count_bits(version)) / 8;
}

std::vector<std::uint8_t> qr_check_words(const std::vector<std::uint8_t>& data, std::size_t degree) {
    std::vector<std::uint8_t> generator(degree);  // without its leading 1, highest power first
    generator.back() = 1;
    for (std::size_t i = 0, root = 1; i < degree; ++i, root = times(static_cast<unsigned>(root), 2)) {
        for (std::size_t j = 0; j < degree; ++j) {
            generator[j] = times(generator[j], static_cast<unsigned>(root));
            if (j + 1 < degree) generator[j] = static_cast<std::uint8_t>(generator[j] ^ generator[j + 1]);
        }
    }
    std::vector<std::uint8_t> remainder(degree);
    for (const std::uint8_t word : data) {
        const unsigned factor = word ^ remainder.front();
        std::rotate(remainder.begin(), remainder.begin() + 1, remainder.end());
        remainder.back() = 0;
        for (std::size_t j = 0; j < degree; ++j) {
            remainder[j] = static_cast<std::uint8_t>(remainder[j] ^ times(generator[j], factor));
        }
    }
    return remainder;
}

std::vector<std::uint8_t> qr_codewords(std::string_view bytes, int version, QrLevel level) {
    CHORD_CHECK(bytes.size() <= qr_capacity(version, level));
    const Blocks shape = blocks_of(version, level);
    const std::vector<std::uint8_t> data = data_of(bytes, version, level);
    const std::size_t short_size = data.size() / shape.blocks;  // the last blocks hold one word more
    const std::size_t short_blocks = shape.blocks - data.size() % shape.blocks;
    std::vector<std::vector<std::uint8_t>> blocks;
    std::vector<std::vector<std::uint8_t>> checks;
    auto at = data.begin();
    for (std::size_t i = 0; i < shape.blocks; ++i) {
        const auto end = at + static_cast<std::ptrdiff_t>(short_size + (i >= short_blocks ? 1 : 0));
        blocks.emplace_back(at, end);
        checks.push_back(qr_check_words(blocks.back(), shape.check_words));
        at = end;
    }
    std::vector<std::uint8_t> words;
    for (const auto* part : {&blocks, &checks}) {
        for (std::size_t i = 0; i < part->back().size(); ++i) {
            for (const auto& block : *part) {
                if (i < block.size()) words.push_back(block[i]);
            }
        }
    }
    return words;
}

}  // namespace chord::cli
