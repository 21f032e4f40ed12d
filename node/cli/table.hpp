// Table: rows of cells as aligned columns, for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chord::cli {

enum class Style { plain, strong, good, warn, bad, faint };

/// `text` in the style's colour; unchanged without `colour`.
std::string styled(std::string_view text, Style style, bool colour);

struct Cell {
    std::string text;  // printable already
    Style style = Style::plain;
    bool right = false;  // aligned to the right, as numbers are
};

/// One line per row, two spaces between columns, none at the end of a line. Rows may differ in length.
std::string table_text(const std::vector<std::vector<Cell>>& rows, bool colour);

}  // namespace chord::cli
