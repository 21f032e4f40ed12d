#include "tests/sim/experiments/lookup_sample.hpp"

#include <numeric>

#include "tests/sim/experiments/random_id.hpp"

namespace chord::sim {

namespace {

constexpr Duration kRetryPause = std::chrono::seconds(2);
constexpr Duration kPatience = std::chrono::seconds(60);

void count(std::vector<std::uint64_t>& counts, std::size_t value) {
    counts.resize(std::max(counts.size(), value + 1));
    ++counts[value];
}

}  // namespace

LookupSample::LookupSample(Cluster& cluster, std::uint64_t seed, int retries)
    : cluster_(cluster), rng_(seed), retries_(retries) {}

void LookupSample::ask() {
    ++asked_;
    const std::size_t device = cluster_.random_member(rng_);
    start(Pending{random_id(rng_), std::nullopt, device, 0});
}

void LookupSample::start(Pending lookup) {
    const std::uint64_t number = ++started_;
    lookup.owner = cluster_.true_owner(lookup.target);
    pending_.emplace(number, lookup);
    cluster_.with_client(lookup.device, [&](Client& client) {
        client.lookup(lookup.target,
                      [number, self = std::weak_ptr<LookupSample*>(self_)](const Result<LookupTrace>& trace) {
                          if (const auto sample = self.lock()) {
                              (*sample)->done(number, trace);
                          }
                      });
    });
}

void LookupSample::done(std::uint64_t number, const Result<LookupTrace>& trace) {
    const auto found = pending_.find(number);
    if (found == pending_.end()) {
        return;
    }
    Pending lookup = found->second;
    pending_.erase(found);
    const std::optional<Id> named = trace ? std::optional<Id>(trace->holders.front().id) : std::nullopt;
    if (!named || (named != lookup.owner && named != cluster_.true_owner(lookup.target))) {
        failed_ += lookup.attempt == 0 ? 1U : 0U;
        if (lookup.attempt < retries_) {
            ++lookup.attempt;
            again_.emplace(cluster_.now() + kRetryPause, lookup);
        } else {
            ++failed_with_retry_;
        }
        return;
    }
    if (lookup.attempt > 0) {
        return;
    }
    std::size_t path = 0;
    std::size_t timeouts = 0;
    for (const LookupHop& hop : trace->hops) {
        // Who answers at or behind the key is a candidate for its owner, not a step of the path.
        const bool before = !in_open_closed(hop.peer.id, lookup.target, *named);
        timeouts += hop.rtt ? 0U : 1U;
        path += hop.rtt && before ? 1U : 0U;
    }
    count(paths_, path);
    count(timeouts_, timeouts);
    if (on_right_) {
        on_right_(lookup.device, *trace);
    }
}

void LookupSample::retry_due() {
    while (!again_.empty() && again_.begin()->first <= cluster_.now()) {
        const Pending lookup = again_.begin()->second;
        again_.erase(again_.begin());
        if (cluster_.alive(lookup.device)) {
            start(lookup);
        }
    }
}

void LookupSample::ask_all(std::uint64_t count, Duration spacing) {
    for (std::uint64_t i = 0; i < count; ++i) {
        ask();
        cluster_.run_for(spacing);
    }
    finish();
}

void LookupSample::finish() {
    cluster_.run_until(
        [this] {
            retry_due();
            // Whose asker went off never ends.
            std::erase_if(pending_, [this](const auto& entry) { return !cluster_.alive(entry.second.device); });
            return pending_.empty() && again_.empty();
        },
        kPatience);
    failed_ += pending_.size();
    failed_with_retry_ += pending_.size();
    pending_.clear();
}

std::uint64_t LookupSample::right() const {
    return std::accumulate(paths_.begin(), paths_.end(), std::uint64_t{0});
}

double LookupSample::silenced() const {
    const std::uint64_t undisturbed = timeouts_.empty() ? 0 : timeouts_.front();
    return right() == 0 ? 0 : 1 - static_cast<double>(undisturbed) / static_cast<double>(right());
}

double LookupSample::mean(const std::vector<std::uint64_t>& counts) {
    double sum = 0;
    double number = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        sum += static_cast<double>(i * counts[i]);
        number += static_cast<double>(counts[i]);
    }
    return number == 0 ? 0 : sum / number;
}

double LookupSample::percentile(const std::vector<std::uint64_t>& counts, double share) {
    const auto total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
    double below = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        below += static_cast<double>(counts[i]);
        if (below >= share * total) {
            return static_cast<double>(i);
        }
    }
    return 0;
}

}  // namespace chord::sim
