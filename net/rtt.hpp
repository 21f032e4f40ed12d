// Round-trip times: the estimator of RFC 9002 section 5 and a bounded table of them, one per address.
//
// Invariants
//  1. Samples are unambiguous: a response echoes the attempt it answers, so that retransmitted exchanges count too
//     (Karn's problem does not arise).
//  2. The table forgets the least recently measured address when it is full.
//  3. What is not measured is expected to be like the rest: a node that waits half a second for each unknown one that
//     has gone is blind under churn (Rhea et al., Handling Churn in a DHT, USENIX 2004: timeouts decide). So is what
//     was slow when it was last measured, more than kBelievedFor ago: devices that slept are asked again soon.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>

#include "node/core/base/peer.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

class RttEstimator {
public:
    /// RFC 9002 section 5.3, without acknowledgement delay: peers answer as soon as they can. REQUIRES: sample >= 0.
    void add(Duration sample);

    bool has_sample() const { return has_sample_; }
    Duration smoothed() const { return smoothed_; }
    Duration variation() const { return variation_; }
    Duration min() const { return min_; }

    /// The probe timeout of RFC 9002 section 6.2.1: smoothed + max(4 * variation, 1 ms).
    Duration probe_timeout() const;

private:
    bool has_sample_ = false;
    Duration smoothed_{};
    Duration variation_{};
    Duration min_{};
};

struct RttOptions {
    Duration first_timeout;  // before any sample; the most for an address without one
    Duration floor;
    Duration ceiling;
    std::size_t peers_max;
};

class RttTable {
public:
    explicit RttTable(const RttOptions& options);

    static constexpr Duration kBelievedFor = std::chrono::minutes(1);

    void add(const Endpoint& peer, Duration sample, Time now = {});
    std::optional<Duration> smoothed(const Endpoint& peer, Time now = {}) const;

    /// How long to wait for the answer to transmission `attempt` (0, 1, …): the probe timeout, or twice that of all
    /// addresses together where this one was never measured; at least the floor, doubled with each attempt, at most
    /// the ceiling.
    Duration timeout(const Endpoint& peer, int attempt, Time now = {}) const;

    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        RttEstimator estimator;
        Time sampled{};
        std::list<Endpoint>::iterator recency;
    };

    Duration expected() const;
    const RttEstimator* known(const Endpoint& peer, Time now) const;

    RttOptions options_;
    RttEstimator all_;  // every sample of every address
    std::map<Endpoint, Entry> entries_;
    std::list<Endpoint> recency_;  // least recently measured first
};

}  // namespace chord::net
