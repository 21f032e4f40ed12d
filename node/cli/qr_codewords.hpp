// The codewords of a QR code: data, padding and Reed-Solomon check words, in the order in which they are placed
// (ISO/IEC 18004:2015, sections 7.4 to 7.6). Placing them is qr.cpp's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "node/cli/qr.hpp"

namespace chord::cli {

/// How many bytes a code of this version and level holds in byte mode. REQUIRES: 1 <= version <= kQrVersionMax.
std::size_t qr_capacity(int version, QrLevel level);

/// All codewords of the symbol, blocks interleaved. REQUIRES: at most qr_capacity() bytes.
std::vector<std::uint8_t> qr_codewords(std::string_view bytes, int version, QrLevel level);

/// The check words of these data words: the remainder by the generator polynomial of that degree over GF(256) modulo
/// x^8 + x^4 + x^3 + x^2 + 1 (section 7.5.2, Annex A).
std::vector<std::uint8_t> qr_check_words(const std::vector<std::uint8_t>& data, std::size_t degree);

/// Modules that are left for codewords in a symbol of this version, remainder bits included.
std::size_t qr_data_modules(int version);

}  // namespace chord::cli
