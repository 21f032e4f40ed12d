// lookup-options: why Chord. The four ways to find a node that textbooks list, on one ring, by its size: state a node,
// hops and messages a lookup, messages a join, and the keys that move when a node joins.
#include "tests/sim/experiments/lookup_options.hpp"

#include <cmath>

#include "tests/sim/experiments/experiment.hpp"

namespace chord::sim {

namespace {

constexpr std::uint64_t kSmallest = 64, kKeysPerNode = 16, kFingerJoins = 20, kTableJoins = 400, kJoinsInOperation = 60;
// 1/2 log2 N leaves a constant out that shows in small rings; as in `path`.
constexpr std::uint64_t kGatedFrom = 128;
constexpr double kHopsTolerance = 0.3, kHopsToleranceQuick = 0.5;

enum Way : std::size_t { key_index, node_index, neighbors, fingers, kWays };
constexpr const char* kNames[kWays] = {"full key index", "full node index", "successor and predecessor",
                                       "finger tables"};
constexpr std::size_t kHues[kWays] = {1, 3, 2, 0};

struct Measured {
    double nodes = 0;
    LookupCost ways[kWays];
    LookupCost as_ours;  // finger tables with the successor list, as the node routes by default
    double keys = 0, moved = 0, moved_by_modulo = 0;
};

MessageWorldOptions world_options(std::uint64_t seed, bool plain) {
    MessageWorldOptions options;
    options.seed = seed;
    options.node.plain_chord = plain;
    options.first_timeout = std::chrono::milliseconds(200);
    return options;
}

Measured measure(std::uint64_t nodes, std::uint64_t lookups, std::uint64_t seed) {
    Measured found;
    found.nodes = static_cast<double>(nodes);
    Rng rng(seed ^ 0x6f7074696f6e73);
    MessageWorld world(world_options(seed, true));
    world.place_ring(nodes);
    const Population population = population_of(world, kKeysPerNode * nodes, rng);
    found.keys = static_cast<double>(population.keys.size());
    found.ways[key_index] = full_key_index(population, lookups, kTableJoins, rng);
    found.ways[node_index] = full_node_index(population, lookups, kTableJoins, rng);
    found.ways[neighbors] = neighbors_only(world, lookups, kTableJoins, rng);
    found.moved = moved_on_the_ring(population, kTableJoins, rng);
    found.moved_by_modulo = moved_by_modulo(population);
    found.ways[fingers] = finger_tables(world, lookups, rng.next());
    MessageWorld as_ours(world_options(seed, false));
    as_ours.place_ring(nodes);
    found.as_ours = finger_tables(as_ours, lookups, rng.next());
    found.ways[fingers].join_messages = found.as_ours.join_messages = messages_per_join(nodes, kFingerJoins, seed);
    return found;
}

// One panel: a curve for each way, and dashed what theory expects.
class Panel {
public:
    Panel(const std::vector<Measured>& sizes, std::string title, std::string unit)
        : sizes_(sizes), plot_{std::move(title), {"nodes", Scale::log2}, {std::move(unit), Scale::log10}, {}} {}

