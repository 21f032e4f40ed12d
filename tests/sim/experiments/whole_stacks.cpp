#include "tests/sim/experiments/whole_stacks.hpp"

#include <sstream>

namespace chord::sim {

namespace {

constexpr Duration kStartSpacing = std::chrono::milliseconds(20);
constexpr Duration kIdealPatience = std::chrono::minutes(30);

}  // namespace

bool grow_ring(World& world, std::uint64_t nodes, Duration calm, std::uint64_t seed, Figure& figure) {
    Rng dice(seed);
    for (std::uint64_t i = 0; i < nodes; ++i) {
        world.add();
        world.run_for(exponential(dice, kStartSpacing));
    }
    if (!world.run_until([&] { return world.ideal(); }, kIdealPatience)) {
        figure.complaints.push_back("the ring of " + std::to_string(nodes) + " was not ideal within half an hour");
        return false;
    }
    world.run_for(calm);
    return true;
}

std::unique_ptr<World> grown_ring(std::uint64_t nodes, Duration calm, std::uint64_t seed, Figure& figure) {
    WorldOptions options;
    options.seed = seed;
    auto world = std::make_unique<World>(options);
    return grow_ring(*world, nodes, calm, seed, figure) ? std::move(world) : nullptr;
}

double bytes_per_second(const Traffic& traffic, double node_seconds) {
    return static_cast<double>(traffic.total().bytes) / node_seconds;
}

void note_traffic(const std::string& what, const Traffic& traffic, Figure& figure) {
    std::istringstream lines(traffic.text());
    for (std::string line; std::getline(lines, line);) {
        figure.notes.push_back(what + ": " + line);
    }
}

double in_seconds(Duration duration) {
    return static_cast<double>(duration.count()) / 1e6;
}

double percentile(std::vector<double> values, double share) {
    if (values.empty()) {
        return 0;
    }
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

}  // namespace chord::sim
