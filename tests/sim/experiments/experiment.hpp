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

/// How much is measured: --nodes, --seeds, --lookups, --keys and --for.
struct Sizes {
    std::optional<std::uint64_t> nodes{}, seeds{}, lookups{}, keys{};
    std::optional<Duration> duration{};
};

/// What the command line chose. What is left out (nullopt), the experiment takes from the paper, or, when `quick`, from
/// its own small size, which takes a few seconds; tolerances that are statistical are wider then, and it says so.
struct Settings : Sizes {
    std::uint64_t seed = 1;
    bool quick = false;

    /// `given`, or the size of the paper, or the small one.
    std::uint64_t pick(const std::optional<std::uint64_t>& given, std::uint64_t paper, std::uint64_t small) const {
        return given.value_or(quick ? small : paper);
    }
};

struct Experiment {
    const char* name;
    const char* help;  // one line
    Sizes least;       // of the sizes that it heeds; below, its figures mean nothing. It does not heed the others
    bool plots;        // it draws something
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
