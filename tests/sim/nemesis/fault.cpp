#include "tests/sim/nemesis/fault.hpp"

#include <algorithm>
#include <array>

#include "tests/sim/nemesis/deeds.hpp"
#include "tests/sim/report.hpp"

namespace chord::sim {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using namespace deeds;

constexpr Duration kLengthMin = seconds(20);

constexpr PerMillion percent(std::uint32_t count) {
    return count * (kAlways / 100);
}

// Which share and which period each fault heeds stands in its help.
constexpr std::array kKinds{
    FaultKind{"poisson-churn",
              "exponential sessions with a mean of the period; crashes, leaves, replacements",
              false,
              {},
              {minutes(2), minutes(20)},
              begin_poisson_churn,
              strike_churn,
              end_churn},
    FaultKind{"heavy-churn",
              "the same with Pareto sessions",
              false,
              {},
              {minutes(2), minutes(20)},
              begin_heavy_churn,
              strike_churn,
              end_churn},
    FaultKind{"join-storm",
              "new devices, a share of those there are, all within the period",
              false,
              {percent(10), percent(50)},
              {seconds(10), seconds(10)},
              strike_at_once,
              strike_join_storm,
              nullptr},
    FaultKind{"mass-failure",
              "a share of the devices crashes at once, and is back at the end",
              false,
              {percent(10), percent(100)},
              {},
              begin_mass_failure,
              nullptr,
              end_mass_failure},
    FaultKind{"halves", "two halves cannot hear each other", true, {}, {}, begin_halves, nullptr, end_partition},
    FaultKind{
        "minority", "one device in ten cannot hear the others", true, {}, {}, begin_minority, nullptr, end_partition},
    FaultKind{"thirds", "three parts cannot hear each other", true, {}, {}, begin_thirds, nullptr, end_partition},
    FaultKind{"cut-pairs",
              "a share of the pairs cannot hear each other: reachability is not transitive",
              true,
              {percent(1), percent(5)},
              {},
              begin_cut_pairs,
              nullptr,
              end_cut_pairs},
    FaultKind{"one-way",
              "a share of the ordered pairs: one hears the other, but not the other way round",
              true,
              {percent(1), percent(5)},
              {},
              begin_one_way,
              nullptr,
              end_one_way},
    FaultKind{"flapping",
              "a share of the links is up and down in turn, a period each",
              true,
              {percent(2), percent(20)},
              {seconds(5), seconds(60)},
              begin_flapping,
              nullptr,
              end_flapping},
    FaultKind{"slow",
              "a share of the devices sends and receives late by the period",
              false,
              {percent(10), percent(40)},
              {std::chrono::milliseconds(200), seconds(2)},
              begin_slow,
              nullptr,
              end_slow},
    FaultKind{"loss",
              "a share of the datagrams is lost",
              false,
              {percent(2), percent(25)},
              {},
              begin_loss,
              nullptr,
              end_loss},
    FaultKind{"disorder",
              "a share of the datagrams arrives twice, and as many are overtaken by up to the period",
              false,
              {percent(5), percent(50)},
              {std::chrono::milliseconds(50), seconds(2)},
              begin_disorder,
              nullptr,
              end_disorder},
    FaultKind{"reboot",
              "once a period a device crashes and is back in a moment, with its disk",
              false,
              {},
              {seconds(5), seconds(60)},
              strike_at_once,
              strike_reboot,
              nullptr},
    FaultKind{"move",
              "once a period a device crashes and is back at another address",
              false,
              {},
              {seconds(20), minutes(2)},
              strike_at_once,
              strike_move,
              nullptr},
    FaultKind{"lost-disk",
              "once a period, if the loss budget allows it, a device comes back with an empty disk",
              false,
              {},
              {seconds(10), minutes(2)},
              strike_at_once,
              strike_lost_disk,
              nullptr},
    FaultKind{"stale-disk",
              "the same with the disk as it was when the fault began",
              false,
              {},
              {seconds(10), minutes(2)},
              begin_stale_disk,
              strike_stale_disk,
              nullptr},
    FaultKind{"clock-jumps",
              "once a period a clock jumps by up to 20 years, to either side; the end sets all right",
              false,
              {},
              {seconds(5), minutes(1)},
              strike_at_once,
              strike_clock,
              end_clock},
};

template <typename T>
std::uint64_t span_of(const FaultKind::Range<T>& range) {
    if constexpr (std::is_same_v<T, Duration>) {
        return static_cast<std::uint64_t>((range.max - range.min).count()) + 1;
    } else {
        return std::uint64_t{range.max} - range.min + 1;
    }
}

Duration draw(Rng& dice, const FaultKind::Range<Duration>& range) {
    return range.min + Duration(static_cast<std::int64_t>(dice.below(span_of(range))));
}

}  // namespace

std::span<const FaultKind> fault_kinds() {
    return kKinds;
}

std::optional<std::size_t> fault_named(const std::string& name) {
    const auto found =
        std::find_if(kKinds.begin(), kKinds.end(), [&](const FaultKind& kind) { return name == kind.name; });
    return found == kKinds.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - kKinds.begin()));
}

std::string text(const FaultPlan& plan) {
    std::string line = std::string(kKinds[plan.kind].name) + " from " + sim::seconds(plan.start) + " s to " +
                       sim::seconds(plan.start + plan.length) + " s";
    if (plan.share > 0) {
        line += ", share " + std::to_string(plan.share) + " of 1000000";
    }
    if (plan.period > Duration{}) {
        line += ", period " + sim::seconds(plan.period) + " s";
    }
    return line;
}

FaultPlan draw_fault(std::size_t kind, Duration busy, std::uint64_t seed) {
    // Each number has a roll of its own whether it is heeded or not, so that a new column moves no other.
    Rng dice(seed ^ (kind + 1) << 48);
    FaultPlan plan;
    plan.kind = kind;
    plan.seed = dice.next();
    plan.start = draw(dice, {Duration{}, busy / 2});
    plan.length = draw(dice, {kLengthMin, std::max<Duration>(kLengthMin, busy - plan.start)});
    plan.share = static_cast<PerMillion>(kKinds[kind].share.min + dice.below(span_of(kKinds[kind].share)));
    plan.period = draw(dice, kKinds[kind].period);
    return plan;
}

}  // namespace chord::sim
