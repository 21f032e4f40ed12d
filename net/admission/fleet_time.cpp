#include "net/admission/fleet_time.hpp"

#include <algorithm>

namespace chord::net::admission {
namespace {

Seconds difference(Seconds a, Seconds b) {
    return a < b ? b - a : a - b;
}

}  // namespace

Seconds FleetTime::Reading::moved_on_to(Time now) const {
    const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - at).count();
    return std::min(seconds + static_cast<Seconds>(std::max<std::int64_t>(passed, 0)), kSecondsMax - kSkew);
}

FleetTime::FleetTime(Seconds floor, Time now)
    : floor_(std::min(floor, kSecondsMax - kSkew)), base_{floor_, now}, current_{floor_, now}, wall_{0, now} {}

void FleetTime::raise_base(Seconds seconds, Time now) {
    if (seconds > base_.moved_on_to(now)) base_ = {seconds, now};
    floor_ = std::max(floor_, seconds);
}

void FleetTime::learn_signed(Seconds issued, Time now) {
    const Seconds latest = known_ ? estimate(now) + kFloorSlack : base_.moved_on_to(now) + kLeapMax;
    if (issued > std::min(latest, kSecondsMax - kSkew)) return;
    raise_base(issued, now);
}

void FleetTime::hear(const Id& device, Seconds told, Time now) {
    const auto same =
        std::find_if(voices_.begin(), voices_.end(), [&](const Voice& each) { return each.device == device; });
    if (same != voices_.end()) {
        voices_.erase(same);
    } else if (voices_.size() >= kVoicesMax) {
        voices_.erase(voices_.begin());  // they stand in the order in which they were heard
    }
    voices_.push_back({device, std::min(told, kSecondsMax - kSkew), now});
}

void FleetTime::forget(const Id& device) {
    std::erase_if(voices_, [&](const Voice& each) { return each.device == device; });
}

bool FleetTime::is_plausible(Seconds seconds, Time now) const {
    const Seconds base = base_.moved_on_to(now);
    return seconds + kAgreement >= base && seconds <= base + kLeapMax;
}

std::optional<Seconds> FleetTime::median_of_voices(Time now) const {
    std::vector<Seconds> told;
    for (const Voice& voice : voices_) {
        if (voice.told != 0) told.push_back(Reading{voice.told, voice.at}.moved_on_to(now));
    }
    std::size_t heard = voices_.size();
    if (wall_.seconds != 0) {
        told.push_back(wall_.moved_on_to(now));
        ++heard;
    }
    if (heard < kVoicesMin || told.empty()) return std::nullopt;
    const auto middle = told.begin() + static_cast<std::ptrdiff_t>((told.size() - 1) / 2);
    std::nth_element(told.begin(), middle, told.end());
    const Seconds median = *middle;
    const auto agreeing =
        std::count_if(told.begin(), told.end(), [&](Seconds each) { return difference(each, median) <= kAgreement; });
    if (2 * static_cast<std::size_t>(agreeing) <= heard || !is_plausible(median, now)) return std::nullopt;
    return median;
}

void FleetTime::update(const WallClock& wall, Time now) {
    std::erase_if(voices_, [&](const Voice& each) { return now - each.at >= kVoiceLifetime; });
    wall_ = {wall.seconds != 0 && is_plausible(wall.seconds, now) ? wall.seconds : 0, now};
    const std::optional<Seconds> voices = median_of_voices(now);
    const bool wall_counts = wall.synchronised && wall_.seconds != 0;
    if (wall_counts) {
        current_ = wall_;
    } else if (voices) {
        current_ = {*voices, now};
    }
    known_ = known_ || wall_counts || voices;
    const bool agreed = voices && (!wall_counts || difference(*voices, wall_.seconds) <= kAgreement);
    if (!agreed) agreed_since_.reset();
    if (agreed && !agreed_since_) agreed_since_ = now;
    // The floor follows the time that this node has seen pass, so that uptime is not lost at a restart.
    floor_ = std::max(floor_, base_.moved_on_to(now));
    if (agreed) raise_floor_by_agreement(wall_counts ? std::min(*voices, wall_.seconds) : *voices, now);
}

void FleetTime::raise_floor_by_agreement(Seconds agreed, Time now) {
    if (now - *agreed_since_ < kSettle) return;
    if (floor_raised_ && now - *floor_raised_ < kFloorPause) return;
    if (agreed < floor_ + 2 * kFloorSlack) return;  // nothing much to gain, and fewer writes
    raise_base(std::min(agreed - kFloorSlack, floor_ + kFloorStepMax), now);
    floor_raised_ = now;
}

Seconds FleetTime::estimate(Time now) const {
    return std::max(base_.moved_on_to(now), current_.moved_on_to(now));
}

Seconds FleetTime::told(Time now) const {
    if (known_) return estimate(now);
    return wall_.seconds != 0 ? wall_.moved_on_to(now) : 0;
}

}  // namespace chord::net::admission
