// churn: lookups while nodes join and leave (E-C1; ToN 2003, V-F, table III). Each node stabilizes every 15 to 45 s,
// its successor and one finger; one lookup a second; joins and leaves are Poisson processes of rate R each.
#include <algorithm>

#include "tests/sim/experiments/churning_lookups.hpp"
#include "tests/sim/experiments/experiment.hpp"

namespace chord::sim {

namespace {

struct Row {
    std::uint64_t per_100_seconds;  // R
    double path, timeouts, failures;
};
// Table III of the paper; failures are of 10,000 lookups.
constexpr Row kTableThree[] = {{5, 3.90, .05, 0},  {10, 3.83, .11, 0}, {15, 3.84, .16, 2},  {20, 3.81, .23, 5},
                               {25, 3.83, .30, 6}, {30, 3.91, .34, 8}, {35, 3.94, .42, 16}, {40, 4.06, .46, 15}};
constexpr double kFailuresMax = 16;  // the worst of the paper's rates
constexpr int kRetries = 3;
constexpr std::uint64_t kPapersNodes = 1'000;

}  // namespace

Figure churn_experiment(const Settings& settings) {
    const std::uint64_t nodes = settings.pick(settings.nodes, kPapersNodes, 200);
    const std::uint64_t lookups = settings.pick(settings.lookups, 10'000, 1'000);
    Figure figure;
    figure.title = "Churn";
    figure.source = "ToN 2003, table III: " + ring_size(nodes, kPapersNodes) +
                    ", r = 20, stabilizing every 15 to 45 s, " + std::to_string(lookups) + " lookups a rate";
    Series path{"path, ours", Source::measured, {}, 0}, path_three{"path, table III", Source::published, {}, 0};
    Series silent{"timeouts, ours", Source::measured, {}, 1},
        silent_three{"timeouts, table III", Source::published, {}, 1};
    Series failed{"failures, ours", Source::measured, {}, 2},
        failed_three{"failures, table III", Source::published, {}, 2};
    for (const Row& row : kTableThree) {
        if (settings.quick && row.per_100_seconds != 5 && row.per_100_seconds != 40) {
            continue;
        }
        const double rate = static_cast<double>(row.per_100_seconds) / 100;
        ChurningRing ring{.nodes = nodes, .lookups = lookups, .retries = kRetries, .seed = settings.seed};
        ring.between = between_changes(rate, kPapersNodes, nodes);
        const ChurningLookups found = lookups_under_churn(ring);
        const double failures = 10'000 * found.failed;
        path.points.push_back({rate, found.path, {}, {}});
        path_three.points.push_back({rate, row.path, {}, {}});
        silent.points.push_back({rate, found.timeouts, {}, {}});
        silent_three.points.push_back({rate, row.timeouts, {}, {}});
        failed.points.push_back({rate, failures, {}, {}});
        failed_three.points.push_back({rate, row.failures, {}, {}});
        const std::string at = ", R = " + shown(rate);
        figure.checks.push_back(reported("E-C1 path" + at, found.path, row.path));
        figure.checks.push_back(reported("E-C1 timeouts" + at, found.timeouts, row.timeouts));
        figure.checks.push_back(at_most("E-C1 failures of 10,000" + at, failures, kFailuresMax, row.failures));
        figure.checks.push_back(at_most("E-C1 the same, with retry" + at, 10'000 * found.failed_with_retry, 0));
    }
    figure.plots = {{"Lookups (E-C1)",
                     {"joins a second, and as many leaves", Scale::linear},
                     {"a lookup", Scale::linear},
                     {path_three, path, silent_three, silent}},
                    {"First attempts that fail (E-C1)",
                     {"joins a second, and as many leaves", Scale::linear},
                     {"of 10,000 lookups", Scale::linear},
                     {failed_three, failed}}};
    if (nodes != kPapersNodes) {
        std::for_each(figure.plots.begin(), figure.plots.end(), leave_out_published);
        figure.notes.push_back(
            "R stands for a ring of 1000 nodes; this one changes at the same rate a node. The plots leave the paper's "
            "out.");
    }
    figure.notes.push_back("A retry is the same question from the same node two seconds later, three times at most.");
    return figure;
}

}  // namespace chord::sim
