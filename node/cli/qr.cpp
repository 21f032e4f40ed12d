#include "node/cli/qr.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "node/cli/qr_codewords.hpp"
#include "node/core/base/check.hpp"

namespace chord::cli {
namespace {

constexpr int kQuietZone = 4;

/// `value` with the remainder of its BCH code behind it (Annexes C and D).
unsigned with_bch(unsigned value, unsigned generator, int check_bits) {
    unsigned remainder = value << check_bits;
    for (int bit = 31; bit >= check_bits; --bit) {
        if ((remainder >> bit & 1) != 0) remainder ^= generator << (bit - check_bits);
    }
    return value << check_bits | remainder;
}

/// Table 10: which modules a mask inverts.
bool is_inverted(int mask, int row, int column) {
    switch (mask) {
        case 0: return (row + column) % 2 == 0;
        case 1: return row % 2 == 0;
        case 2: return column % 3 == 0;
        case 3: return (row + column) % 3 == 0;
        case 4: return (row / 2 + column / 3) % 2 == 0;
        case 5: return row * column % 2 + row * column % 3 == 0;
        case 6: return (row * column % 2 + row * column % 3) % 2 == 0;
        default: return ((row + column) % 2 + row * column % 3) % 2 == 0;
    }
}

/// A symbol under construction.
class Symbol {
public:
    explicit Symbol(int version) : size_(17 + 4 * version), version_(version) {
        const std::size_t cells = at(size_, 0);
        dark_.resize(cells);
        fixed_.resize(cells);
        for (int i = 0; i < size_; ++i) {  // timing patterns; the finders overwrite their ends
            set_fixed(6, i, i % 2 == 0);
            set_fixed(i, 6, i % 2 == 0);
        }
        draw_finder(3, 3);
        draw_finder(3, size_ - 4);
        draw_finder(size_ - 4, 3);
        draw_alignments();
        draw_format(QrLevel::low, 0);  // reserves its place
        draw_version();
    }

    /// Section 7.7.3: upwards and downwards in columns of two, from the lower right corner.
    void place(const std::vector<std::uint8_t>& words) {
        std::size_t bit = 0;
        bool upwards = true;
        for (int right = size_ - 1; right >= 1; right -= 2, upwards = !upwards) {
            if (right == 6) --right;  // the column of the timing pattern
            for (int step = 0; step < size_; ++step) {
                const int row = upwards ? size_ - 1 - step : step;
                for (const int column : {right, right - 1}) {
                    if (fixed_[at(row, column)]) continue;
                    const bool is_dark = bit < words.size() * 8 && (words[bit / 8] >> (7 - bit % 8) & 1) != 0;
                    dark_[at(row, column)] = is_dark;
                    ++bit;
                }
            }
        }
        CHORD_CHECK(bit == qr_data_modules(version_));
    }

    void apply(QrLevel level, int mask) {
        for (int row = 0; row < size_; ++row) {
            for (int column = 0; column < size_; ++column) {
                const std::size_t cell = at(row, column);
                if (!fixed_[cell] && is_inverted(mask, row, column)) dark_[cell] = !dark_[cell];
            }
        }
        draw_format(level, mask);
    }

    /// Section 7.8.3.1.
    int penalty() const {
        int sum = 0;
        int dark_modules = 0;
        for (int line = 0; line < size_; ++line) {
            sum += line_penalty([&](int i) { return is_dark(line, i); });
            sum += line_penalty([&](int i) { return is_dark(i, line); });
            for (int i = 0; i < size_; ++i) {
                dark_modules += is_dark(line, i) ? 1 : 0;
                if (line > 0 && i > 0 && is_dark(line, i) == is_dark(line - 1, i) &&
                    is_dark(line, i) == is_dark(line, i - 1) && is_dark(line, i) == is_dark(line - 1, i - 1)) {
                    sum += 3;
                }
            }
        }
        const int cells = size_ * size_;
        return sum + std::abs(dark_modules * 20 - cells * 10) / cells * 10;
    }

    QrCode take(int mask) { return {version_, mask, size_, std::move(dark_)}; }

private:
    std::size_t at(int row, int column) const {
        return static_cast<std::size_t>(row) * static_cast<std::size_t>(size_) + static_cast<std::size_t>(column);
    }
    bool is_dark(int row, int column) const { return dark_[at(row, column)]; }

    void set_fixed(int row, int column, bool dark) {
        dark_[at(row, column)] = dark;
        fixed_[at(row, column)] = true;
    }

    /// Rings around a centre: finder patterns with their separators, and alignment patterns.
    void draw_finder(int row, int column) {
        for (int down = -4; down <= 4; ++down) {
            for (int right = -4; right <= 4; ++right) {
                if (row + down < 0 || row + down >= size_ || column + right < 0 || column + right >= size_) continue;
                const int ring = std::max(std::abs(down), std::abs(right));
                set_fixed(row + down, column + right, ring != 2 && ring != 4);
            }
        }
    }

