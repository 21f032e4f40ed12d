#include "tests/sim/experiments/figure.hpp"

namespace chord::sim {

Check within(std::string what, double ours, double published, double tolerance) {
    return Check{std::move(what), ours, published, published - tolerance, published + tolerance};
}

Check within_share(std::string what, double ours, double published, double share) {
    return within(std::move(what), ours, published, share * published);
}

Check at_most(std::string what, double ours, double high, std::optional<double> published) {
    return Check{std::move(what), ours, published, -Check::kNone, high};
}

Check reported(std::string what, double ours, std::optional<double> published) {
    return Check{std::move(what), ours, published, -Check::kNone, Check::kNone};
}

void leave_out_published(Plot& plot) {
    std::erase_if(plot.series, [](const Series& series) { return series.source == Source::published; });
}

void require(Figure& figure, const std::string& what, double have, double least) {
    if (!(have >= least)) {
        figure.complaints.push_back("too little was measured: " + shown(have) + " " + what + ", at least " +
                                    shown(least) + " are needed");
    }
}

std::string ring_size(std::uint64_t nodes, std::uint64_t meant, const std::string& who) {
    return std::to_string(nodes) + " nodes" + (nodes == meant ? "" : " (" + who + ": " + std::to_string(meant) + ")");
}

}  // namespace chord::sim
