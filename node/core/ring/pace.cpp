#include "node/core/ring/pace.hpp"

#include <algorithm>

namespace chord {

namespace {

constexpr Duration kWindowMin = std::chrono::minutes(1);  // few departures in a short time say little

// A new change is awaited for a third of the time since the last: after some rounds without one, none is likely.
constexpr std::int64_t kCalmParts = 3;

}  // namespace

void Pace::on_departures(std::size_t count, std::size_t watched, Time now) {
    watched_ = std::max<std::size_t>(1, watched);
    for (std::size_t i = 0; i < count; ++i) {
        departures_[seen_++ % kDeparturesMax] = now;
    }
}

Duration Pace::session_mean(Time now) const {
    if (seen_ == 0) {
        return Duration::max();
    }
    const std::size_t count = std::min(seen_, kDeparturesMax);
    const bool full = count == kDeparturesMax;
    const Time since = full ? departures_[seen_ % kDeparturesMax] : began_;
    // A full memory may span less than the minimum: that is a storm, not an accident.
    const Duration window = full ? std::max(now - since, Duration(1)) : std::max(now - since, kWindowMin);
    return window * static_cast<std::int64_t>(watched_) / static_cast<std::int64_t>(count);
}

Duration Pace::period(Time now) const {
    const Duration most = period_of_churn(now);
    if (!unsettled(now)) {
        return most;
    }
    return std::min(most, std::max(options_.stabilize_period_unsettled, (now - changed_) / kCalmParts));
}

Duration Pace::period_of_churn(Time now) const {
    const Duration most = options_.stabilize_period;
    if (!options_.self_tuning) {
        return most;
    }
    return std::clamp(session_mean(now) / kSessionParts, std::min(options_.stabilize_period_min, most), most);
}

}  // namespace chord
