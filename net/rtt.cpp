#include "net/rtt.hpp"

#include <algorithm>

#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

constexpr Duration kGranularity = std::chrono::milliseconds(1);

}  // namespace

void RttEstimator::add(Duration sample) {
    CHORD_CHECK(sample >= Duration::zero());
    if (!has_sample_) {
        has_sample_ = true;
        smoothed_ = sample;
        variation_ = sample / 2;
        min_ = sample;
        return;
    }
    min_ = std::min(min_, sample);
    variation_ = (3 * variation_ + std::chrono::abs(smoothed_ - sample)) / 4;
    smoothed_ = (7 * smoothed_ + sample) / 8;
}

Duration RttEstimator::probe_timeout() const {
    return smoothed_ + std::max(4 * variation_, kGranularity);
}

RttTable::RttTable(const RttOptions& options) : options_(options) {
    CHORD_CHECK(options.peers_max > 0);
    CHORD_CHECK(options.floor > Duration::zero() && options.floor <= options.ceiling);
}

void RttTable::add(const Endpoint& peer, Duration sample, Time now) {
    auto found = entries_.find(peer);
    if (found == entries_.end()) {
        if (entries_.size() == options_.peers_max) {
            entries_.erase(recency_.front());
            recency_.pop_front();
        }
        recency_.push_back(peer);
        found = entries_.emplace(peer, Entry{{}, {}, std::prev(recency_.end())}).first;
    }
    recency_.splice(recency_.end(), recency_, found->second.recency);
    found->second.estimator.add(sample);
    found->second.sampled = now;
    all_.add(sample);
}

Duration RttTable::expected() const {
    return all_.has_sample() ? std::min(options_.first_timeout, 2 * all_.probe_timeout()) : options_.first_timeout;
}

const RttEstimator* RttTable::known(const Endpoint& peer, Time now) const {
    const auto found = entries_.find(peer);
    if (found == entries_.end()) return nullptr;
    const RttEstimator& estimator = found->second.estimator;
    const bool old = now - found->second.sampled >= kBelievedFor;
    return old && estimator.probe_timeout() > expected() ? nullptr : &estimator;
}

std::optional<Duration> RttTable::smoothed(const Endpoint& peer, Time now) const {
    const RttEstimator* const estimator = known(peer, now);
    return estimator == nullptr ? std::nullopt : std::optional(estimator->smoothed());
}

Duration RttTable::timeout(const Endpoint& peer, int attempt, Time now) const {
    const RttEstimator* const estimator = known(peer, now);
    Duration timeout = estimator == nullptr ? expected() : estimator->probe_timeout();
    timeout = std::max(timeout, options_.floor);
    for (int i = 0; i < attempt && timeout < options_.ceiling; ++i) timeout *= 2;
    return std::min(timeout, options_.ceiling);
}

}  // namespace chord::net
