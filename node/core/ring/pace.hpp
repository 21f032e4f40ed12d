// Pace: how often this node looks after the ring, tuned to the churn that it sees (the idea of RFC 7363, sections 6
// and 7, with the staleness formula of PROTOCOL-NOTES 3.3 in place of its own).
//
// The share of dead first successors is about 1/(3 + S/T) for a mean session time S and a period T, so a period of
// S/kSessionParts keeps it near 1/(3 + kSessionParts). S comes from the departures that this node has seen among
// its successors: with k nodes watched, there are k/S of them in a second. Joins are as frequent where the ring keeps
// its size; where it grows, or two rings merge, they say nothing of how long a session is.
//
// The budget of the profile is the lower bound of the period, the profile's own period the upper one. After a change of
// neighbours, which others follow as a rule, it begins anew at the unsettled period, and grows with the time since.
#pragma once

#include <array>
#include <cstddef>

#include "node/core/base/time.hpp"
#include "node/core/options.hpp"

namespace chord {

class Pace {
public:
    static constexpr std::size_t kDeparturesMax = 8;  // remembered; more recent ones push older ones out
    static constexpr std::int64_t kSessionParts = 28;

    explicit Pace(const NodeOptions& options) : options_(options) {}

    /// The node became a member: what it sees counts from now on.
    void began(Time now) { began_ = now; }
    /// `count` of the `watched` successors have gone.
    void on_departures(std::size_t count, std::size_t watched, Time now);
    /// A neighbour has changed, for whatever reason.
    void on_change(Time now) { changed_ = now; }

    /// Nothing has changed for long, in spite of what on_change() was told.
    void assume_settled(Time now) { changed_ = now - options_.unsettled_for; }

    /// Whether a neighbour changed less than NodeOptions::unsettled_for ago.
    bool unsettled(Time now) const { return now < changed_ + options_.unsettled_for; }
    /// The mean session time of the nodes around, as seen until now; Duration::max() before anything was seen.
    Duration session_mean(Time now) const;
    /// Between two rounds of maintenance, before jitter.
    Duration period(Time now) const;
    /// The same, but for what the last change did to it.
    Duration period_of_churn(Time now) const;

private:
    const NodeOptions& options_;
    Time began_{};
    Time changed_{};
    std::size_t watched_ = 1;
    std::size_t seen_ = 0;                           // ever
    std::array<Time, kDeparturesMax> departures_{};  // a ring: number i at i % kDeparturesMax
};

}  // namespace chord
