#!/usr/bin/env python3
"""Compares node/cli/qr with programs that share nothing with it: qrencode makes codes, zbarimg reads them.

Usage: qr_vectors.py --check QR_PRINT   every module against qrencode's, every code read back by zbarimg
       qr_vectors.py --make             prints tests/unit/qr_vectors.hpp from qrencode's codes

Exit 77 (skipped) where one of the two programs is not installed (Debian: qrencode, zbar-tools).
"""
import random
import shutil
import subprocess
import sys
import tempfile

LETTERS = "0123456789abcdefghjkmnpqrstvwxyz:"
MAKE = (("L", 1), ("M", 1), ("L", 2), ("M", 6), ("L", 7), ("L", 10), ("M", 14))  # level, version
SIZES = (1, 14, 17, 50, 77, 100, 134, 154, 200, 230, 271, 350, 467, 512, 666, 800, 858)


def text_of(size):
    """A text that only byte mode can hold, the same for each size."""
    dice = random.Random(size)
    return "c" + "".join(dice.choice(LETTERS) for _ in range(size - 1))


def run(command, text):
    return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout.decode()


def from_qrencode(text, level, version):
    """The modules as rows of 0 and 1, and the mask, read from the format information (ISO/IEC 18004, 7.9)."""
    drawn = run(["qrencode", "-8", "-l", level, "-v", str(version), "-m", "0", "-t", "ASCII", "-o", "-"], text)
    rows = ["".join("1" if line[i] == "#" else "0" for i in range(0, len(line), 2)) for line in drawn.splitlines()]
    mask = (int(rows[8][2:5], 2)) ^ 0b101
    return rows, mask


def from_ours(program, text, level, *version_and_mask):
    first, *rows = run([program, level, *map(str, version_and_mask)], text).splitlines()
    version, mask = map(int, first.split())
    return rows, version, mask


def read_back(rows):
    scale, quiet = 4, 4
    side = (len(rows) + 2 * quiet) * scale
    blank = "0" * (len(rows) + 2 * quiet)
    image = [blank] * quiet + ["0" * quiet + row + "0" * quiet for row in rows] + [blank] * quiet
    pixels = "\n".join(" ".join(c for c in row for _ in range(scale)) for row in image for _ in range(scale))
    with tempfile.NamedTemporaryFile("w", suffix=".pbm") as file:
        file.write(f"P1\n{side} {side}\n{pixels}\n")
        file.flush()
        return run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file.name], "").rstrip("\n")


def check(program):
    checked = 0
    for size in SIZES:
        for level in "LM":
            text = text_of(size)
            if level == "M" and size > 666:
                continue
            rows, version, mask = from_ours(program, text, level)
            assert read_back(rows) == text, f"{size} bytes at level {level}: zbarimg reads something else"
            other, other_mask = from_qrencode(text, level, version)
            rows, _, _ = from_ours(program, text, level, version, other_mask)
            assert rows == other, f"{size} bytes at level {level}, version {version}: qrencode differs"
            checked += 1
    print(f"{checked} codes: every module as qrencode has it, and read back by zbarimg")
    return 0


def make():
    print("// QR codes made by qrencode 4 (tests/unit/qr_vectors.py --make): every module, row by row, in hex.")
    print("#pragma once\n\n#include <string_view>\n\nnamespace chord::testing {\n")
    print("struct QrVector {\n    char level;\n    int version;\n    int mask;\n    std::string_view text;"
          "\n    std::string_view modules;\n};\n")
    print("// clang-format off\ninline constexpr QrVector kQrVectors[] = {")
    for level, version in MAKE:
        text = text_of({1: 10, 2: 32, 6: 100, 7: 150, 10: 260, 14: 350}[version])
        rows, mask = from_qrencode(text, level, version)
        assert len(rows) == 17 + 4 * version
        bits = "".join(rows)
        bits += "0" * (-len(bits) % 4)
        digits = f"{int(bits, 2):0{len(bits) // 4}x}"
        print(f"    {{'{level}', {version}, {mask},")
        for what, end in ((text, ","), (digits, "},")):
            parts = [what[i:i + 100] for i in range(0, len(what), 100)]
            print("\n".join(f'     "{part}"' for part in parts) + end)
    print("};\n// clang-format on\n\n}  // namespace chord::testing")
    return 0


def main():
    missing = [name for name in ("qrencode", "zbarimg") if shutil.which(name) is None]
    if missing:
        print(f"skipped: {' and '.join(missing)} not installed")
        return 77
    if sys.argv[1:] == ["--make"]:
        return make()
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        return check(sys.argv[2])
    print(__doc__, file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main())
