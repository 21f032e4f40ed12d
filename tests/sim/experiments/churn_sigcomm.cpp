// churn-sigcomm: the share of lookups that fail while nodes join and fail (E-C2; SIGCOMM 2001, 6.5, figure 12). Nobody
// asks twice, nodes go without a word, and only what the state of the ring is to blame for counts: an answer is right
// when it names the node that owned the point at the question or at the answer.
#include "tests/sim/experiments/churning_lookups.hpp"
#include "tests/sim/experiments/experiment.hpp"

namespace chord::sim {

namespace {

struct Row {
    double rate, failed;
};
// Figure 12 of the paper, read off to a tenth.
constexpr Row kFigureTwelve[] = {{.01, .004}, {.02, .010}, {.05, .025}, {.10, .065}};
constexpr double kReading = 0.1;
constexpr std::uint64_t kPapersNodes = 500;

}  // namespace

Figure churn_sigcomm_experiment(const Settings& settings) {
    const std::uint64_t nodes = settings.pick(settings.nodes, kPapersNodes, 200);
    const std::uint64_t lookups = settings.pick(settings.lookups, 7'200, 1'000);
    Figure figure;
    figure.title = "Churn without goodbye and without a second try";
    figure.source = "SIG 2001, figure 12: " + ring_size(nodes, kPapersNodes) + ", stabilizing every 30 s on average, " +
                    std::to_string(lookups) + " lookups a rate, one a second";
    Series theirs{"SIG fig. 12", Source::published, {}, 1};
    Series plain{"plain Chord, our node", Source::measured, {}, 0};
    Series ours{"as our node routes", Source::measured, {}, 2};
    Series silenced{"plain Chord, asked a dead node", Source::measured, {}, 3};
    for (const Row& row : kFigureTwelve) {
        if (settings.quick && row.rate != .01 && row.rate != .10) {
            continue;
        }
        ChurningRing ring{.nodes = nodes, .crashes = true, .lookups = lookups, .seed = settings.seed};
        ring.between = between_changes(row.rate, kPapersNodes, nodes);
        const ChurningLookups as_ours = lookups_under_churn(ring);
        ring.plain_chord = true;
        const ChurningLookups as_paper = lookups_under_churn(ring);
        theirs.points.push_back({row.rate, row.failed, (1 - kReading) * row.failed, (1 + kReading) * row.failed});
        plain.points.push_back({row.rate, as_paper.failed, {}, {}});
        ours.points.push_back({row.rate, as_ours.failed, {}, {}});
        silenced.points.push_back({row.rate, as_paper.silenced, {}, {}});
        const std::string at = ", R = " + shown(row.rate);
        const double most = (1 + kReading) * row.failed;
        figure.checks.push_back(
            at_most("E-C2 share that fails, as our node routes" + at, as_ours.failed, most, row.failed));
        figure.checks.push_back(at_most("E-C2 share that fails, plain Chord" + at, as_paper.failed, most, row.failed));
        figure.checks.push_back(
            reported("E-C2 share that asked a dead node, plain Chord" + at, as_paper.silenced, row.failed));
        figure.checks.push_back(reported("E-C2 timeouts a lookup, as our node routes" + at, as_ours.timeouts));
    }
    figure.plots = {{"Lookups that fail (E-C2)",
                     {"failures of nodes a second, and as many joins", Scale::linear},
                     {"share of lookups", Scale::linear},
                     {theirs, silenced, plain, ours}}};
    figure.notes = {"The paper's nodes refresh all fingers at each stabilization, ours one of them.",
                    "Our node asks past a silent one and, unless in plain Chord, the owner before it answers; the "
                    "paper's lookup is one walk "
                    "along the fingers: what would fail at the first dead node stands beside it."};
    if (nodes != kPapersNodes) {
        leave_out_published(figure.plots.front());
        figure.notes.push_back(
            "R stands for a ring of 500 nodes; this one changes at the same rate a node. The plot leaves the paper's "
            "out.");
    }
    return figure;
}

}  // namespace chord::sim
