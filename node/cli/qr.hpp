// QR codes for the terminal: byte mode, levels L and M, versions 1 to 20 (ISO/IEC 18004:2015), which is room for 858
// bytes at level L. An invite takes 512 at most.
//
// It is not a general encoder: no other mode, no ECI, no Kanji, no structured append, no reader.
//
// Invariants
//  1. The smallest version that holds the bytes is taken, and of the eight masks the one with the least penalty, the
//     lowest-numbered of equals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chord::cli {

enum class QrLevel : std::uint8_t {
    low,     // L: survives 7 % of wrong modules
    medium,  // M: 15 %
};

inline constexpr int kQrVersionMax = 20;

struct QrCode {
    int version = 1;            // 1…20
    int mask = 0;               // 0…7
    int size = 0;               // modules a side: 17 + 4 × version
    std::vector<bool> modules;  // row by row, true is dark

    bool dark(int row, int column) const { return modules[cell(row, column)]; }
    std::size_t cell(int row, int column) const {
        return static_cast<std::size_t>(row) * static_cast<std::size_t>(size) + static_cast<std::size_t>(column);
    }
};

/// The code of these bytes; nullopt when they do not fit into version 20.
std::optional<QrCode> make_qr(std::string_view bytes, QrLevel level);

/// The code of these bytes in the version and with the mask that are given. REQUIRES: 1 <= version <= kQrVersionMax,
/// the bytes fit, 0 <= mask < 8.
QrCode qr_with_mask(std::string_view bytes, QrLevel level, int version, int mask);

enum class QrPaint : std::uint8_t {
    plain,  // light modules are blocks in the terminal's own colour: right on a dark background, inverted on a light
            // one
    color,  // black on white by SGR sequences, whatever the background
};

/// The code as lines of half blocks (U+2580, U+2584, U+2588), two modules above each other in one character, with the
/// quiet zone of four modules that the standard asks for (section 6.3.8). Each line ends with a line feed.
std::string qr_text(const QrCode& code, QrPaint paint);

}  // namespace chord::cli
