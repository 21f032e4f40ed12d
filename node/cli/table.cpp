#include "node/cli/table.hpp"

#include <algorithm>

#include "node/cli/text.hpp"

namespace chord::cli {
namespace {

std::string_view escape_code(Style style) {
    switch (style) {
        case Style::plain: return "";
        case Style::strong: return "\x1b[1m";
        case Style::good: return "\x1b[32m";
        case Style::warn: return "\x1b[33m";
        case Style::bad: return "\x1b[31m";
        case Style::faint: return "\x1b[2m";
    }
    return "";
}

}  // namespace

std::string styled(std::string_view text, Style style, bool colour) {
    if (!colour || style == Style::plain || text.empty()) return std::string(text);
    return std::string(escape_code(style)).append(text).append("\x1b[0m");
}

std::string table_text(const std::vector<std::vector<Cell>>& rows, bool colour) {
    std::vector<std::size_t> widths;
    for (const std::vector<Cell>& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], text_width(row[at].text));
    }
    std::string out;
    for (const std::vector<Cell>& row : rows) {
        std::size_t owed = 0;  // blanks before the next visible cell, so that no line ends in one
        for (std::size_t at = 0; at < row.size(); ++at) {
            const Cell& cell = row[at];
            const std::size_t blanks = widths[at] - text_width(cell.text);
            if (!cell.text.empty()) {
                out.append(owed + (cell.right ? blanks : 0), ' ');
                out.append(styled(cell.text, cell.style, colour));
                owed = cell.right ? 0 : blanks;
            } else {
                owed += blanks;
            }
            owed += 2;
        }
        out.push_back('\n');
    }
    return out;
}

}  // namespace chord::cli
