// Figure: what an experiment measured, beside what was published. One value from which the table for people, the JSON
// object and the plot are made (figure_text, svg_plot).
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace chord::sim {

struct Point {
    double x = 0;
    double y = 0;
    /// Ends of an error bar or of a band of tolerance.
    std::optional<double> low, high;
};

enum class Source : std::uint8_t {
    measured,   // with our node: filled marks, a line
    published,  // read in a paper: hollow marks, its tolerance as a band
    formula     // computed: a thin dashed line without marks
};

struct Series {
    std::string name;
    Source source = Source::measured;
    std::vector<Point> points;  // by rising x
    /// Which colour and shape of mark; series that belong together share one. Left out: the series' own place.
    std::optional<std::size_t> hue;
};

enum class Scale : std::uint8_t { linear, log2, log10 };

struct Axis {
    std::string label;  // with its unit
    Scale scale = Scale::linear;
};

/// One pair of axes with its curves. On a logarithmic axis, points at or below 0 are left out.
struct Plot {
    std::string title;
    Axis x;
    Axis y;
    std::vector<Series> series;
};

/// One figure that is held against bounds, or only reported (bounds infinite).
struct Check {
    static constexpr double kNone = std::numeric_limits<double>::infinity();

    std::string what;
    double ours = 0;
    std::optional<double> published;
    double low = -kNone;  // both inclusive
    double high = kNone;

    bool gated() const { return std::isfinite(low) || std::isfinite(high); }
    bool holds() const { return ours >= low && ours <= high; }
};

/// published ± tolerance.
Check within(std::string what, double ours, double published, double tolerance);
/// published ± share * published.
Check within_share(std::string what, double ours, double published, double share);
Check at_most(std::string what, double ours, double high, std::optional<double> published = std::nullopt);
/// `published`, if given, is only for comparison.
Check reported(std::string what, double ours, std::optional<double> published = std::nullopt);

struct Figure {
    std::string title;
    std::string source;              // the paper's figure or table, and the convention of counting
    std::vector<std::string> notes;  // what a reader has to know to read the figures rightly
    std::vector<Plot> plots;
    std::vector<Check> checks;
    /// Each a violation that is no check of a number, with what repeats it.
    std::vector<std::string> complaints;
};

/// Without what was published, where the ring is not the published one's size.
void leave_out_published(Plot& plot);
/// A violation if there are fewer than `least` of them: what holds because next to nothing was measured says nothing.
void require(Figure& figure, const std::string& what, double have, double least);
/// "1000 nodes", or "200 nodes (the paper: 1000)".
std::string ring_size(std::uint64_t nodes, std::uint64_t meant, const std::string& who = "the paper");

/// A number as people write it: at most four significant digits after the point, no trailing zeros.
std::string shown(double value);
/// "3.2..4", "<= 16", or "-" for what is only reported.
std::string bounds(const Check& check);
/// The figures as tables, one a plot with a column a series, then the checks.
std::string text_of(const Figure& figure);
/// The same as one JSON object: title, source, notes, plots, checks.
std::string json_of(const Figure& figure);

}  // namespace chord::sim
