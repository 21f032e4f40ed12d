// Prints the QR code of what stands on stdin, for tests/unit/qr_vectors.py: the version and the mask, then a line of 0
// and 1 a row.
//
// Usage: qr_print L|M [VERSION MASK]
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "node/cli/qr.hpp"

int main(int argc, char** argv) {
    using namespace chord::cli;
    if (argc != 2 && argc != 4) return 64;
    const QrLevel level = *argv[1] == 'L' ? QrLevel::low : QrLevel::medium;
    const std::string bytes{std::istreambuf_iterator<char>(std::cin), {}};
    const std::optional<QrCode> code =
        argc == 2 ? make_qr(bytes, level) : qr_with_mask(bytes, level, std::atoi(argv[2]), std::atoi(argv[3]));
    if (!code) return 1;
    std::printf("%d %d\n", code->version, code->mask);
    for (int row = 0; row < code->size; ++row) {
        for (int column = 0; column < code->size; ++column) std::putchar(code->dark(row, column) ? '1' : '0');
        std::putchar('\n');
    }
    return 0;
}
