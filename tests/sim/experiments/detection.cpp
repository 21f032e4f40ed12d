// detection: from a crash until predecessor and successor have given the node up, and how often live neighbours are
// given up because datagrams are lost (PROTOCOL-NOTES 12).
#include "tests/sim/experiments/whole_stacks.hpp"

namespace chord::sim {

namespace {

constexpr Duration kCalm = std::chrono::minutes(5), kBetween = std::chrono::minutes(2);
constexpr Duration kTick = std::chrono::milliseconds(200);
constexpr double kMedianGoal = 10, kLateGoal = 25, kNodeDaysMin = 1;

// Whether some live node has it as first successor or predecessor.
bool is_neighbor(const World& world, const Id& id) {
    return std::any_of(world.live().begin(), world.live().end(), [&](std::size_t device) {
        const RingState& ring = world.node(device).ring();
        return (ring.predecessor() && ring.predecessor()->id == id) ||
               (!ring.alone() && ring.successors().front().id == id);
    });
}

std::vector<double> crash_to_eviction(std::uint64_t nodes, std::uint64_t crashes, std::uint64_t seed, Figure& figure) {
    std::vector<double> took;
    const std::unique_ptr<World> grown = grown_ring(nodes, kCalm, seed, figure);
    if (!grown) {
        return took;
    }
    World& world = *grown;
    Rng dice(seed ^ 0xde7ec7);
    for (std::uint64_t i = 0; i < crashes; ++i) {
        const std::size_t device = world.random_member(dice);
        const Id id = world.id(device);
        world.kill(device);
        const Time died = world.now();
        while (is_neighbor(world, id) && world.now() - died < kBetween) {
            world.run_for(kTick);
        }
        took.push_back(in_seconds(world.now() - died));
        world.add();
        world.run_for(exponential(dice, kBetween));
    }
    return took;
}

// Times that a node's first successor or its predecessor, alive, was replaced or dropped though nobody came or went.
std::uint64_t false_evictions(std::uint64_t nodes, PerMillion loss, Duration length, std::uint64_t seed,
                              Figure& figure) {
    const std::unique_ptr<World> grown = grown_ring(nodes, kCalm, seed, figure);
    if (!grown) {
        return 0;
    }
    World& world = *grown;
    NetworkConditions lossy = world.network().conditions();
    lossy.loss = loss;
    world.network().change(lossy);
    std::uint64_t evictions = 0;
    std::vector<bool> whole(world.devices(), true);  // it has its right neighbours
    const Time end = world.now() + length;
    while (world.now() < end) {
        world.run_for(kTick);
        for (const std::size_t device : world.live()) {
            const RingState& ring = world.node(device).ring();
            const bool right = ring.predecessor() && !ring.alone() &&
                               world.true_owner(ring.self().id.plus_power_of_two(0)) == ring.successors().front().id;
            evictions += whole[device] && !right ? 1U : 0U;
            whole[device] = right;
        }
    }
    return evictions;
}

}  // namespace

Figure detection_experiment(const Settings& settings) {
    Figure figure;
    figure.title = "Detection of crashes, and false alarms";
    const std::uint64_t nodes = settings.pick(settings.nodes, 100, 32);
    figure.source = "goals of PROTOCOL-NOTES 12; " + std::to_string(nodes) + " nodes, looked at every 200 ms";
    const std::uint64_t crashes = settings.quick ? 100 : 200;
    const std::vector<double> took = crash_to_eviction(nodes, crashes, settings.seed, figure);
    figure.checks.push_back(at_most("crash to eviction, median s", percentile(took, 0.5), kMedianGoal));
    figure.checks.push_back(at_most("crash to eviction, p99 s", percentile(took, 0.99), kLateGoal));
    const Duration length = settings.duration.value_or(std::chrono::hours(settings.quick ? 1 : 12));
    const double node_days = static_cast<double>(nodes) * in_seconds(length) / 86'400;
    for (const auto& [loss, days] : {std::pair{50'000U, 7.0}, std::pair{200'000U, 1.0}}) {
        const std::uint64_t evictions = false_evictions(nodes, loss, length, settings.seed, figure);
        figure.checks.push_back(at_most("false evictions a node and day, loss " + std::to_string(loss / 10'000) + " %",
                                        static_cast<double>(evictions) / node_days, 1 / days));
    }
    require(figure, "node-days at each loss", node_days, kNodeDaysMin);
    figure.notes.push_back("false evictions over " + shown(node_days) + " node-days at each loss");
    return figure;
}

}  // namespace chord::sim
