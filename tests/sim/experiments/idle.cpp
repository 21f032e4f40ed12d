// idle: what a ring sends in which nothing happens (DESIGN 8: at most 100 B/s a node at N = 1,024, 25 B/s at N = 64).
#include "tests/sim/experiments/whole_stacks.hpp"

namespace chord::sim {

namespace {

constexpr Duration kCalm = std::chrono::minutes(15);  // until all periods are those of a quiet ring
constexpr double kGoalSmall = 25, kGoalLarge = 100;

double measure(std::uint64_t nodes, const Settings& settings, Duration measured, Figure& figure) {
    const std::unique_ptr<World> grown = grown_ring(nodes, kCalm, settings.seed, figure);
    if (!grown) {
        return 0;
    }
    World& world = *grown;
    const Traffic before = world.traffic();
    world.run_for(measured);
    const Traffic sent = world.traffic().since(before);
    note_traffic("N = " + std::to_string(nodes), sent, figure);
    return bytes_per_second(sent, static_cast<double>(nodes) * in_seconds(measured));
}

}  // namespace

Figure idle_experiment(const Settings& settings) {
    Figure figure;
    figure.title = "Traffic of a quiet ring";
    figure.source = "goals of DESIGN 8; bytes sent, 28 B of IP and UDP headers a datagram included, no keys";
    const Duration measured = settings.duration.value_or(std::chrono::minutes(settings.quick ? 10 : 60));
    Plot plot{"Bytes a second and node", {"nodes", Scale::log2}, {"B/s", Scale::linear}, {}};
    Series ours{"whole stacks", Source::measured, {}, std::nullopt};
    const std::vector<std::uint64_t> sizes = settings.nodes   ? std::vector{*settings.nodes}
                                             : settings.quick ? std::vector<std::uint64_t>{64}
                                                              : std::vector<std::uint64_t>{64, 1024};
    for (const std::uint64_t nodes : sizes) {
        const double rate = measure(nodes, settings, measured, figure);
        ours.points.push_back({static_cast<double>(nodes), rate, std::nullopt, std::nullopt});
        figure.checks.push_back(
            at_most("B/s a node, N = " + std::to_string(nodes), rate, nodes <= 64 ? kGoalSmall : kGoalLarge));
    }
    plot.series.push_back(ours);
    figure.plots.push_back(plot);
    return figure;
}

}  // namespace chord::sim
