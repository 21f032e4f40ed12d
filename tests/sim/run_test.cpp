// Whole runs, as `chord_sim run` makes them.
#include "tests/sim/run.hpp"

#include <cmath>

#include <doctest/doctest.h>

namespace chord::sim {
namespace {

std::string told(const RunReport& report) {
    return report.violations.empty() ? "" : report.violations.front();
}

TEST_CASE("run: plain Chord's mean path is within 5 % of 1/2 log2 N + 1 at N = 64, 128 and 200") {
    for (const std::size_t nodes : {64U, 128U, 200U}) {
        double sum = 0;
        constexpr int kRings = 3;
        for (std::uint64_t seed = 1; seed <= kRings; ++seed) {
            RunOptions options;
            options.nodes = nodes;
            options.seed = seed;
            options.node.plain_chord = true;
            options.lookups = 3000;
            options.duration = std::chrono::minutes(1);
            const RunReport report = simulate(options);
            REQUIRE_MESSAGE(report.violations.empty(), told(report));
            sum += report.path_mean();
        }
        const double expected = std::log2(static_cast<double>(nodes)) / 2 + 1;
        CAPTURE(nodes);
        CAPTURE(sum / kRings);
        CHECK(std::abs(sum / kRings / expected - 1) <= 0.05);
    }
}

TEST_CASE("run: more lookups than microseconds come to an end, too") {
    RunOptions options;
    options.nodes = 2;
    options.lookups = 300;
    options.duration = std::chrono::microseconds(200);
    const RunReport report = simulate(options);
    CHECK_MESSAGE(report.violations.empty(), told(report));
    CHECK(report.quiet_lookups.right == 300);
}

TEST_CASE("run: the full successor list shortens the path") {
    RunOptions options;
    options.nodes = 64;
    options.lookups = 2000;
    const RunReport report = simulate(options);
    REQUIRE_MESSAGE(report.violations.empty(), told(report));
    CHECK(report.path_mean() < report.path_expected * 0.95);
    CHECK(report.path_mean() > 2);
}

TEST_CASE(
    "run: churn with loss, duplicates and reordering: ideal in the end, lookups nearly always right, no key lost") {
    RunOptions options;
    options.nodes = 48;
    options.seed = 11;
    options.session_mean = std::chrono::minutes(30);
    options.duration = std::chrono::minutes(30);
    options.network.loss = options.network.duplicate = 50'000;
    options.network.reorder = 100'000;
    options.lookups = 2000;
    options.keys = 200;
    const RunReport report = simulate(options);
    CHECK_MESSAGE(report.violations.empty(), told(report));
    CHECK(report.churn.crashes + report.churn.leaves > 20);
    CHECK(report.churn.returns > 0);
    CHECK(report.churn.replacements > 0);
    CHECK(report.busy_lookups.right * 100 >= report.busy_lookups.asked * 98);
    REQUIRE(report.keys);
    CHECK(report.keys->acknowledged >= 195);
    CHECK(report.keys->read == report.keys->acknowledged);
    CHECK(report.world.datagrams_lost > 1000);
}

TEST_CASE("run: the same options give the same trace, another seed another") {
    RunOptions options;
    options.nodes = 16;
    options.session_mean = std::chrono::minutes(10);
    options.network.loss = 30'000;
    options.lookups = 200;
    options.keys = 20;
    const std::uint64_t hash = simulate(options).trace_hash;
    CHECK(hash == simulate(options).trace_hash);
    options.seed = 2;
    CHECK(hash != simulate(options).trace_hash);
}

TEST_CASE("run: a network that carries nothing is a violation, told with the state of the ring") {
    RunOptions options;
    options.nodes = 3;
    options.network.loss = kAlways;
    options.quiet_limit = std::chrono::minutes(2);
    const RunReport report = simulate(options);
    CHECK_FALSE(report.joined.has_value());
    REQUIRE_FALSE(report.violations.empty());
    CHECK(report.violations.front().find("predecessor") != std::string::npos);
}

TEST_CASE("exponential: its mean is the mean, and its tail is e^-x") {
    Rng rng(1);
    const Duration mean = std::chrono::seconds(100);
    constexpr int kRolls = 200'000;
    std::int64_t sum = 0;
    int above_mean = 0;
    for (int i = 0; i < kRolls; ++i) {
        const Duration roll = exponential(rng, mean);
        sum += roll.count() / 1000;
        above_mean += roll > mean ? 1 : 0;
    }
    CHECK(std::abs(static_cast<double>(sum) / kRolls / 100'000 - 1) < 0.01);
    CHECK(std::abs(static_cast<double>(above_mean) / kRolls / std::exp(-1.0) - 1) < 0.01);
}

}  // namespace
}  // namespace chord::sim
