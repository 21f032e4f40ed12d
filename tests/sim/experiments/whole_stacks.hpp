// What the experiments on whole stacks share: a ring that is ideal, and what it sent for how long.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/experiments/experiment.hpp"
#include "tests/sim/world.hpp"

namespace chord::sim {

/// Adds `nodes` devices, 20 ms apart on average, and waits until the ring is ideal and a while longer, so that fingers
/// are filled and periods long. False, with a complaint, if it is not ideal within half an hour.
bool grow_ring(World& world, std::uint64_t nodes, Duration calm, std::uint64_t seed, Figure& figure);

/// A world of the default options with such a ring; null, with a complaint, if it did not become one.
std::unique_ptr<World> grown_ring(std::uint64_t nodes, Duration calm, std::uint64_t seed, Figure& figure);

/// Bytes a second and node, headers included.
double bytes_per_second(const Traffic& traffic, double node_seconds);

/// Notes that say where the bytes went.
void note_traffic(const std::string& what, const Traffic& traffic, Figure& figure);

double in_seconds(Duration duration);

/// The value below which `share` of them lie; 0 for none.
double percentile(std::vector<double> values, double share);

Figure bamboo_experiment(const Settings& settings);
Figure idle_experiment(const Settings& settings);
Figure detection_experiment(const Settings& settings);
Figure false_alarm_experiment(const Settings& settings);
Figure merge_experiment(const Settings& settings);
Figure slow_line_experiment(const Settings& settings);
Figure stacks_experiment(const Settings& settings);

}  // namespace chord::sim
