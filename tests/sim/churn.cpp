#include "tests/sim/churn.hpp"

#include <cmath>

namespace chord::sim {

namespace {

constexpr std::size_t kLiveMin = 2;                         // the last ones stay
constexpr Duration kGoodbyeMin = std::chrono::seconds(15);  // an absence after a leave begins when it is over

}  // namespace

Churn::Churn(Cluster& world, const ChurnOptions& options, std::uint64_t seed)
    : world_(world), options_(options), rng_(seed) {
    for (std::size_t device = 0; device < world.devices(); ++device) {
        if (world.alive(device)) {
            begin_session(device);
        }
    }
}

void Churn::act() {
    while (next() <= world_.now()) {
        const Due due = queue_.pop().payload;
        if (due.kind == Kind::end_of_session) {
            end_session(due.device);
        } else {
            end_absence(due.device);
        }
    }
}

void Churn::stop() {
    while (!queue_.empty()) {
        const Due due = queue_.pop().payload;
        if (due.kind == Kind::end_of_absence && !world_.alive(due.device)) {
            end_absence(due.device);
        }
    }
    // The sessions of those who came back just now.
    queue_ = {};
}

void Churn::begin_session(std::size_t device) {
    const Duration session = options_.sessions == Sessions::pareto ? pareto(rng_, options_.session_mean)
                                                                   : exponential(rng_, options_.session_mean);
    queue_.push(world_.now() + session, Due{Kind::end_of_session, device});
}

void Churn::end_session(std::size_t device) {
    if (!world_.alive(device)) {
        return;
    }
    if (last_end_ && world_.now() < *last_end_ + options_.spacing) {
        queue_.push(*last_end_ + options_.spacing, Due{Kind::end_of_session, device});
        return;
    }
    if (world_.live_count() <= kLiveMin) {
        begin_session(device);
        return;
    }
    last_end_ = world_.now();
    Duration absence = exponential(rng_, options_.absence_mean);
    if (rng_.chance(options_.leaves, kAlways)) {
        ++statistics_.leaves;
        world_.leave(device);
        absence += kGoodbyeMin;
    } else {
        ++statistics_.crashes;
        world_.kill(device);
    }
    queue_.push(world_.now() + absence, Due{Kind::end_of_absence, device});
}

void Churn::end_absence(std::size_t device) {
    if (world_.alive(device)) {
        world_.kill(device);  // its goodbye took too long
    }
    const bool returns = rng_.chance(options_.returns, kAlways);
    if (returns || (options_.may_replace && !options_.may_replace(device))) {
        ++statistics_.returns;
        world_.restart(device);
        begin_session(device);
    } else {
        ++statistics_.replacements;
        begin_session(world_.add());
    }
}

Duration pareto(Rng& rng, Duration mean) {
    const double uniform = static_cast<double>((rng.next() >> 11) + 1) * 0x1p-53;  // (0, 1]
    return Duration(static_cast<std::int64_t>(static_cast<double>(mean.count() / 2) / std::sqrt(uniform)));
}

}  // namespace chord::sim
