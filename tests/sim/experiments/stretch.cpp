// stretch: how much longer a lookup takes than the straight way to the owner of the key and back (E-S1; ToN 2003,
// table IV). Nodes stand in a cube (the paper's "3-d space"), or in sites far apart from each other, which is as near
// as the simulator comes to its transit-stub network. Lookups are iterative, as the node's are.
#include "tests/sim/experiments/experiment.hpp"
#include "tests/sim/experiments/lookup_sample.hpp"
#include "tests/sim/experiments/whole_stacks.hpp"
#include "tests/sim/message_world.hpp"

namespace chord::sim {

namespace {

constexpr Duration kSpacing = std::chrono::microseconds(100);
constexpr std::uint64_t kPapersNodes = 1 << 16, kSmallest = 1 << 8, kStep = 4;
constexpr double kTolerance = 0.1;
// So far apart that no answer takes the 250 ms after which a second node is asked.
constexpr Duration kEdge = std::chrono::milliseconds(60), kBetweenSites = std::chrono::milliseconds(60);
constexpr std::uint32_t kSites = 256;

// Table IV: s alternatives a finger; 3-d space and transit-stub, iterative and recursive.
struct Row {
    double alternatives, cube, stub, cube_recursive, stub_recursive;
};
constexpr Row kTableFour[] = {{1, 7.8, 7.2, 4.5, 4.1},
                              {2, 7.2, 7.1, 3.5, 3.6},
                              {4, 6.1, 6.4, 2.7, 2.8},
                              {8, 4.7, 4.9, 2.1, 2.0},
                              {16, 3.4, 2.2, 1.7, 1.5}};

NetworkConditions flat() {
    NetworkConditions network;
    network.jitter = Duration{};
    return network;
}

NetworkConditions cube() {
    NetworkConditions network = flat();
    network.cube_edge = kEdge;
    return network;
}

NetworkConditions sites() {
    NetworkConditions network = flat();
    network.sites = kSites;
    network.latency = kBetweenSites;
    return network;
}

struct Stretch {
    double median = 0, p10 = 0, p90 = 0;
    double confirmed = 0;  // median, until the owner has answered too
    double mean = 0, path = 0;
    std::uint64_t failed = 0;
};

double in_units(Duration duration, Duration unit) {
    return static_cast<double>(duration.count()) / static_cast<double>(unit.count());
}

Stretch stretch(std::uint64_t nodes, std::uint64_t lookups, bool plain, const NetworkConditions& network,
                std::uint64_t seed) {
    MessageWorldOptions options;
    options.seed = seed;
    options.network = network;
    options.node.plain_chord = plain;
    options.first_timeout = std::chrono::milliseconds(500);
    MessageWorld world(options);
    world.place_ring(nodes);
    LookupSample sample(world, seed ^ 0x73747265746368);
    std::vector<double> known, confirmed;
    sample.on_right([&](std::size_t asker, const LookupTrace& trace) {
        const std::size_t owner = index_of(trace.holders.front().address);
        if (owner == asker) {
            return;  // there is no way to go
        }
        const auto way = [&](std::size_t a, std::size_t b) {
            return world.network().send(a, b, 0, world.now()).delays[0];
        };
        const Duration straight = way(asker, owner) + way(owner, asker);
        Duration until_known{};
        for (const LookupHop& hop : trace.hops) {
            until_known += index_of(hop.peer.address) == owner ? Duration{} : *hop.rtt;
        }
        if (straight > Duration{}) {
            known.push_back(in_units(until_known, straight));
            confirmed.push_back(in_units(trace.elapsed, straight));
        }
    });
    sample.ask_all(lookups, kSpacing);
    Stretch found{percentile(known, 0.5), percentile(known, 0.1), percentile(known, 0.9), percentile(confirmed, 0.5)};
    for (const double one : known) {
        found.mean += one / static_cast<double>(known.size());
    }
    found.path = sample.path_mean();
    found.failed = sample.failed();
    return found;
}

Plot alternatives(const Stretch& in_cube, std::uint64_t nodes) {
    Plot plot{"By nearer fingers to choose from (table IV, 3-d space)",
              {"alternatives a finger", Scale::log2},
              {"stretch", Scale::linear},
              {{"iterative, ToN table IV", Source::published, {}, 1},
               {"recursive, ToN table IV", Source::published, {}, 3},
               {"plain Chord, our node, N = " + std::to_string(nodes), Source::measured, {}, 0}}};
    for (const Row& row : kTableFour) {
        plot.series[0].points.push_back({row.alternatives, row.cube, {}, {}});
        plot.series[1].points.push_back({row.alternatives, row.cube_recursive, {}, {}});
    }
    plot.series[2].points.push_back({1, in_cube.median, {}, {}});
    return plot;
}

}  // namespace

Figure stretch_experiment(const Settings& settings) {
    const std::uint64_t largest = settings.pick(settings.nodes, kPapersNodes, 1 << 10);
    const std::uint64_t lookups = settings.pick(settings.lookups, 10'000, 2'000);
    Figure figure;
    figure.title = "Latency stretch of lookups";
    figure.source =
        "ToN 2003, table IV; time until the owner is known / straight way to it and back; median, p10..p90 of " +
        std::to_string(lookups);
    Series plain{"plain Chord, our node", Source::measured, {}, 0}, ours{"as our node routes", Source::measured, {}, 2};
    Series confirmed{"the same, owner asked too", Source::measured, {}, 5};
    Series expected{"1/2 log2 N", Source::formula, {}, 0}, theirs{"ToN table IV, s = 1", Source::published, {}, 1};
    Series in_sites{"plain Chord, sites", Source::measured, {}, 4};
    std::uint64_t failed = 0;
    Stretch in_cube;
    for (std::uint64_t nodes = std::min(kSmallest, largest); nodes <= largest; nodes *= kStep) {
        const double n = static_cast<double>(nodes);
        const double hops = std::log2(n) / 2;
        const std::string at = ", N = " + std::to_string(nodes);
        in_cube = stretch(nodes, lookups, true, cube(), settings.seed);
        const Stretch as_ours = stretch(nodes, lookups, false, cube(), settings.seed);
        const Stretch apart = stretch(nodes, lookups, true, sites(), settings.seed);
        plain.points.push_back({n, in_cube.median, in_cube.p10, in_cube.p90});
        ours.points.push_back({n, as_ours.median, {}, {}});
        confirmed.points.push_back({n, as_ours.confirmed, {}, {}});
        in_sites.points.push_back({n, apart.median, {}, {}});
        expected.points.push_back({n, hops, {}, {}});
        failed += in_cube.failed + as_ours.failed + apart.failed;
        // Each hop is as long as the straight way, on average.
        figure.checks.push_back(
            within_share("E-S1 median, 3-d, plain Chord (1/2 log2 N)" + at, in_cube.median, hops, kTolerance));
        figure.checks.push_back(
            at_most("E-S1 median, 3-d, as our node routes" + at, as_ours.median, (1 + kTolerance) * hops, hops));
        if (nodes == kPapersNodes) {
            const Row& first = kTableFour[0];
            theirs.points.push_back({n, first.cube, {}, {}});
            figure.checks.push_back(
                within_share("E-S1 median, 3-d, s = 1" + at, in_cube.median, first.cube, kTolerance));
            figure.checks.push_back(
                reported("E-S1 the same as our node routes, owner asked too" + at, as_ours.confirmed, first.cube));
            figure.checks.push_back(
                reported("E-S1 median, sites (the paper: transit-stub), s = 1" + at, apart.median, first.stub));
        }
    }
    const std::uint64_t even = std::min<std::uint64_t>(largest, 1 << 10);
    const Stretch same = stretch(even, lookups, true, flat(), settings.seed);
    figure.checks.push_back(
        within("mean where all ways are alike (hops), N = " + std::to_string(even), same.mean, same.path, 0.05));
    figure.checks.push_back(at_most("lookups failed", static_cast<double>(failed + same.failed), 0));
    std::vector<Series> series{expected, plain, ours, confirmed, in_sites};
    if (!theirs.points.empty()) {
        series.push_back(theirs);
    }
    figure.plots = {
        {"Stretch by the size of the ring (3-d space)", {"nodes", Scale::log2}, {"stretch", Scale::linear}, series},
        alternatives(in_cube, plain.points.empty() ? 0 : static_cast<std::uint64_t>(plain.points.back().x))};
    figure.notes = {"Our node takes the fingers as they are, s = 1, and asks each hop itself.",
                    "To ask the owner before it answers costs the straight way once more: exactly 1."};
    return figure;
}

}  // namespace chord::sim
