// Figures as SVG, written by hand: axes with ticks and labels, curves with marks, published figures hollow and with
// their tolerance as a band, a legend below. Colours are chosen for people who do not see all of them, and follow the
// reader's light or dark scheme.
#pragma once

#include <string>

#include "tests/sim/experiments/figure.hpp"

namespace chord::sim {

/// A whole SVG document, one panel a plot, two panels a row.
std::string svg_of(const Figure& figure);

}  // namespace chord::sim
