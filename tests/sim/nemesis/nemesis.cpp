#include "tests/sim/nemesis/nemesis.hpp"

#include <algorithm>

namespace chord::sim {

namespace {

constexpr Duration kLookPeriod = std::chrono::seconds(1);
constexpr std::uint8_t kSidesMax = 4;  // of one partition; products of three of them fit a side

}  // namespace

Nemesis::Nemesis(World& world, const std::vector<FaultPlan>& plans)
    : world_(world),
      calm_(world.network().conditions()),
      budget_(world),
      look_at_(world.now()),
      strokes_(fault_kinds().size()) {
    for (const FaultPlan& plan : plans) {
        auto fault = std::make_unique<ActiveFault>(plan);
        fault->begins_at = world.now() + plan.start;
        fault->ends_at = fault->begins_at + plan.length;
        waiting_.push_back(std::move(fault));
    }
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [](const auto& a, const auto& b) { return a->begins_at < b->begins_at; });
}

Time Nemesis::next() const {
    Time next = look_at_;
    if (!waiting_.empty()) {
        next = std::min(next, waiting_.front()->begins_at);
    }
    for (const auto& fault : active_) {
        next = std::min({next, fault->strikes_at, fault->ends_at});
    }
    return away_.empty() ? next : std::min(next, away_.next());
}

void Nemesis::act() {
    const Time now = world_.now();
    if (look_at_ <= now) {
        budget_.look();
        look_at_ = now + kLookPeriod;
    }
    while (!away_.empty() && away_.next() <= now) {
        const Away away = away_.pop().payload;
        bring_back(away.device, away.how);
    }
    while (!waiting_.empty() && waiting_.front()->begins_at <= now) {
        active_.push_back(std::move(waiting_.front()));
        waiting_.erase(waiting_.begin());
        ++strokes_[active_.back()->plan.kind];
        fault_kinds()[active_.back()->plan.kind].begin(*this, *active_.back());
    }
    for (const auto& fault : active_) {
        while (fault->strikes_at <= now && now < fault->ends_at) {
            ++strokes_[fault->plan.kind];
            fault_kinds()[fault->plan.kind].strike(*this, *fault);
        }
    }
    for (std::size_t i = 0; i < active_.size();) {
        if (active_[i]->ends_at <= now) {
            const std::unique_ptr<ActiveFault> over = std::move(active_[i]);
            active_.erase(active_.begin() + static_cast<std::ptrdiff_t>(i));
            end(*over);
        } else {
            ++i;
        }
    }
}

void Nemesis::heal() {
    waiting_.clear();
    while (!active_.empty()) {
        const std::unique_ptr<ActiveFault> over = std::move(active_.back());
        active_.pop_back();
        end(*over);
    }
    bring_back_all();
    world_.run_for(kGoodbye);
    bring_back_all();
}

void Nemesis::end(ActiveFault& fault) {
    if (const auto undo = fault_kinds()[fault.plan.kind].end) {
        undo(*this, fault);
    }
}

void Nemesis::bring_back_all() {
    while (!away_.empty()) {
        const Away away = away_.pop().payload;
        bring_back(away.device, away.how);
    }
    for (std::size_t device = 0; device < world_.devices(); ++device) {
        bring_back(device, Return{});
    }
}

void Nemesis::bring_back(std::size_t device, const Return& how) {
    if (!world_.alive(device) && !budget_.gone_for_good(device)) {
        world_.restart(device, how);
    }
}

std::vector<std::size_t> Nemesis::pick(PerMillion share, Rng& dice) const {
    std::vector<std::size_t> devices = world_.live();
    const std::size_t wanted = (devices.size() * std::size_t{share} + std::size_t{kAlways} / 2) / std::size_t{kAlways};
    const std::size_t count = std::min(devices.size(), std::max<std::size_t>(1, wanted));
    for (std::size_t i = 0; i < count; ++i) {
        std::swap(devices[i], devices[i + dice.below(devices.size() - i)]);
    }
    devices.resize(count);
    return devices;
}

void Nemesis::reboot(std::size_t device, Duration absence, const Return& how) {
    world_.kill(device);
    away_.push(world_.now() + absence, Away{device, how});
}

bool Nemesis::lose(std::size_t device, Duration absence, Return::DiskFate fate) {
    // With its disk a device loses all addresses but those that it was told of; somebody must be there still.
    if (!budget_.may_lose() || !world_.has_live_seed(device)) {
        return false;
    }
    budget_.lose(device, false);
    reboot(device, absence, Return{fate, false});
    return true;
}

ChurnOptions Nemesis::churn_options(ActiveFault& fault, Sessions sessions) {
    ChurnOptions options;
    options.sessions = sessions;
    options.session_mean = fault.plan.period;
    options.absence_mean = std::chrono::seconds(5 + fault.dice.below(56));
    options.may_replace = [this](std::size_t device) {
        if (!budget_.may_lose()) {
            return false;
        }
        budget_.lose(device, true);
        return true;
    };
    return options;
}

void Nemesis::split_anew() {
    std::vector<std::uint8_t> all;
    for (const auto& fault : active_) {
        all.resize(std::max(all.size(), fault->sides.size()));
        for (std::size_t device = 0; !fault->sides.empty() && device < all.size(); ++device) {
            const std::uint8_t side = device < fault->sides.size() ? fault->sides[device] : std::uint8_t{0};
            all[device] = static_cast<std::uint8_t>(all[device] * kSidesMax + side);
        }
    }
    world_.split(std::move(all));
}

}  // namespace chord::sim
