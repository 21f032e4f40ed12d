// path: how many nodes a lookup asks (E-P1, E-P2; ToN 2003, V-C, figure 10): in a ring of bare cores that stands
// already, once with routing as in the paper (NodeOptions::plain_chord) and once as the node really routes.
#include "tests/sim/experiments/experiment.hpp"
#include "tests/sim/experiments/lookup_sample.hpp"
#include "tests/sim/message_world.hpp"

namespace chord::sim {

namespace {

constexpr Duration kSpacing = std::chrono::microseconds(100);
constexpr std::uint64_t kPeakNodes = 1 << 12;
constexpr double kPeakHops = 6, kPeakShare = 0.22;  // SIGCOMM 2001, figure 10b, read off
constexpr double kTolerance = 0.3;                  // as exactly as figure 10a can be read
// 1/2 log2 N leaves a constant out that shows in small rings: from here on it lies within the tolerance.
constexpr std::uint64_t kGatedFrom = 128;

struct Paths {
    double mean = 0, p1 = 0, p99 = 0;
    std::vector<double> shares;  // of the lookups, by hops
    std::uint64_t failed = 0;
};

Paths paths(std::uint64_t nodes, std::uint64_t lookups, bool plain, std::uint64_t seed) {
    MessageWorldOptions options;
    options.seed = seed;
    options.node.plain_chord = plain;
    options.first_timeout = std::chrono::milliseconds(200);
    MessageWorld world(options);
    world.place_ring(nodes);
    LookupSample sample(world, seed ^ 0x70617468);
    sample.ask_all(lookups, kSpacing);
    Paths found{sample.path_mean(), sample.path_percentile(0.01), sample.path_percentile(0.99), {}, sample.failed()};
    for (const std::uint64_t count : sample.paths()) {
        found.shares.push_back(static_cast<double>(count) / static_cast<double>(sample.right()));
    }
    return found;
}

Series distribution(std::string name, const Paths& found, std::size_t hue) {
    Series series{std::move(name), Source::measured, {}, hue};
    for (std::size_t hops = 0; hops < found.shares.size(); ++hops) {
        series.points.push_back({static_cast<double>(hops), found.shares[hops], {}, {}});
    }
    return series;
}

}  // namespace

Figure path_experiment(const Settings& settings) {
    const std::uint64_t largest = settings.pick(settings.nodes, 1 << 14, 1 << 9);
    const std::uint64_t lookups = settings.pick(settings.lookups, 10'000, 2'000);
    Figure figure;
    figure.title = "Path length";
    figure.source = "ToN 2003, V-C, figure 10; hops to the node before the key, mean and p1..p99 of " +
                    std::to_string(lookups) + " lookups";
    Series plain{"plain Chord, our node", Source::measured, {}, 0};
    Series ours{"as our node routes (r = 8)", Source::measured, {}, 2};
    Series published{"1/2 log2 N, ToN fig. 10a", Source::published, {}, 1};
    Paths peak, peak_ours;
    std::uint64_t failed = 0;
    const std::uint64_t peak_nodes = std::min(kPeakNodes, largest);
    for (std::uint64_t nodes = 8; nodes <= largest; nodes *= 2) {
        const double n = static_cast<double>(nodes);
        const double expected = std::log2(n) / 2;
        const Paths as_paper = paths(nodes, lookups, true, settings.seed);
        const Paths as_ours = paths(nodes, lookups, false, settings.seed);
        plain.points.push_back({n, as_paper.mean, as_paper.p1, as_paper.p99});
        ours.points.push_back({n, as_ours.mean, {}, {}});
        published.points.push_back({n, expected, expected - kTolerance, expected + kTolerance});
        const std::string what = "E-P1 mean path, N = " + std::to_string(nodes);
        figure.checks.push_back(nodes >= kGatedFrom ? within(what, as_paper.mean, expected, kTolerance)
                                                    : reported(what, as_paper.mean, expected));
        failed += as_paper.failed + as_ours.failed;
        if (nodes <= peak_nodes) {
            peak = as_paper;
            peak_ours = as_ours;
        }
    }
    figure.checks.push_back(at_most("lookups failed", static_cast<double>(failed), 0));
    if (largest >= kPeakNodes) {
        const auto most = std::max_element(peak.shares.begin(), peak.shares.end());
        figure.checks.push_back(
            within("E-P2 most frequent path, N = 4096", static_cast<double>(most - peak.shares.begin()), kPeakHops, 0));
        figure.checks.push_back(within("E-P2 share of lookups that take it", *most, kPeakShare, 0.02));
    }
    figure.plots.push_back({"Mean path by the size of the ring (E-P1)",
                            {"nodes", Scale::log2},
                            {"hops", Scale::linear},
                            {published, plain, ours}});
    Plot shares{"Distribution at N = " + std::to_string(peak_nodes) + " (E-P2)",
                {"hops", Scale::linear},
                {"share of lookups", Scale::linear},
                {distribution("plain Chord, our node", peak, 0), distribution("as our node routes", peak_ours, 2)}};
    if (peak_nodes == kPeakNodes) {
        shares.series.push_back({"peak, SIG fig. 10b", Source::published, {{kPeakHops, kPeakShare, 0.2, 0.24}}, 1});
    }
    figure.plots.push_back(shares);
    figure.notes.push_back("1/2 log2 N is an approximation for large rings; below N = 128 it is only reported.");
    return figure;
}

}  // namespace chord::sim
