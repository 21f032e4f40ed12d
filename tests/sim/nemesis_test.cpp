// The faults one by one: each begins, does what its name says, and ends without leaving anything behind.
#include "tests/sim/nemesis/nemesis.hpp"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

namespace chord::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kDevices = 12;

struct Scene {
    World& world;
    Nemesis& nemesis;
    std::size_t live_min;

    std::uint64_t stopped(NetworkModel::Part part) const {
        return world.network().stopped()[static_cast<std::size_t>(part)];
    }
};

struct Expectation {
    const char* fault;
    PerMillion share;
    Duration period;
    /// Asked when the fault has gone on for two minutes.
    bool (*seen)(const Scene& scene);
};

constexpr PerMillion kHalf = kAlways / 2;
const Expectation kExpected[] = {
    {"poisson-churn", 0, seconds(60), [](const Scene& scene) { return scene.live_min < kDevices; }},
    {"heavy-churn", 0, seconds(60), [](const Scene& scene) { return scene.live_min < kDevices; }},
    {"join-storm", kHalf, seconds(10), [](const Scene& scene) { return scene.world.devices() == kDevices * 3 / 2; }},
    {"mass-failure", kHalf, {}, [](const Scene& scene) { return scene.world.live_count() == kDevices / 2; }},
    {"halves", 0, {}, [](const Scene& scene) { return scene.stopped(NetworkModel::Part::sides) > 0; }},
    {"minority", 0, {}, [](const Scene& scene) { return scene.stopped(NetworkModel::Part::sides) > 0; }},
    {"thirds", 0, {}, [](const Scene& scene) { return scene.stopped(NetworkModel::Part::sides) > 0; }},
    {"cut-pairs", kHalf / 5, {}, [](const Scene& scene) { return scene.stopped(NetworkModel::Part::cut_pairs) > 0; }},
    {"one-way", kHalf / 5, {}, [](const Scene& scene) { return scene.stopped(NetworkModel::Part::one_way) > 0; }},
    {"flapping", kHalf, seconds(10),
     [](const Scene& scene) { return scene.stopped(NetworkModel::Part::flapping) > 0; }},
    {"slow", kHalf, seconds(1), [](const Scene& scene) { return scene.world.network().conditions().slow == kHalf; }},
    {"loss", kHalf / 5, {}, [](const Scene& scene) { return scene.stopped(NetworkModel::Part::loss) > 0; }},
    {"disorder", kHalf, seconds(1),
     [](const Scene& scene) { return scene.world.network().conditions().duplicate == kHalf; }},
    {"reboot", 0, seconds(5), [](const Scene& scene) { return scene.live_min == kDevices - 1; }},
    {"move", 0, seconds(5), [](const Scene& scene) { return scene.live_min == kDevices - 1; }},
    {"lost-disk", 0, seconds(20), [](const Scene& scene) { return scene.nemesis.budget().lost() > 0; }},
    {"stale-disk", 0, seconds(20), [](const Scene& scene) { return scene.nemesis.budget().lost() > 0; }},
    {"clock-jumps", 0, seconds(5), [](const Scene& scene) { return scene.nemesis.strokes().back() > 10; }},
};

void grow(World& world) {
    for (std::size_t i = 0; i < kDevices; ++i) {
        world.add();
        world.run_for(seconds(1));
    }
    REQUIRE(world.run_until([&] { return world.settled(); }, minutes(10)));
}

FaultPlan plan_of(const Expectation& expected) {
    FaultPlan plan;
    plan.kind = fault_named(expected.fault).value();
    plan.length = minutes(3);
    plan.share = expected.share;
    plan.period = expected.period;
    return plan;
}

// Lets the nemesis do its work until then; returns the fewest devices that lived at a time.
std::size_t go_on(World& world, Nemesis& nemesis, Duration length) {
    const Time end = world.now() + length;
    std::size_t live_min = world.live_count();
    while (world.now() < end) {
        world.run_until(std::min(end, nemesis.next()));
        nemesis.act();
        live_min = std::min(live_min, world.live_count());
    }
    return live_min;
}

bool calm(const NetworkConditions& now) {
    const NetworkConditions calm;
    return now.loss + now.duplicate + now.reorder + now.one_way + now.cut_pairs + now.flapping + now.slow == 0 &&
           now.latency == calm.latency;
}

