#include "tests/sim/experiments/experiment.hpp"

#include "tests/sim/experiments/whole_stacks.hpp"

namespace chord::sim {

const std::vector<Experiment>& experiments() {
    static const std::vector<Experiment> table{
        {"lookup-options", "the four ways to find a node: state, hops, messages, keys that move", "--nodes --lookups",
         lookup_options_experiment},
        {"load", "keys per node, with and without virtual nodes (ToN 2003, V-B)", "--nodes --seeds --keys",
         load_experiment},
        {"path", "hops of a lookup by the size of the ring, and their distribution (ToN 2003, V-C)",
         "--nodes --lookups", path_experiment},
        {"stretch", "how much longer a lookup takes than the straight way to the owner (ToN 2003, table IV)",
         "--nodes --lookups", stretch_experiment},
        {"mass-failure", "lookups when a share of the nodes dies at once (ToN 2003, table II)",
         "--nodes --seeds --lookups", mass_failure_experiment},
        {"churn", "lookups while nodes join and leave (ToN 2003, table III)", "--nodes --lookups", churn_experiment},
        {"churn-sigcomm", "lookups that fail while nodes join and crash, no second try (SIGCOMM 2001, figure 12)",
         "--nodes --lookups", churn_sigcomm_experiment},
        {"successors", "wrong and dead first successors while nodes come and go (Krishnamurthy 2005)", "--nodes --for",
         successors_experiment},
        {"bamboo", "lookups right and bytes sent under heavy churn (Rhea 2004)", "--nodes --lookups --for",
         bamboo_experiment},
        {"merge", "two halves become one ring: time and messages", "--nodes --for", merge_experiment},
        {"detection", "crash to eviction, and false evictions under loss", "--nodes --for", detection_experiment},
        {"false-alarm", "a live neighbour taken for silent: messages until all is as before", "--nodes --seeds",
         false_alarm_experiment},
        {"idle", "bytes that a quiet ring sends", "--nodes --for", idle_experiment},
        {"stacks", "virtual seconds a second of 1,000 whole stacks", "--nodes --for", stacks_experiment},
    };
    return table;
}

}  // namespace chord::sim
