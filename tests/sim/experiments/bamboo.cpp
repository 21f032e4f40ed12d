// bamboo: lookups under the churn of Rhea et al. (Handling Churn in a DHT, 2004): 1,000 nodes whose sessions have a
// median of 1.4 minutes; here everybody crashes, nobody takes leave, and each is replaced at once by a new device.
#include <cmath>

#include "tests/sim/churn.hpp"
#include "tests/sim/experiments/whole_stacks.hpp"
#include "tests/sim/lookup_audit.hpp"

namespace chord::sim {

namespace {

constexpr double kRightGoal = 0.999, kBytesGoal = 900;
constexpr Duration kCalm = std::chrono::minutes(3);
constexpr Duration kWarmUp = std::chrono::minutes(5);  // some sessions, so that periods have followed the churn
constexpr Duration kPatience = std::chrono::seconds(15);

struct Rate {
    std::string name;
    Duration session_mean;
};

struct Outcome {
    double right = 0, failed = 0, wrong = 0, bytes = 0;
};

// Lets churn and lookups go on for `length`; without an audit, churn alone.
void live_through(World& world, Churn& churn, LookupAudit* audit, Duration length, Duration between) {
    const Time end = world.now() + length;
    Time next_lookup = world.now() + between;
    while (world.now() < end) {
        world.run_until(std::min({end, churn.next(), next_lookup}));
        churn.act();
        if (world.now() >= next_lookup) {
            next_lookup += between;
            if (audit) {
                audit->ask();
            }
        }
    }
}

Outcome measure(const Rate& rate, std::uint64_t nodes, std::uint64_t lookups, Duration length, std::uint64_t seed,
                Figure& figure) {
    const std::unique_ptr<World> grown = grown_ring(nodes, kCalm, seed, figure);
    if (!grown) {
        return {};
    }
    World& world = *grown;
    ChurnOptions nemesis;
    nemesis.session_mean = rate.session_mean;
    nemesis.absence_mean = std::chrono::milliseconds(1);
    nemesis.leaves = 0;
    nemesis.returns = 0;
    Churn churn(world, nemesis, seed ^ 0xba3b00);
    LookupAudit audit(world, seed ^ 0x100c);
    live_through(world, churn, nullptr, kWarmUp, kWarmUp);
    const Traffic before = world.traffic();
    live_through(world, churn, &audit, length, length / static_cast<std::int64_t>(lookups));
    const Traffic sent = world.traffic().since(before);
    world.run_until([&] { return audit.outstanding() == 0; }, kPatience);
    const LookupAudit::Statistics& found = audit.statistics();
    note_traffic(rate.name, sent, figure);
    figure.notes.push_back(rate.name + ": " + std::to_string(found.asked) + " lookups, " + std::to_string(found.wrong) +
                           " wrong, " + std::to_string(found.failed) + " failed, " + std::to_string(found.cut_short) +
                           " whose asker died, " + std::to_string(found.timeouts) + " timeouts; " +
                           std::to_string(churn.statistics().crashes) + " crashes");
    for (const std::string& violation : world.violations()) {
        figure.complaints.push_back(rate.name + ": " + violation);
    }
    const double judged = static_cast<double>(std::max<std::uint64_t>(1, found.asked - found.cut_short));
    return {static_cast<double>(found.right) / judged, static_cast<double>(found.failed) / judged,
            static_cast<double>(found.wrong) / judged,
            bytes_per_second(sent, static_cast<double>(nodes) * in_seconds(length))};
}

}  // namespace

Figure bamboo_experiment(const Settings& settings) {
    const std::uint64_t nodes = settings.pick(settings.nodes, 1000, 100);
    Figure figure;
    figure.title = "Lookups under heavy churn";
    figure.source = "Bamboo's point: " + ring_size(nodes, 1000) +
                    ", median session 1.4 min (TR abstract: below 900 B/s a node); "
                    "Poisson, crashes only, each replaced at once; 28 B of IP and UDP headers a datagram included";
    const std::uint64_t lookups = settings.pick(settings.lookups, 20'000, 2'000);
    const Duration length = settings.duration.value_or(std::chrono::minutes(settings.quick ? 5 : 10));
    // The mean of an exponential is its median over ln 2: 84 s / 0.6931.
    std::vector<Rate> rates{{"median 1.4 min", std::chrono::milliseconds(121'187)}};
    if (!settings.quick) {
        rates.push_back({"mean 1 h", std::chrono::hours(1)});
    }
    Plot plot{"Bytes a second and node", {"mean session, minutes", Scale::log2}, {"B/s", Scale::linear}, {}};
    Series ours{"whole stacks", Source::measured, {}, std::nullopt};
    for (const Rate& rate : rates) {
        const Outcome outcome = measure(rate, nodes, lookups, length, settings.seed, figure);
        Check right = reported("share of lookups right, " + rate.name, outcome.right);
        right.low = settings.quick ? 0.99 : kRightGoal;
        figure.checks.push_back(right);
        figure.checks.push_back(reported("share of lookups wrong, " + rate.name, outcome.wrong));
        figure.checks.push_back(reported("share of lookups failed, " + rate.name, outcome.failed));
        figure.checks.push_back(at_most("B/s a node, " + rate.name, outcome.bytes, kBytesGoal, kBytesGoal));
        ours.points.insert(ours.points.begin(),
                           {in_seconds(rate.session_mean) / 60, outcome.bytes, std::nullopt, std::nullopt});
    }
    std::sort(ours.points.begin(), ours.points.end(), [](const Point& a, const Point& b) { return a.x < b.x; });
    plot.series.push_back(ours);
    figure.plots.push_back(plot);
    if (settings.quick) {
        figure.notes.push_back("small size: a share of 0.99 is enough, since 2,000 lookups cannot show 0.999");
    }
    return figure;
}

}  // namespace chord::sim
