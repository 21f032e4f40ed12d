// merge: two halves of a ring that cannot hear each other for ten minutes, and become one ring again (PROTOCOL-NOTES
// 9). Detection: the first time after healing that a live node of the other side stands in somebody's neighbourhood.
#include "tests/sim/experiments/whole_stacks.hpp"

namespace chord::sim {

namespace {

constexpr Duration kCalm = std::chrono::minutes(10), kIdealPatience = std::chrono::minutes(30);
constexpr double kDetectGoal = 60, kPeriodsGoal = 10, kMessagesGoal = 40;

bool sees_other_side(const World& world, const std::vector<std::uint8_t>& sides) {
    for (const std::size_t device : world.live()) {
        const RingState& ring = world.node(device).ring();
        const auto other = [&](const Peer& peer) { return sides[index_of(peer.address)] != sides[device]; };
        if ((ring.predecessor() && other(*ring.predecessor())) ||
            std::any_of(ring.successors().begin(), ring.successors().end(), other)) {
            return true;
        }
    }
    return false;
}

}  // namespace

Figure merge_experiment(const Settings& settings) {
    Figure figure;
    figure.title = "Two halves become one ring";
    const std::uint64_t nodes = settings.pick(settings.nodes, 1000, 60);
    const Duration apart = settings.duration.value_or(std::chrono::minutes(10));
    figure.source = "goals of PROTOCOL-NOTES 9: " + ring_size(nodes, 1000, "the goal") + ", two halves apart for " +
                    shown(in_seconds(apart) / 60) + " min";
    const std::unique_ptr<World> grown = grown_ring(nodes, kCalm, settings.seed, figure);
    if (!grown) {
        return figure;
    }
    World& world = *grown;
    const Duration baseline = std::chrono::minutes(5);
    Traffic before = world.traffic();
    world.run_for(baseline);
    const double idle = static_cast<double>(world.traffic().since(before).total().datagrams) /
                        in_seconds(baseline);  // of all, a second

    std::vector<std::uint8_t> sides;
    for (std::uint64_t i = 0; i < nodes; ++i) {
        sides.push_back(static_cast<std::uint8_t>(i % 2));
    }
    world.split(sides);
    world.run_for(apart);
    before = world.traffic();
    const Time healed = world.now();
    world.split({});
    if (sees_other_side(world, sides)) {
        figure.notes.push_back("at healing some node still had a neighbour of the other side");
    }
    const auto detected = world.run_until([&] { return sees_other_side(world, sides); }, kIdealPatience);
    const auto merged = world.run_until([&] { return world.ideal(); }, kIdealPatience);
    if (!detected || !merged) {
        figure.complaints.push_back("the halves did not become one ring within half an hour");
        return figure;
    }
    const Traffic sent = world.traffic().since(before);
    const double took = in_seconds(world.now() - healed);
    note_traffic("healing to ideal", sent, figure);
    const double extra = (static_cast<double>(sent.total().datagrams) - idle * took) / static_cast<double>(nodes);
    figure.checks.push_back(at_most("healing to detection, s", in_seconds(*detected), kDetectGoal));
    figure.checks.push_back(at_most("detection to ideal, stabilize periods",
                                    in_seconds(*merged) / in_seconds(NodeOptions{}.stabilize_period), kPeriodsGoal));
    figure.checks.push_back(at_most("datagrams a node above idle", extra, kMessagesGoal));
    figure.checks.push_back(reported("datagrams a node in all, healing to ideal",
                                     static_cast<double>(sent.total().datagrams) / static_cast<double>(nodes)));
    for (const std::string& violation : world.violations()) {
        figure.complaints.push_back(violation);
    }
    return figure;
}

}  // namespace chord::sim