TEST_CASE("nemesis: each fault is seen while it goes on, and nothing is left of it after its end") {
    CHECK(std::size(kExpected) == fault_kinds().size());
    for (const Expectation& expected : kExpected) {
        CAPTURE(expected.fault);
        WorldOptions options;
        options.seed = 5;
        World world(options);
        grow(world);
        Nemesis nemesis(world, {plan_of(expected)});
        const std::size_t live_min = go_on(world, nemesis, minutes(2));
        CHECK(expected.seen(Scene{world, nemesis, live_min}));
        go_on(world, nemesis, minutes(2));
        const std::vector<std::uint64_t> strokes = nemesis.strokes();
        const auto stopped = world.network().stopped();
        CHECK(calm(world.network().conditions()));
        nemesis.heal();
        CHECK(world.run_until([&] { return world.settled(); }, minutes(15)));
        CHECK(nemesis.strokes() == strokes);
        CHECK(world.network().stopped() == stopped);
        for (std::size_t device = 0; device < world.devices(); ++device) {
            CHECK(world.alive(device) != nemesis.budget().gone_for_good(device));
        }
        CHECK(world.violations().empty());
    }
}

TEST_CASE("nemesis: heal() ends what goes on, begins nothing more and brings everybody back") {
    World world(WorldOptions{});
    grow(world);
    std::vector<FaultPlan> plans;
    for (const Expectation& expected : kExpected) {
        plans.push_back(plan_of(expected));
    }
    plans.push_back(plans.front());
    plans.back().start = minutes(2);
    Nemesis nemesis(world, plans);
    go_on(world, nemesis, minutes(1));
    nemesis.heal();
    CHECK(calm(world.network().conditions()));
    for (std::size_t device = 0; device < world.devices(); ++device) {
        CHECK(world.alive(device) != nemesis.budget().gone_for_good(device));
    }
    CHECK(world.run_until([&] { return world.settled(); }, minutes(15)));
}

TEST_CASE("loss_budget: one disk, and the next when every device is there and everything has its copies") {
    World world(WorldOptions{});
    LossBudget budget(world);
    budget.look();
    CHECK_FALSE(budget.may_lose());
    grow(world);
    budget.look();
    REQUIRE(budget.may_lose());
    budget.lose(3, false);
    CHECK_FALSE(budget.may_lose());
    world.kill(3);
    for (int second = 0; second < 120; ++second) {
        world.run_for(seconds(1));
        budget.look();
    }
    CHECK(world.settled());
    CHECK_FALSE(budget.may_lose());  // a device is away, and may hold what nobody else does
    world.restart(3, {Return::DiskFate::lost, false});
    REQUIRE(world.run_until([&] { return world.settled(); }, minutes(10)));
    budget.look();
    REQUIRE(budget.may_lose());
    budget.lose(4, true);
    world.kill(4);
    REQUIRE(world.run_until([&] { return world.settled(); }, minutes(10)));
    budget.look();
    CHECK(budget.may_lose());  // who has gone for good is not waited for
    CHECK(budget.lost() == 2);
}

TEST_CASE("fault: its parameters do not depend on which others are drawn, and lie in its ranges") {
    for (std::size_t kind = 0; kind < fault_kinds().size(); ++kind) {
        const FaultKind& row = fault_kinds()[kind];
        CHECK(fault_named(row.name) == kind);
        for (std::uint64_t seed = 0; seed < 50; ++seed) {
            const FaultPlan plan = draw_fault(kind, minutes(10), seed);
            CHECK(text(plan) == text(draw_fault(kind, minutes(10), seed)));
            CHECK(plan.start <= minutes(5));
            CHECK(plan.start + plan.length <= minutes(10));
            CHECK((plan.share >= row.share.min && plan.share <= row.share.max));
            CHECK((plan.period >= row.period.min && plan.period <= row.period.max));
        }
    }
    CHECK_FALSE(fault_named("luck").has_value());
}

TEST_CASE("pareto: its mean is the mean, nothing is below half of it, and its tail is heavy") {
    Rng rng(1);
    const Duration mean = seconds(100);
    constexpr int kRolls = 200'000;
    double sum = 0;
    int above_five = 0, too_short = 0;
    for (int i = 0; i < kRolls; ++i) {
        const Duration roll = pareto(rng, mean);
        too_short += roll < mean / 2 ? 1 : 0;
        sum += static_cast<double>(roll.count()) / 1e8;
        above_five += roll > 5 * mean ? 1 : 0;
    }
    CHECK(too_short == 0);
    CHECK(std::abs(sum / kRolls - 1) < 0.05);
    CHECK(std::abs(static_cast<double>(above_five) / kRolls - 0.01) < 0.001);  // (1/2 / 5)^2
}

}  // namespace
}  // namespace chord::sim