    /// Annex E.
    void draw_alignments() {
        if (version_ == 1) return;
        const int count = version_ / 7 + 2;
        const int step = (version_ * 8 + count * 3 + 5) / (count * 4 - 4) * 2;
        std::vector<int> centres = {6};
        for (int i = count - 2; i >= 0; --i) centres.push_back(size_ - 7 - i * step);
        for (const int row : centres) {
            for (const int column : centres) {
                const bool at_finder =
                    (row == 6 && (column == 6 || column == size_ - 7)) || (column == 6 && row == size_ - 7);
                if (at_finder) continue;
                for (int down = -2; down <= 2; ++down) {
                    for (int right = -2; right <= 2; ++right) {
                        set_fixed(row + down, column + right, std::max(std::abs(down), std::abs(right)) != 1);
                    }
                }
            }
        }
    }

    /// Section 7.9: twice, beside the finders.
    void draw_format(QrLevel level, int mask) {
        const unsigned level_bits = level == QrLevel::low ? 1 : 0;
        const unsigned bits = with_bch(level_bits << 3 | static_cast<unsigned>(mask), 0x537, 10) ^ 0x5412;
        const auto bit = [&](int i) { return (bits >> i & 1) != 0; };
        for (int i = 0; i < 15; ++i) {
            const int along = i < 6 ? i : i < 8 ? i + 1 : 14 - i;  // jumps over the timing pattern
            if (i < 8) {
                set_fixed(along, 8, bit(i));
                set_fixed(8, size_ - 1 - i, bit(i));
            } else {
                set_fixed(8, i == 8 ? 7 : along, bit(i));
                set_fixed(size_ - 15 + i, 8, bit(i));
            }
        }
        set_fixed(size_ - 8, 8, true);
    }

    /// Section 7.10.
    void draw_version() {
        if (version_ < 7) return;
        const unsigned bits = with_bch(static_cast<unsigned>(version_), 0x1f25, 12);
        for (int i = 0; i < 18; ++i) {
            const bool dark = (bits >> i & 1) != 0;
            set_fixed(i / 3, size_ - 11 + i % 3, dark);
            set_fixed(size_ - 11 + i % 3, i / 3, dark);
        }
    }

    /// Runs of five and more, and what looks like a finder: 1011101 with four light modules on one side (the quiet zone
    /// counts as light).
    template <typename Module>
    int line_penalty(Module module) const {
        int sum = 0;
        for (int i = 0, run = 0; i < size_; ++i) {
            run = i > 0 && module(i) == module(i - 1) ? run + 1 : 1;
            if (run == 5) sum += 3;
            if (run > 5) sum += 1;
        }
        constexpr std::array<bool, 7> kFinder = {true, false, true, true, true, false, true};
        const auto is_light = [&](int i) { return i < 0 || i >= size_ || !module(i); };
        const auto four_light = [&](int from) {
            return is_light(from) && is_light(from + 1) && is_light(from + 2) && is_light(from + 3);
        };
        for (int i = 0; i + 7 <= size_; ++i) {
            bool same = true;
            for (int j = 0; j < 7; ++j) same = same && module(i + j) == kFinder[static_cast<std::size_t>(j)];
            if (same && (four_light(i - 4) || four_light(i + 7))) sum += 40;
        }
        return sum;
    }

    int size_;
    int version_;
    std::vector<bool> dark_;
    std::vector<bool> fixed_;  // not for codewords, never masked
};

}  // namespace

std::optional<QrCode> make_qr(std::string_view bytes, QrLevel level) {
    int version = 1;
    while (version <= kQrVersionMax && bytes.size() > qr_capacity(version, level)) ++version;
    if (version > kQrVersionMax) return std::nullopt;
    Symbol bare(version);
    bare.place(qr_codewords(bytes, version, level));
    std::optional<Symbol> best;
    int best_mask = 0;
    for (int mask = 0; mask < 8; ++mask) {
        Symbol masked = bare;
        masked.apply(level, mask);
        if (best && masked.penalty() >= best->penalty()) continue;
        best = masked;
        best_mask = mask;
    }
    return best->take(best_mask);
}

QrCode qr_with_mask(std::string_view bytes, QrLevel level, int version, int mask) {
    CHORD_CHECK(mask >= 0 && mask < 8);
    Symbol symbol(version);
    symbol.place(qr_codewords(bytes, version, level));
    symbol.apply(level, mask);
    return symbol.take(mask);
}

std::string qr_text(const QrCode& code, QrPaint paint) {
    const auto light = [&](int row, int column) {
        const bool outside = row < 0 || row >= code.size || column < 0 || column >= code.size;
        return outside || !code.dark(row, column);
    };
    std::string text;
    for (int row = -kQuietZone; row < code.size + kQuietZone; row += 2) {
        if (paint == QrPaint::color) text.append("\x1b[97;40m");  // white on black: blocks are the light modules
        for (int column = -kQuietZone; column < code.size + kQuietZone; ++column) {
            const bool upper = light(row, column);
            const bool lower = row + 1 < code.size + kQuietZone && light(row + 1, column);
            text.append(upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ");
        }
        if (paint == QrPaint::color) text.append("\x1b[0m");
        text.append("\n");
    }
    return text;
}

}  // namespace chord::cli
