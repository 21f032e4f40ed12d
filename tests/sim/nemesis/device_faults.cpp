// Faults of devices: churn, crashes, disks, clocks, addresses.
#include <algorithm>

#include "tests/sim/nemesis/deeds.hpp"

namespace chord::sim::deeds {

namespace {

constexpr std::uint64_t kMomentMillis = 3'000;  // how long a reboot takes at most
constexpr std::int64_t kYearsMax = 20;
constexpr std::int64_t kYearMillis = 365LL * 86'400 * 1'000;

Duration moment(Rng& dice) {
    return std::chrono::milliseconds(dice.below(kMomentMillis));
}

void strike_again(Nemesis& nemesis, ActiveFault& fault) {
    fault.strikes_at = nemesis.world().now() + fault.dice.jittered(fault.plan.period, 50);
}

std::optional<std::size_t> pick_one(Nemesis& nemesis, ActiveFault& fault) {
    const std::vector<std::size_t> picked = nemesis.pick(0, fault.dice);
    return picked.empty() ? std::nullopt : std::optional(picked.front());
}

void begin_churn(Nemesis& nemesis, ActiveFault& fault, Sessions sessions) {
    const ChurnOptions options = nemesis.churn_options(fault, sessions);
    fault.churn.emplace(nemesis.world(), options, fault.dice.next());
    fault.strikes_at = fault.churn->next();
}

}  // namespace

void begin_poisson_churn(Nemesis& nemesis, ActiveFault& fault) {
    begin_churn(nemesis, fault, Sessions::exponential);
}

void begin_heavy_churn(Nemesis& nemesis, ActiveFault& fault) {
    begin_churn(nemesis, fault, Sessions::pareto);
}

void strike_churn(Nemesis&, ActiveFault& fault) {
    fault.churn->act();
    fault.strikes_at = fault.churn->next();
}

void end_churn(Nemesis&, ActiveFault& fault) {
    fault.churn->stop();
}

void strike_at_once(Nemesis& nemesis, ActiveFault& fault) {
    fault.strikes_at = nemesis.world().now();
}

// `devices` are those that have come.
void strike_join_storm(Nemesis& nemesis, ActiveFault& fault) {
    const std::size_t before = nemesis.world().devices() - fault.devices.size();
    const std::size_t wanted = std::max<std::size_t>(1, before * fault.plan.share / kAlways);
    fault.devices.push_back(nemesis.world().add());
    fault.strikes_at = fault.devices.size() < wanted
                           ? nemesis.world().now() + fault.plan.period / static_cast<std::int64_t>(wanted)
                           : kNever;
}

void begin_mass_failure(Nemesis& nemesis, ActiveFault& fault) {
    fault.devices = nemesis.pick(fault.plan.share, fault.dice);
    for (const std::size_t device : fault.devices) {
        nemesis.world().kill(device);
    }
}

void end_mass_failure(Nemesis& nemesis, ActiveFault& fault) {
    for (const std::size_t device : fault.devices) {
        nemesis.bring_back(device, Return{});
    }
}

void strike_reboot(Nemesis& nemesis, ActiveFault& fault) {
    if (const std::optional<std::size_t> device = pick_one(nemesis, fault)) {
        nemesis.reboot(*device, moment(fault.dice), Return{});
    }
    strike_again(nemesis, fault);
}

void strike_move(Nemesis& nemesis, ActiveFault& fault) {
    const std::optional<std::size_t> device = pick_one(nemesis, fault);
    // All that a device which has met nobody yet was told of must not go away: nobody could find it.
    if (device && !nemesis.world().is_awaited(*device)) {
        nemesis.reboot(*device, moment(fault.dice), Return{Return::DiskFate::old, true});
    }
    strike_again(nemesis, fault);
}

void strike_lost_disk(Nemesis& nemesis, ActiveFault& fault) {
    if (const std::optional<std::size_t> device = pick_one(nemesis, fault)) {
        nemesis.lose(*device, moment(fault.dice), Return::DiskFate::lost);
    }
    strike_again(nemesis, fault);
}

void begin_stale_disk(Nemesis& nemesis, ActiveFault& fault) {
    for (const std::size_t device : nemesis.world().live()) {
        nemesis.world().back_up(device);
    }
    strike_again(nemesis, fault);
}

void strike_stale_disk(Nemesis& nemesis, ActiveFault& fault) {
    if (const std::optional<std::size_t> device = pick_one(nemesis, fault)) {
        nemesis.lose(*device, moment(fault.dice), Return::DiskFate::stale);
    }
    strike_again(nemesis, fault);
}

void strike_clock(Nemesis& nemesis, ActiveFault& fault) {
    if (const std::optional<std::size_t> device = pick_one(nemesis, fault)) {
        const auto most = static_cast<std::uint64_t>(kYearsMax * kYearMillis);
        const auto by = static_cast<std::int64_t>(fault.dice.below(2 * most + 1)) - kYearsMax * kYearMillis;
        nemesis.world().jump_clock(*device, std::chrono::milliseconds(by));
        fault.devices.push_back(*device);
        fault.jumps.emplace_back(by);
    }
    strike_again(nemesis, fault);
}

void end_clock(Nemesis& nemesis, ActiveFault& fault) {
    for (std::size_t i = 0; i < fault.devices.size(); ++i) {
        nemesis.world().jump_clock(fault.devices[i], -fault.jumps[i]);
    }
}

}  // namespace chord::sim::deeds
