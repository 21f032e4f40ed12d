#include "tests/sim/experiments/svg_plot.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <sstream>

#include "tests/sim/experiments/svg_axis.hpp"

namespace chord::sim {

namespace {

// Pixels. The drawing area is what the margins leave of a panel; the legend stands below it.
constexpr double kPanelWidth = 560;
constexpr double kAreaHeight = 300;
constexpr double kLeft = 74, kRight = 24, kTop = 44, kBelowAxis = 50;
constexpr double kLegendLine = 19, kLegendMark = 34, kLetter = 6.4;
constexpr double kHeading = 62, kSubLine = 16, kMargin = 20, kMark = 4.2;
constexpr std::size_t kColors = 6;

// Okabe and Ito's colours; the second of each pair is lighter, for a dark page.
constexpr std::array<std::array<const char*, 2>, kColors> kPalette{{{"#0072b2", "#58b4e8"},
                                                                    {"#d55e00", "#ff9447"},
                                                                    {"#009e73", "#2fd3a5"},
                                                                    {"#b3529b", "#e29ccb"},
                                                                    {"#8a6d00", "#f0c742"},
                                                                    {"#555555", "#bbbbbb"}}};

__attribute__((format(printf, 1, 2))) std::string print(const char* format, ...) {
    char text[512];
    va_list values;
    va_start(values, format);
    std::vsnprintf(text, sizeof text, format, values);
    va_end(values);
    return text;
}

std::string escaped(const std::string& text) {
    std::string safe;
    for (const char c : text) {
        safe += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string{c};
    }
    return safe;
}

std::string label(double x, double y, const char* kind, const std::string& text) {
    return print("<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, kind) + escaped(text) + "</text>\n";
}

// Each colour has its own shape, so that a print in grey can be read too.
std::string mark(double x, double y, std::size_t color, Source source) {
    const std::string kind = print("c%zu %s", color, source == Source::published ? "hollow" : "solid");
    const double r = kMark;
    switch (color % 4) {
        case 0: return print("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" class=\"%s\"/>\n", x, y, r, kind.c_str());
        case 1:
            return print("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\"/>\n", x - r * 0.9,
                         y - r * 0.9, r * 1.8, r * 1.8, kind.c_str());
        case 2:
            return print("<path d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fZ\" class=\"%s\"/>\n", x, y - r * 1.2, x + r * 1.1,
                         y + r * 0.8, x - r * 1.1, y + r * 0.8, kind.c_str());
        default:
            return print("<path d=\"M%.1f %.1fL%.1f %.1fL%.1f %.1fL%.1f %.1fZ\" class=\"%s\"/>\n", x, y - r * 1.3,
                         x + r * 1.3, y, x, y + r * 1.3, x - r * 1.3, y, kind.c_str());
    }
}

const char* stroke(Source source) {
    switch (source) {
        case Source::measured: return "line";
        case Source::published: return "line none";
        case Source::formula: return "line dashed";
    }
    return "line";
}

// One panel at (left, top) of the paper.
class Panel {
public:
    Panel(const Plot& plot, double left, double top)
        : plot_(plot),
          left_(left + kLeft),
          right_(left + kPanelWidth - kRight),
          top_(top + kTop),
          bottom_(top + kTop + kAreaHeight),
          x_(plot.x.scale, values(true), left_, right_),
          y_(plot.y.scale, values(false), bottom_, top_) {}

    /// How much of the paper a panel takes, its legend included.
    static double height(const Plot& plot) {
        double lines = 1;
        double across = 0;
        for (const Series& series : plot.series) {
            wrap(series, across, lines);
        }
        return kTop + kAreaHeight + kBelowAxis + lines * kLegendLine + 18;
    }

    std::string draw() const {
        std::string svg = axes();
        for (std::size_t i = 0; i < plot_.series.size(); ++i) {
            svg += band(plot_.series[i], color(i));
        }
        for (std::size_t i = 0; i < plot_.series.size(); ++i) {
            svg += curve(plot_.series[i], color(i));
        }
        return svg + legend();
    }

private:
    static void wrap(const Series& series, double& across, double& lines) {
        const double width = kLegendMark + static_cast<double>(series.name.size()) * kLetter + 14;
        if (across > 0 && across + width > kPanelWidth - kLeft) {
            ++lines;
            across = 0;
        }
        across += width;
    }

    std::size_t color(std::size_t series) const { return plot_.series[series].hue.value_or(series) % kColors; }

    std::vector<double> values(bool across) const {
        std::vector<double> values;
        for (const Series& series : plot_.series) {
            for (const Point& point : series.points) {
                if (across) {
                    values.push_back(point.x);
                    continue;
                }
                values.push_back(point.y);
                values.push_back(point.low.value_or(point.y));
                values.push_back(point.high.value_or(point.y));
            }
        }
        return values;
    }

    bool shows(const Point& point) const { return x_.shows(point.x) && y_.shows(point.y); }

    std::string axes() const {
        std::string svg = label(left_, top_ - 16, "title", plot_.title);
        for (const PlotAxis::Tick& tick : y_.ticks()) {
            const double y = y_.place(tick.value);
            svg += print("<path d=\"M%.1f %.1fH%.1f\" class=\"grid\"/>\n", left_, y, right_);
            svg += label(left_ - 9, y + 4, "tick end", tick.label);
        }
        for (const PlotAxis::Tick& tick : x_.ticks()) {
            const double x = x_.place(tick.value);
            svg += print("<path d=\"M%.1f %.1fV%.1f\" class=\"axis\"/>\n", x, bottom_, bottom_ + 5);
            svg += label(x, bottom_ + 19, "tick middle", tick.label);
        }
        svg += print("<path d=\"M%.1f %.1fV%.1fH%.1f\" class=\"axis\"/>\n", left_, top_, bottom_, right_);
        svg += label((left_ + right_) / 2, bottom_ + 38, "label middle", plot_.x.label);
        const double middle = (top_ + bottom_) / 2;
        svg +=
            print("<text transform=\"translate(%.1f %.1f) rotate(-90)\" class=\"label middle\">", left_ - 54, middle);
        return svg + escaped(plot_.y.label) + "</text>\n";
    }

    // The tolerance of a published curve; few points have bars instead, for nothing was published between them.
    static bool has_band(const Series& series) {
        return series.source == Source::published && series.points.size() > 2;
    }

    std::string band(const Series& series, std::size_t color) const {
        std::string there;
        std::string back;
        for (const Point& point : series.points) {
            if (has_band(series) && point.low && point.high && shows(point) && y_.shows(*point.low)) {
                there += print("%.1f,%.1f ", x_.place(point.x), y_.place(*point.high));
                back = print("%.1f,%.1f ", x_.place(point.x), y_.place(*point.low)) + back;
            }
        }
        return there.empty() ? "" : "<polygon points=\"" + there + back + print("\" class=\"c%zu band\"/>\n", color);
    }

    std::string curve(const Series& series, std::size_t color) const {
        std::string line;
        std::string marks;
        for (const Point& point : series.points) {
            if (!shows(point)) {
                continue;
            }
            const double x = x_.place(point.x);
            const double y = y_.place(point.y);
            line += print("%.1f,%.1f ", x, y);
            if (!has_band(series) && point.low && point.high && y_.shows(*point.low)) {
                marks += print("<path d=\"M%.1f %.1fV%.1f\" class=\"c%zu bar\"/>\n", x, y_.place(*point.low),
                               y_.place(*point.high), color);
            }
            marks += series.source == Source::formula ? "" : mark(x, y, color, series.source);
        }
        if (series.source == Source::published) {
            return marks;
        }
        return "<polyline points=\"" + line + print("\" class=\"c%zu %s\"/>\n", color, stroke(series.source)) + marks;
    }

    std::string legend() const {
        std::string svg;
        double across = 0;
        double lines = 1;
        for (std::size_t i = 0; i < plot_.series.size(); ++i) {
            const Series& series = plot_.series[i];
            const double before = across;
            const double line = lines;
            wrap(series, across, lines);
            const double x = left_ + (lines > line ? 0 : before);
            const double y = bottom_ + kBelowAxis + lines * kLegendLine;
            svg += print("<path d=\"M%.1f %.1fh26\" class=\"c%zu %s\"/>\n", x, y - 4, color(i), stroke(series.source));
            svg += series.source == Source::formula ? "" : mark(x + 13, y - 4, color(i), series.source);
            svg += label(x + kLegendMark, y, "tick", series.name);
        }
        return svg;
    }

    const Plot& plot_;
    double left_, right_, top_, bottom_;
    PlotAxis x_, y_;
};

// Plain rules, one set a scheme: not every reader of SVG knows custom properties.
std::string scheme(std::size_t which, const char* ink, const char* soft, const char* grid, const char* page) {
    std::string rules = print("text{fill:%s}.sub{fill:%s}.axis{stroke:%s}.grid{stroke:%s}.page,.hollow{fill:%s}", ink,
                              soft, ink, grid, page);
    for (std::size_t i = 0; i < kColors; ++i) {
        const char* const color = kPalette[i][which];
        rules += print(".c%zu{stroke:%s}.c%zu.solid,.c%zu.band{fill:%s}", i, color, i, i, color);
    }
    return rules;
}

// Lines of at most so many letters, broken between words.
std::vector<std::string> lines_of(const std::string& text, std::size_t letters) {
    std::vector<std::string> lines;
    std::istringstream words(text);
    for (std::string word; words >> word;) {
        if (lines.empty() || lines.back().size() + 1 + word.size() > letters) {
            lines.push_back(word);
        } else {
            lines.back() += " " + word;
        }
    }
    return lines;
}

std::string style() {
    return "<style>text{font-family:Helvetica,Arial,sans-serif}.head{font-size:17px;font-weight:bold}"
           ".sub{font-size:12px}.title{font-size:14px;font-weight:bold}.label{font-size:12.5px}.tick{font-size:12px}"
           ".middle{text-anchor:middle}.end{text-anchor:end}.axis,.grid,.line{fill:none}"
           ".line{stroke-width:2;stroke-linejoin:round}.none{stroke-opacity:0}"
           ".dashed{stroke-dasharray:5 4;stroke-width:1.4}.hollow{stroke-width:1.6}.bar{stroke-width:1.2}" +
           scheme(0, "#1b1b1b", "#5a5a5a", "#e3e3e3", "#ffffff") + ".band.band{fill-opacity:.15;stroke:none}" +
           "@media(prefers-color-scheme:dark){" + scheme(1, "#e8e8e8", "#a8a8a8", "#383838", "#161616") +
           ".band.band{stroke:none}}</style>\n";
}

}  // namespace

std::string svg_of(const Figure& figure) {
    const double columns = figure.plots.size() > 1 ? 2 : 1;
    const double width = columns * kPanelWidth;
    std::string text = label(kMargin, 30, "head", figure.title);
    double top = kHeading - kSubLine;
    for (const std::string& line : lines_of(figure.source, static_cast<std::size_t>((width - 2 * kMargin) / kLetter))) {
        text += label(kMargin, top + 4, "sub", line);
        top += kSubLine;
    }
    std::string panels;
    for (std::size_t i = 0; i < figure.plots.size(); i += static_cast<std::size_t>(columns)) {
        double height = 0;
        for (std::size_t j = i; j < figure.plots.size() && j < i + static_cast<std::size_t>(columns); ++j) {
            panels += Panel(figure.plots[j], static_cast<double>(j - i) * kPanelWidth, top).draw();
            height = std::max(height, Panel::height(figure.plots[j]));
        }
        top += height;
    }
    return print(
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\">\n",
               width, top, width, top) +
           style() + print("<rect class=\"page\" width=\"%.0f\" height=\"%.0f\"/>\n", width, top) + text + panels +
           "</svg>\n";
}

}  // namespace chord::sim
