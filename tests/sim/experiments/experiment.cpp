#include "tests/sim/experiments/experiment.hpp"

namespace chord::sim {

const std::vector<Experiment>& experiments() {
    static const std::vector<Experiment> table{
        {"load", "keys per node, with and without virtual nodes (ToN 2003, V-B)", "--nodes --seeds --keys",
         load_experiment},
    };
    return table;
}

}  // namespace chord::sim
