// load: how evenly consistent hashing spreads keys (E-L1, E-L2; ToN 2003, V-B, figures 8 and 9). No messages are
// needed: ids are random 256-bit points, keys are hashed as the node hashes them (BLAKE2b-256), and each key is given
// to its successor.
#include <algorithm>
#include <cstring>

#include "node/core/base/hash.hpp"
#include "node/core/base/rng.hpp"
#include "tests/sim/experiments/experiment.hpp"
#include "tests/sim/experiments/random_id.hpp"

namespace chord::sim {

namespace {

// Read off figure 9 at its ends, r = 1 and r = 20: one run of the authors', so theory is the gate where there is one.
constexpr double kP99One = 4.8, kP99Twenty = 1.6, kP1Twenty = 0.5;
constexpr double kTheoryP99 = 4.605;  // ln 100: an arc is exponentially distributed

struct Spread {
    double p1 = 0, p99 = 0, max = 0;  // keys of a node over the mean
};

// The key ids of a run; drawn once, for each ring that they are put on.
std::vector<Id> key_ids(std::uint64_t count, Rng& rng) {
    std::vector<Id> keys;
    keys.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        char name[8];
        const std::uint64_t number = rng.next();
        std::memcpy(name, &number, sizeof name);
        keys.push_back(key_id(BytesView(name, sizeof name)));
    }
    return keys;
}

Spread spread(std::uint64_t nodes, std::uint64_t positions, const std::vector<Id>& keys, Rng& rng) {
    struct Place {
        Id id;
        std::uint32_t node = 0;
    };
    std::vector<Place> ring;
    for (std::uint64_t i = 0; i < nodes * positions; ++i) {
        ring.push_back({random_id(rng), static_cast<std::uint32_t>(i / positions)});
    }
    std::sort(ring.begin(), ring.end(), [](const Place& a, const Place& b) { return a.id < b.id; });
    std::vector<std::uint64_t> held(nodes);
    for (const Id& key : keys) {
        const auto owner = std::lower_bound(ring.begin(), ring.end(), key,
                                            [](const Place& place, const Id& id) { return place.id < id; });
        ++held[owner == ring.end() ? ring.front().node : owner->node];
    }
    std::sort(held.begin(), held.end());
    const double mean = static_cast<double>(keys.size()) / static_cast<double>(nodes);
    const auto at = [&](double share) {
        return static_cast<double>(held[static_cast<std::size_t>(share * static_cast<double>(nodes - 1))]) / mean;
    };
    return {at(0.01), at(0.99), at(1)};
}

Spread mean_spread(std::uint64_t nodes, std::uint64_t positions, std::uint64_t keys, std::uint64_t seeds, Rng& rng) {
    Spread sum;
    for (std::uint64_t i = 0; i < seeds; ++i) {
        const Spread one = spread(nodes, positions, key_ids(keys, rng), rng);
        sum.p1 += one.p1;
        sum.p99 += one.p99;
        sum.max += one.max;
    }
    const double count = static_cast<double>(seeds);
    return {sum.p1 / count, sum.p99 / count, sum.max / count};
}

double harmonic(std::uint64_t n) {
    double sum = 0;
    for (std::uint64_t i = 1; i <= n; ++i) {
        sum += 1 / static_cast<double>(i);
    }
    return sum;
}

}  // namespace

Figure load_experiment(const Settings& settings) {
    const std::uint64_t nodes = settings.pick(settings.nodes, 10'000, 2'000);
    const std::uint64_t seeds = settings.pick(settings.seeds, 20, 4);
    const std::uint64_t keys = settings.pick(settings.keys, 500'000, 100'000);
    const double tolerance = settings.quick ? 0.10 : 0.05;
    Rng rng(settings.seed);
    Figure figure;
    figure.title = "Keys per node";
    figure.source = "ToN 2003, V-B: " + ring_size(nodes, 10'000) + "; p1, p99 and maximum over the mean";

    const Spread single = mean_spread(nodes, 1, keys, seeds, rng);
    figure.checks = {
        within_share("E-L1 p99 / mean, one position", single.p99, kTheoryP99, tolerance),
        within_share("E-L1 max / mean, one position (H_N)", single.max, harmonic(nodes), settings.quick ? 0.25 : 0.10),
        at_most("E-L1 p1 / mean (some nodes have none)", single.p1, 0.05, 0.0),
        reported("E-L1 max / mean of the paper's one run", single.max, 9.1),
    };

    Series p99{"p99, ours", Source::measured, {}, 0}, p1{"p1, ours", Source::measured, {}, 1};
    for (const std::uint64_t positions : std::initializer_list<std::uint64_t>{1, 2, 5, 10, 20}) {
        const Spread virtual_nodes =
            mean_spread(nodes, positions, 2 * keys, std::max<std::uint64_t>(1, seeds / 4), rng);
        p99.points.push_back({static_cast<double>(positions), virtual_nodes.p99, {}, {}});
        p1.points.push_back({static_cast<double>(positions), virtual_nodes.p1, {}, {}});
    }
    const auto band = [](double x, double y, double share) { return Point{x, y, y * (1 - share), y * (1 + share)}; };
    figure.plots.push_back(
        {"Virtual nodes even the load out (E-L2)",
         {"positions on the ring a node", Scale::linear},
         {"keys of a node / mean", Scale::linear},
         {p99,
          {"p99, ToN fig. 9", Source::published, {band(1, kP99One, tolerance), band(20, kP99Twenty, tolerance)}, 0},
          p1,
          {"p1, ToN fig. 9", Source::published, {{1, 0, {}, {}}, {20, kP1Twenty, {}, {}}}, 1}}});
    figure.checks.push_back(within_share("E-L2 p99 / mean, r = 1", p99.points.front().y, kTheoryP99, tolerance));
    figure.checks.push_back(reported("E-L2 p99 / mean, r = 1, of the paper's one run", p99.points.front().y, kP99One));
    figure.checks.push_back(within_share("E-L2 p99 / mean, r = 20", p99.points.back().y, kP99Twenty, tolerance));
    figure.checks.push_back(reported("E-L2 p1 / mean, r = 20", p1.points.back().y, kP1Twenty));
    figure.notes.push_back("Node ids are random points, key ids BLAKE2b-256 of random names, as the node makes them.");
    return figure;
}

}  // namespace chord::sim