    Panel& ways(double LookupCost::*cost) {
        for (std::size_t way = 0; way < kWays; ++way) {
            curve(kNames[way], Source::measured, kHues[way], [&](const Measured& m) { return m.ways[way].*cost; });
        }
        return *this;
    }
    template <typename Value>
    Panel& curve(std::string name, Source source, std::size_t hue, Value value) {
        Series series{std::move(name), source, {}, hue};
        for (const Measured& size : sizes_) {
            series.points.push_back({size.nodes, value(size), {}, {}});
        }
        plot_.series.push_back(std::move(series));
        return *this;
    }
    Plot plot() const { return plot_; }

private:
    const std::vector<Measured>& sizes_;
    Plot plot_;
};

std::vector<Plot> plots(const std::vector<Measured>& sizes) {
    const auto log2 = [](const Measured& m) { return std::log2(m.nodes); };
    const auto half = [](const Measured& m) { return m.nodes / 2; };
    const auto half_log2 = [](const Measured& m) { return std::log2(m.nodes) / 2; };
    const auto log2_squared = [](const Measured& m) { return std::log2(m.nodes) * std::log2(m.nodes); };
    const auto one_nth = [](const Measured& m) { return 1 / (m.nodes + 1); };
    return {
        Panel(sizes, "State: entries at each node", "entries")
            .ways(&LookupCost::entries)
            .curve("log2 N", Source::formula, kHues[fingers], log2)
            .plot(),
        Panel(sizes, "State: bytes at each node", "bytes").ways(&LookupCost::bytes).plot(),
        Panel(sizes, "Lookup: hops before the owner is known (full tables: 0)", "hops")
            .ways(&LookupCost::hops)
            .curve("N/2", Source::formula, kHues[neighbors], half)
            .curve("1/2 log2 N", Source::formula, kHues[fingers], half_log2)
            .plot(),
        Panel(sizes, "Lookup: messages until the owner has answered", "messages")
            .ways(&LookupCost::lookup_messages)
            .plot(),
        Panel(sizes, "Join: messages", "messages")
            .ways(&LookupCost::join_messages)
            .curve("log2^2 N", Source::formula, kHues[fingers], log2_squared)
            .plot(),
        Panel(sizes, "Join: share of the keys that move", "share of the keys")
            .curve("hash(key) mod N", Source::measured, 4, [](const Measured& m) { return m.moved_by_modulo; })
            .curve("on the ring", Source::measured, kHues[fingers], [](const Measured& m) { return m.moved; })
            .curve("1/N", Source::formula, kHues[fingers], one_nth)
            .plot(),
    };
}

// Three standard deviations of the mean of `samples` that are spread by `deviation` each.
double spread(double deviation, double samples) {
    return 3 * deviation / std::sqrt(samples);
}

void judge(const Measured& m, std::uint64_t lookups, double tolerance, Figure& figure) {
    const double n = m.nodes;
    const double asked = static_cast<double>(lookups);
    const std::string at = ", N = " + shown(n);
    const auto add = [&](Check check) {
        check.what += at;
        figure.checks.push_back(std::move(check));
    };
    add(within("entries, full key index (all keys)", m.ways[key_index].entries, m.keys, 0));
    add(within("entries, full node index (N)", m.ways[node_index].entries, n, 0));
    add(within("entries, successor and predecessor", m.ways[neighbors].entries, 2, 0));
    add(within("fingers a node (log2 N)", m.ways[fingers].fingers, std::log2(n), 1));
    add(within("hops, full tables", m.ways[key_index].hops + m.ways[node_index].hops, 0, 0));
    // From anywhere to anywhere, each distance as likely as the next; one's own keys and the last step are not walked.
    add(within("hops, successor only (N/2)", m.ways[neighbors].hops, n / 2, 2 + spread(n / std::sqrt(12), asked)));
    const Check plain = within("hops, fingers (1/2 log2 N)", m.ways[fingers].hops, std::log2(n) / 2, tolerance);
    add(n >= static_cast<double>(kGatedFrom) ? plain : reported(plain.what, plain.ours, plain.published));
    add(at_most("hops, fingers, as our node routes", m.as_ours.hops, std::log2(n) / 2 + tolerance, std::log2(n) / 2));
    add(at_most("messages a lookup, fingers (log2 N, and the owner's)", m.ways[fingers].lookup_messages,
                std::log2(n) + 2 + 2 * tolerance, std::log2(n) + 2));
    add(reported("messages a join, full key index (2 N, and the table)", m.ways[key_index].join_messages, 2 * n));
    add(reported("messages a join, full node index (2 N, and the table)", m.ways[node_index].join_messages, 2 * n));
    add(reported("messages a join, successor only (N)", m.ways[neighbors].join_messages, n));
    add(reported("messages a join, fingers (log2^2 N)", m.ways[fingers].join_messages, std::log2(n) * std::log2(n)));
    // An arc is exponentially distributed, and so many keys lie in it.
    const double mean = 1 / (n + 1);
    // The joiners are many and the ring is one, whose own arcs have a spread too.
    const double deviation = mean * std::sqrt((1 + n / m.keys) / static_cast<double>(kTableJoins) + 1 / n);
    add(within("keys moved, ring (1/N)", m.moved, mean, spread(deviation, 1)));
    const double kept = mean;  // hash mod N and hash mod N + 1 agree
    add(within("keys moved, mod N (N/(N + 1))", m.moved_by_modulo, 1 - kept, spread(std::sqrt(kept), m.keys)));
}

}  // namespace

Figure lookup_options_experiment(const Settings& settings) {
    const std::uint64_t largest = settings.pick(settings.nodes, 4'096, 256);
    const std::uint64_t lookups = settings.pick(settings.lookups, 10'000, 2'000);
    Figure figure;
    figure.title = "Four ways to find a node";
    figure.source = std::to_string(lookups) + " lookups at each size, " + std::to_string(kKeysPerNode) +
                    " keys a node; published: what theory expects";
    std::vector<Measured> sizes;
    for (std::uint64_t nodes = std::min(kSmallest, largest); nodes <= largest; nodes *= 2) {
        sizes.push_back(measure(nodes, lookups, settings.seed));
        judge(sizes.back(), lookups, settings.quick ? kHopsToleranceQuick : kHopsTolerance, figure);
    }
    figure.plots = plots(sizes);
    // A join costs O(log^2 N) messages (ToN 2003, theorem IV.6): it may not grow faster than that.
    const auto growth = [&](double LookupCost::*cost) {
        return sizes.back().ways[fingers].*cost / sizes.front().ways[fingers].*cost;
    };
    const double logs = std::log2(sizes.back().nodes) / std::log2(sizes.front().nodes);
    figure.checks.push_back(at_most("messages a join, fingers, growth over all sizes (that of log2^2 N)",
                                    growth(&LookupCost::join_messages), logs * logs, logs * logs));
    figure.checks.push_back(
        reported("messages a join, fingers, beyond those of an idle ring, N = " + shown(sizes.back().nodes),
                 messages_per_join_in_operation(static_cast<std::uint64_t>(sizes.back().nodes), kJoinsInOperation,
                                                settings.seed)));
    figure.notes = {
        "Fingers: the real node on a placed ring, routing as in the paper; what it holds is with its list of 8 "
        "successors and its predecessor.",
        "A full key index is told of each key that is written, too, by a message to every node.",
        "A join with fingers: all that is sent until the joiner is found and its fingers stand; the fingers of others "
        "follow with their periodic repair.",
    };
    return figure;
}

}  // namespace chord::sim
