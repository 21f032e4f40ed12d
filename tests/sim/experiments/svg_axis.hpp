// PlotAxis: from values to places on the paper, and the ticks between them.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/experiments/figure.hpp"

namespace chord::sim {

class PlotAxis {
public:
    /// Holds `values`, rounded outwards to ticks. `from` and `to` are the ends on the paper (to < from is allowed: y
    /// grows downwards there).
    PlotAxis(Scale scale, const std::vector<double>& values, double from, double to);

    double place(double value) const;
    /// Whether the value can be shown: not so 0 on a logarithmic axis.
    bool shows(double value) const { return scale_ == Scale::linear || value > 0; }

    struct Tick {
        double value = 0;
        std::string label;
    };
    const std::vector<Tick>& ticks() const { return ticks_; }

private:
    void linear_ticks();
    void logarithmic_ticks();
    double bend(double value) const;

    Scale scale_;
    double low_ = 0;
    double high_ = 1;
    double from_;
    double to_;
    std::vector<Tick> ticks_;
};

}  // namespace chord::sim
