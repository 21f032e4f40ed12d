// The two ways of a few pointers at every node: the neighbours alone, and finger tables.
#include <algorithm>

#include "tests/sim/experiments/lookup_options.hpp"
#include "tests/sim/experiments/lookup_sample.hpp"
#include "tests/sim/experiments/random_id.hpp"

namespace chord::sim {

namespace {

constexpr std::uint64_t kExchange = 2;  // a request and its response
constexpr Duration kSpacing = std::chrono::microseconds(100);
constexpr Duration kNoMaintenance = std::chrono::hours(1'000'000);
constexpr Duration kBetweenJoins = std::chrono::seconds(1);
constexpr Duration kJoined = std::chrono::minutes(2);  // long after the last message that a join sets off

// Asks node by node, from `at` on, until one has the point between itself and its successor. Returns how many were
// asked, `at` not among them, and leaves the last of them in `at`.
std::uint64_t walk(const MessageWorld& world, std::size_t& at, const Id& target) {
    std::uint64_t asked = 0;
    while (true) {
        const RingState& ring = world.node(at).ring();
        const Peer& next = ring.successors().front();
        if (in_open_closed(target, ring.self().id, next.id)) {
            return asked;
        }
        at = index_of(next.address);
        ++asked;
    }
}

}  // namespace

LookupCost neighbors_only(const MessageWorld& world, std::uint64_t lookups, std::uint64_t joins, Rng& rng) {
    LookupCost cost;
    for (const std::size_t host : world.live()) {
        const RingState& ring = world.node(host).ring();
        cost.entries += (ring.predecessor() ? 1 : 0) + (ring.alone() ? 0 : 1);
    }
    cost.entries /= static_cast<double>(world.live_count());
    cost.bytes = cost.entries * sizeof(Peer);
    std::uint64_t hops = 0;
    std::uint64_t messages = 0;
    for (std::uint64_t i = 0; i < lookups; ++i) {
        const std::size_t asker = world.random_member(rng);
        const Id target = random_id(rng);
        if (world.node(asker).ring().owns(target)) {
            continue;
        }
        std::size_t at = asker;
        const std::uint64_t asked = walk(world, at, target);
        hops += asked;
        messages += (asked + 1) * kExchange;  // the owner is asked too
    }
    cost.hops = static_cast<double>(hops) / static_cast<double>(lookups);
    cost.lookup_messages = static_cast<double>(messages) / static_cast<double>(lookups);
    messages = 0;
    for (std::uint64_t i = 0; i < joins; ++i) {
        // It asks a member it has heard of, walks to its place, and tells the two between whom it stands.
        std::size_t at = world.random_member(rng);
        messages += (1 + walk(world, at, random_id(rng)) + 2) * kExchange;
    }
    cost.join_messages = static_cast<double>(messages) / static_cast<double>(joins);
    return cost;
}

LookupCost finger_tables(MessageWorld& world, std::uint64_t lookups, std::uint64_t seed) {
    LookupCost cost;
    for (const std::size_t host : world.live()) {
        const NodeView view = world.node(host).view();
        double fingers = 0;
        for (const FingerView& finger : view.fingers) {
            fingers += finger.last_exponent - finger.first_exponent + 1;
        }
        cost.fingers += fingers;
        const double neighbors = static_cast<double>(view.successors.size()) + (view.predecessor ? 1 : 0);
        cost.entries += fingers + neighbors;
        cost.bytes += fingers * sizeof(FingerTable::Finger) + neighbors * sizeof(Peer);
    }
    const double nodes = static_cast<double>(world.live_count());
    cost.fingers /= nodes;
    cost.entries /= nodes;
    cost.bytes /= nodes;
    LookupSample sample(world, seed);
    std::uint64_t messages = 0;
    sample.on_right([&](std::size_t asker, const LookupTrace& trace) {
        // Plain Chord ends at the node before the owner; whoever looked it up asks it next.
        const Peer& owner = trace.holders.front();
        const bool has_answered =
            owner == world.node(asker).ring().self() ||
            std::any_of(trace.hops.begin(), trace.hops.end(), [&](const LookupHop& hop) { return hop.peer == owner; });
        messages += (trace.messages + (has_answered ? 0 : 1)) * kExchange;
    });
    sample.ask_all(lookups, kSpacing);
    CHORD_CHECK(sample.failed() == 0);
    cost.hops = sample.path_mean();
    cost.lookup_messages = static_cast<double>(messages) / static_cast<double>(lookups);
    return cost;
}

double messages_per_join(std::uint64_t nodes, std::uint64_t joins, std::uint64_t seed) {
    MessageWorldOptions options;
    options.seed = seed;
    options.node.stabilize_period = options.node.stabilize_period_unsettled = kNoMaintenance;
    options.node.probe_period = options.node.reconcile_period = kNoMaintenance;
    options.node.jitter_percent = 0;
    options.node.self_tuning = false;
    MessageWorld world(options);
    world.place_ring(nodes);
    world.run_for(kJoined);
    const std::uint64_t before = world.messages();
    for (std::uint64_t i = 0; i < joins; ++i) {
        world.add();
        world.run_for(kJoined);
    }
    return static_cast<double>(world.messages() - before) / static_cast<double>(joins);
}

double messages_per_join_in_operation(std::uint64_t nodes, std::uint64_t joins, std::uint64_t seed) {
    MessageWorldOptions options;
    options.seed = seed;
    const auto messages = [&](std::uint64_t joining) {
        MessageWorld world(options);
        world.place_ring(nodes);
        world.run_for(kJoined);
        const std::uint64_t before = world.messages();
        for (std::uint64_t i = 0; i < joins; ++i) {
            if (i < joining) {
                world.add();
            }
            world.run_for(kBetweenJoins);
        }
        world.run_for(2 * options.node.unsettled_for);
        return static_cast<double>(world.messages() - before);
    };
    return (messages(joins) - messages(0)) / static_cast<double>(joins);
}

}  // namespace chord::sim
