// Figures as tables for people and as JSON.
#include <algorithm>
#include <cstdio>
#include <set>

#include "tests/sim/experiments/figure.hpp"
#include "tests/sim/report.hpp"

namespace chord::sim {

namespace {

using Row = std::vector<std::string>;

// Left-aligned first column, the others to the right.
std::string table(const std::vector<Row>& rows) {
    std::vector<std::size_t> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    std::string text;
    for (const Row& row : rows) {
        text += "  ";
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - row[i].size(), ' ');
            text += i == 0 ? row[i] + padding : "  " + padding + row[i];
        }
        text.erase(text.find_last_not_of(' ') + 1);
        text += "\n";
    }
    return text;
}

const char* name(Source source) {
    switch (source) {
        case Source::measured: return "measured";
        case Source::published: return "published";
        case Source::formula: return "formula";
    }
    return "";
}

std::string table_of(const Plot& plot) {
    Row head{plot.x.label};
    std::set<double> places;
    for (const Series& series : plot.series) {
        head.push_back(series.name);
        for (const Point& point : series.points) {
            places.insert(point.x);
        }
    }
    std::vector<Row> rows{head};
    for (const double x : places) {
        Row row{shown(x)};
        for (const Series& series : plot.series) {
            const auto at =
                std::find_if(series.points.begin(), series.points.end(), [x](const Point& p) { return p.x == x; });
            std::string cell = "-";
            if (at != series.points.end()) {
                cell = shown(at->y);
                cell += at->low && at->high ? " (" + shown(*at->low) + ".." + shown(*at->high) + ")" : "";
            }
            row.push_back(cell);
        }
        rows.push_back(row);
    }
    return "\n" + plot.title + " [" + plot.y.label + "]\n" + table(rows);
}

// JSON has no infinity.
std::string number_or_null(double value) {
    if (!std::isfinite(value)) {
        return "null";
    }
    char text[40];
    std::snprintf(text, sizeof text, "%.10g", value);
    return text;
}

std::string number_or_null(const std::optional<double>& value) {
    return value ? number_or_null(*value) : "null";
}

template <typename Items, typename Each>
std::string list(const Items& items, Each each) {
    std::string json = "[";
    for (const auto& item : items) {
        json += (json.back() == '[' ? "" : ",") + each(item);
    }
    return json + "]";
}

std::string json_of(const Point& point) {
    std::string json = "{\"x\":" + number_or_null(point.x) + ",\"y\":" + number_or_null(point.y);
    if (point.low && point.high) {
        json += ",\"low\":" + number_or_null(*point.low) + ",\"high\":" + number_or_null(*point.high);
    }
    return json + "}";
}

std::string json_of(const Series& series) {
    return "{\"name\":" + quoted(series.name) + ",\"source\":" + quoted(name(series.source)) +
           ",\"points\":" + list(series.points, [](const Point& point) { return json_of(point); }) + "}";
}

std::string json_of(const Plot& plot) {
    return "{\"title\":" + quoted(plot.title) + ",\"x\":" + quoted(plot.x.label) + ",\"y\":" + quoted(plot.y.label) +
           ",\"series\":" + list(plot.series, [](const Series& series) { return json_of(series); }) + "}";
}

std::string json_of(const Check& check) {
    return "{\"what\":" + quoted(check.what) + ",\"ours\":" + number_or_null(check.ours) +
           ",\"published\":" + number_or_null(check.published) + ",\"low\":" + number_or_null(check.low) +
           ",\"high\":" + number_or_null(check.high) + ",\"holds\":" + (check.holds() ? "true" : "false") + "}";
}

}  // namespace

std::string shown(double value) {
    char text[40];
    std::snprintf(text, sizeof text, std::abs(value) >= 100 ? "%.0f" : std::abs(value) >= 10 ? "%.2f" : "%.3f", value);
    std::string number = text;
    if (number.find('.') != std::string::npos) {
        number.erase(number.find_last_not_of('0') + 1);
        number.erase(number.back() == '.' ? number.size() - 1 : number.size());
    }
    if ((number == "0" || number == "-0") && value != 0) {
        std::snprintf(text, sizeof text, "%.2g", value);
        return text;
    }
    return number;
}

std::string bounds(const Check& check) {
    if (!check.gated()) {
        return "-";
    }
    if (!std::isfinite(check.low)) {
        return "<= " + shown(check.high);
    }
    return std::isfinite(check.high) ? shown(check.low) + ".." + shown(check.high) : ">= " + shown(check.low);
}

std::string text_of(const Figure& figure) {
    std::string text = figure.title + "\n" + figure.source + "\n";
    for (const Plot& plot : figure.plots) {
        text += table_of(plot);
    }
    std::vector<Row> rows{{"check", "ours", "published", "bounds", ""}};
    for (const Check& check : figure.checks) {
        rows.push_back({check.what, shown(check.ours), check.published ? shown(*check.published) : "-", bounds(check),
                        !check.gated()  ? ""
                        : check.holds() ? "ok"
                                        : "OUTSIDE"});
    }
    text += rows.size() > 1 ? "\n" + table(rows) : "";
    for (const std::string& note : figure.notes) {
        text += "\n  " + note;
    }
    return text + (figure.notes.empty() ? "" : "\n");
}

std::string json_of(const Figure& figure) {
    return "{\"title\":" + quoted(figure.title) + ",\"source\":" + quoted(figure.source) +
           ",\"notes\":" + list(figure.notes, [](const std::string& note) { return quoted(note); }) +
           ",\"plots\":" + list(figure.plots, [](const Plot& plot) { return json_of(plot); }) +
           ",\"checks\":" + list(figure.checks, [](const Check& check) { return json_of(check); }) + "}";
}

}  // namespace chord::sim
