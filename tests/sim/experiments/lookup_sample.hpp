// LookupSample: lookups by random members for random points, counted as the papers count them (PROTOCOL-NOTES 1.2): the
// path ends at the node before the key, and each silent node, be it before the key or its owner, is one timeout.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "tests/sim/cluster.hpp"

namespace chord::sim {

class LookupSample {
public:
    /// A lookup that did not end rightly is asked again up to `retries` times, kRetryPause apart. The cluster must
    /// outlive it.
    LookupSample(Cluster& cluster, std::uint64_t seed, int retries = 0);
    LookupSample(const LookupSample&) = delete;
    LookupSample& operator=(const LookupSample&) = delete;

    void ask();
    /// Asks `count` times, `spacing` apart, and waits for the last answers.
    void ask_all(std::uint64_t count, Duration spacing);
    /// Asks again where that is due. To be called now and then while time passes.
    void retry_due();
    /// Waits for what is under way.
    void finish();
    /// Called with each first attempt that ended rightly, and with the device that asked.
    void on_right(std::function<void(std::size_t device, const LookupTrace& trace)> listener) {
        on_right_ = std::move(listener);
    }

    std::uint64_t asked() const { return asked_; }
    /// First attempts that ended with an error, or with a node that owned the point neither at the question nor at the
    /// answer; askers that went off meanwhile are not counted at all.
    std::uint64_t failed() const { return failed_; }
    /// Of those, the ones that no retry made good.
    std::uint64_t failed_with_retry() const { return failed_with_retry_; }
    /// Of the first attempts that ended rightly.
    double path_mean() const { return mean(paths_); }
    double timeouts_mean() const { return mean(timeouts_); }
    /// The least path such that `share` of the lookups have no longer one.
    double path_percentile(double share) const { return percentile(paths_, share); }
    double timeouts_percentile(double share) const { return percentile(timeouts_, share); }
    /// The share of them that asked some silent node: where the first dead node ends a lookup, they would have failed.
    double silenced() const;
    /// paths()[h] lookups took h hops.
    const std::vector<std::uint64_t>& paths() const { return paths_; }
    std::uint64_t right() const;

private:
    struct Pending {
        Id target;
        std::optional<Id> owner;  // when it was asked
        std::size_t device = 0;
        int attempt = 0;
    };

    static double mean(const std::vector<std::uint64_t>& counts);
    static double percentile(const std::vector<std::uint64_t>& counts, double share);
    void start(Pending lookup);
    void done(std::uint64_t number, const Result<LookupTrace>& trace);

    Cluster& cluster_;
    Rng rng_;
    int retries_;
    std::uint64_t asked_ = 0, failed_ = 0, failed_with_retry_ = 0, started_ = 0;
    std::map<std::uint64_t, Pending> pending_;
    std::multimap<Time, Pending> again_;
    std::vector<std::uint64_t> paths_, timeouts_;
    std::function<void(std::size_t, const LookupTrace&)> on_right_;
    std::shared_ptr<LookupSample*> self_ = std::make_shared<LookupSample*>(this);  // what late answers look for
};

}  // namespace chord::sim
