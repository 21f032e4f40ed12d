// successors: the share of first successors that are wrong, and dead, while nodes come and go (Krishnamurthy et al.,
// IPTPS 2005; PROTOCOL-NOTES 3.3). The period is the same for all and never tuned, everybody crashes, and each is
// replaced at once, as the theory has it.
#include "tests/sim/churn.hpp"
#include "tests/sim/experiments/experiment.hpp"
#include "tests/sim/message_world.hpp"
#include "tests/sim/successor_audit.hpp"

namespace chord::sim {

namespace {

constexpr Duration kPeriod = std::chrono::seconds(15);
constexpr double kPercent = 100;
constexpr double kAllowedMin = 30;  // fewer may be missing by chance
constexpr int kWarmUpPeriods = 20;
constexpr int kLooksPerPeriod = 3;
constexpr std::int64_t kRhos[] = {50, 100, 240, 500};

MessageWorldOptions world_options(std::uint64_t seed) {
    MessageWorldOptions options;
    options.seed = seed;
    options.node.stabilize_period = options.node.stabilize_period_unsettled = kPeriod;
    options.node.self_tuning = false;
    return options;
}

SuccessorAudit::Statistics under_churn(MessageWorld& world, std::uint64_t nodes, std::int64_t rho, Duration length,
                                       std::uint64_t seed) {
    world.place_ring(nodes);
    ChurnOptions options;
    options.session_mean = rho * kPeriod;
    options.absence_mean = std::chrono::milliseconds(1);
    options.leaves = options.returns = 0;
    Churn churn(world, options, seed ^ 0x5cc);
    SuccessorAudit audit(world);
    Time look_at = world.now() + kWarmUpPeriods * kPeriod;
    for (const Time end = look_at + length; look_at < end;) {
        world.run_until(std::min(churn.next(), look_at));
        churn.act();
        if (look_at <= world.now()) {
            audit.look();
            look_at += kPeriod / kLooksPerPeriod;
        }
    }
    return audit.statistics();
}

}  // namespace

Figure successors_experiment(const Settings& settings) {
    const std::uint64_t nodes = settings.pick(settings.nodes, 1'000, 200);
    const Duration length = settings.duration.value_or((settings.quick ? 60 : 200) * kPeriod);
    Figure figure;
    figure.title = "Wrong first successors";
    figure.source = "Krishnamurthy et al. 2005: " + std::to_string(nodes) +
                    " nodes, period 15 s, rho = mean session over period; w1 about 2/(3 + rho), d1 about half of it";
    Series wrong{"w1, ours", Source::measured, {}, 0}, theory{"w1, 2/(3 + rho)", Source::formula, {}, 0};
    Series dead{"d1, ours", Source::measured, {}, 1}, half{"d1, 1/(3 + rho)", Source::formula, {}, 1};
    // The small ring shows a few hundred of them: twice the bound's allowance for chance.
    const double allowance = kPercent * (settings.quick ? 1.2 : 1);
    Series allowed{
        std::string("w1, bound ") + (settings.quick ? "1.2 x " : "") + "1.1/(3 + rho)", Source::formula, {}, 2};
    for (const std::int64_t rho : kRhos) {
        if (settings.quick && rho != 50 && rho != 100) {
            continue;
        }
        MessageWorld world(world_options(settings.seed));
        const SuccessorAudit::Statistics found = under_churn(world, nodes, rho, length, settings.seed);
        const double x = static_cast<double>(rho), seen = static_cast<double>(found.seen) / kPercent;
        const double w1 = static_cast<double>(found.wrong) / seen, d1 = static_cast<double>(found.dead) / seen;
        wrong.points.push_back({x, w1, {}, {}});
        dead.points.push_back({x, d1, {}, {}});
        theory.points.push_back({x, kPercent * wrong_successors_expected(x), {}, {}});
        half.points.push_back({x, kPercent * dead_successors_expected(x), {}, {}});
        const std::string at = ", rho = " + shown(x);
        const double bound = allowance * wrong_successors_bound(x);
        allowed.points.push_back({x, bound, {}, {}});
        figure.checks.push_back(at_most("w1, %" + at, w1, bound, kPercent * wrong_successors_expected(x)));
        figure.checks.push_back(reported("d1, %" + at, d1, kPercent * dead_successors_expected(x)));
        require(figure, "wrong pointers that the bound allows" + at, bound * seen, kAllowedMin);
        figure.notes.push_back("rho = " + shown(x) + ": " + std::to_string(found.seen) + " pointers seen, " +
                               std::to_string(found.wrong) + " wrong, " + std::to_string(found.dead) + " dead");
    }
    figure.plots = {{"Wrong and dead first successors",
                     {"rho, sessions over periods", Scale::log2},
                     {"% of the first successors", Scale::log10},
                     {theory, allowed, wrong, half, dead}}};
    figure.notes.push_back(
        "Bound of w1: 1.1/(3 + rho), for a ring that stabilizes when it has joined and nudges the "
        "node before it.");
    return figure;
}

}  // namespace chord::sim
