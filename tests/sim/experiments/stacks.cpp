// stacks: how much virtual time whole stacks live through in a second of ours. The one figure here that depends on the
// machine; the trace does not.
#include <chrono>

#include "tests/sim/experiments/whole_stacks.hpp"

namespace chord::sim {

Figure stacks_experiment(const Settings& settings) {
    Figure figure;
    figure.title = "Speed of whole stacks";
    const std::uint64_t nodes = settings.pick(settings.nodes, 1000, 100);
    figure.source = "goal of DESIGN 8: whole stacks faster than real time on one core, default options, no load; " +
                    ring_size(nodes, 1000, "the goal");
    const Duration length = settings.duration.value_or(std::chrono::minutes(10));
    WorldOptions options;
    options.seed = settings.seed;
    World world(options);
    const auto wall = [] { return std::chrono::steady_clock::now(); };
    const auto began = wall();
    if (!grow_ring(world, nodes, std::chrono::minutes(1), settings.seed, figure)) {
        return figure;
    }
    const auto grown = wall();
    const double growth = in_seconds(world.now() - Time{});
    world.run_for(length);
    const double grew_for = std::chrono::duration<double>(grown - began).count();
    const double ran_for = std::chrono::duration<double>(wall() - grown).count();
    Check speed =
        reported("virtual seconds a second, " + std::to_string(nodes) + " stacks", in_seconds(length) / ran_for);
    speed.low = 1;
    figure.checks.push_back(speed);
    figure.checks.push_back(reported("the same while the ring grows", growth / grew_for));
    return figure;
}

}  // namespace chord::sim
