// The experiments that `chord_sim experiment NAME` offers. Each is a file of this folder that turns Settings into a
// Figure; the table of them stands in experiment.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "node/core/base/time.hpp"
#include "tests/sim/experiments/figure.hpp"

namespace chord::sim {

/// What the command line chose. What is left out (nullopt), the experiment takes from the paper, or, when `quick`, from
/// its own small size, which takes a few seconds; tolerances that are statistical are wider then, and it says so.
struct Settings {
    std::uint64_t seed = 1;
    bool quick = false;
    std::optional<std::uint64_t> nodes, seeds, lookups, keys;
    std::optional<Duration> duration;

    /// `given`, or the size of the paper, or the small one.
    std::uint64_t pick(const std::optional<std::uint64_t>& given, std::uint64_t paper, std::uint64_t small) const {
        return given.value_or(quick ? small : paper);
    }
};

struct Experiment {
    const char* name;
    const char* help;     // one line
    const char* options;  // the options among --nodes --seeds --lookups --keys --for that it heeds
    Figure (*run)(const Settings& settings);
};

const std::vector<Experiment>& experiments();

Figure lookup_options_experiment(const Settings& settings);
Figure load_experiment(const Settings& settings);
Figure path_experiment(const Settings& settings);
Figure mass_failure_experiment(const Settings& settings);
Figure stretch_experiment(const Settings& settings);
Figure churn_experiment(const Settings& settings);
Figure churn_sigcomm_experiment(const Settings& settings);
Figure successors_experiment(const Settings& settings);

}  // namespace chord::sim
