#include "tests/sim/experiments/svg_axis.hpp"

#include <algorithm>

namespace chord::sim {

namespace {

constexpr int kTicksMax = 8;

// 4096 as it is, 16384 as 16k, 1048576 as 1M: binary thousands where they come out even.
std::string tick_label(double value) {
    struct Unit {
        double size;
        const char* name;
    };
    for (const Unit unit : {Unit{1 << 20, "Mi"}, Unit{1e6, "M"}, Unit{1 << 10, "Ki"}, Unit{1e3, "k"}}) {
        const double count = value / unit.size;
        if (value >= 1e4 && count >= 1 && count == std::floor(count)) {
            return shown(count) + unit.name;
        }
    }
    return shown(value);
}

// 1, 2 or 5 times a power of ten, so that at most kTicksMax steps cover the span.
double step_of(double span) {
    const double least = span / kTicksMax;
    const double decade = std::pow(10, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * decade >= least) {
            return factor * decade;
        }
    }
    return 10 * decade;
}

}  // namespace

PlotAxis::PlotAxis(Scale scale, const std::vector<double>& values, double from, double to)
    : scale_(scale), from_(from), to_(to) {
    std::vector<double> shown;
    std::copy_if(values.begin(), values.end(), std::back_inserter(shown), [this](double v) { return shows(v); });
    if (!shown.empty()) {
        low_ = *std::min_element(shown.begin(), shown.end());
        high_ = *std::max_element(shown.begin(), shown.end());
    }
    if (scale_ == Scale::linear) {
        linear_ticks();
    } else {
        logarithmic_ticks();
    }
}

void PlotAxis::linear_ticks() {
    // A curve that begins near the origin is judged from there; one that lies far away would be a flat line.
    low_ = low_ > 0 && low_ < 0.5 * high_ ? 0 : low_;
    high_ = high_ > low_ ? high_ : low_ + 1;
    const double step = step_of(high_ - low_);
    const double first = std::floor(low_ / step + 1e-9);
    const double last = std::ceil(high_ / step - 1e-9);
    for (double i = first; i <= last; ++i) {
        ticks_.push_back({i * step, tick_label(i * step)});
    }
    low_ = first * step;
    high_ = last * step;
}

void PlotAxis::logarithmic_ticks() {
    const double base = scale_ == Scale::log2 ? 2 : 10;
    const double first = std::floor(bend(low_) + 1e-9);
    const double last = std::max(first + 1, std::ceil(bend(high_) - 1e-9));
    const double every = std::ceil((last - first) / kTicksMax);
    for (double i = first; i <= last; i += every) {
        ticks_.push_back({std::pow(base, i), tick_label(std::pow(base, i))});
    }
    low_ = std::pow(base, first);
    high_ = std::pow(base, last);
}

double PlotAxis::bend(double value) const {
    switch (scale_) {
        case Scale::linear: return value;
        case Scale::log2: return std::log2(value);
        case Scale::log10: return std::log10(value);
    }
    return value;
}

double PlotAxis::place(double value) const {
    return from_ + (to_ - from_) * (bend(value) - bend(low_)) / (bend(high_) - bend(low_));
}

}  // namespace chord::sim
