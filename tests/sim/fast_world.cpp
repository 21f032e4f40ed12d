#include "tests/sim/fast_world.hpp"

#include <algorithm>

namespace chord::sim {

MessageWorldOptions fast_world(std::size_t successors, std::uint64_t seed) {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    MessageWorldOptions options;
    options.seed = seed;
    options.network.latency = milliseconds(12);
    options.network.jitter = milliseconds(11);
    options.network.loss = 50'000;
    options.network.duplicate = 50'000;
    options.network.reorder = 100'000;
    options.network.reorder_delay = milliseconds(150);
    options.node.successors = successors;
    options.node.replicas = std::min<std::size_t>(3, successors);
    options.node.stabilize_period = kFastRound;
    options.node.stabilize_period_unsettled = milliseconds(400);
    options.node.unsettled_for = seconds(8);
    options.node.probe_period = seconds(4);
    options.node.reconcile_period = seconds(60);
    options.node.join_retry = milliseconds(200);
    options.node.join_patience = seconds(2);
    options.node.busy_bound = milliseconds(100);
    options.node.leave_timeout = seconds(2);
    options.node.suspect_for = seconds(2);
    options.node.stabilize_period_min = milliseconds(200);
    options.node.witness_patience = milliseconds(300);
    options.node.path_fault_for = seconds(4);
    options.node.second_look_after = milliseconds(700);
    return options;
}

}  // namespace chord::sim
