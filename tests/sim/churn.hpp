// Churn: the nemesis that switches devices off and on. Each device stays for a random time, exponentially distributed
// (Poisson churn) or with a heavy tail; then it crashes, sometimes leaves in order, and after a while comes back with
// its disk or is replaced by a new device, so that the number of devices stays about the same.
#pragma once

#include <functional>
#include <optional>

#include "tests/sim/cluster.hpp"
#include "tests/sim/event_queue.hpp"
#include "tests/sim/network_model.hpp"

namespace chord::sim {

/// How the length of a session is distributed.
enum class Sessions : std::uint8_t {
    exponential,
    pareto  // many short ones and a few that hardly end, as measured in file-sharing networks
};

struct ChurnOptions {
    Sessions sessions = Sessions::exponential;
    Duration session_mean = std::chrono::hours(1);
    Duration absence_mean = std::chrono::minutes(1);
    Duration spacing{};            // between two ends of sessions, at least
    PerMillion leaves = 200'000;   // of the ends; the others are crashes
    PerMillion returns = 500'000;  // of the absent; the others are replaced by new devices
    /// Asked before a device is replaced, whose disk is lost with it; if it may not be, it returns. Unset: it may.
    std::function<bool(std::size_t device)> may_replace;
};

class Churn {
public:
    /// Gives each live device of the world a session that begins now.
    Churn(Cluster& world, const ChurnOptions& options, std::uint64_t seed);

    /// When act() is wanted next.
    Time next() const { return queue_.empty() ? kNever : queue_.next(); }
    /// Does what is due now.
    void act();
    /// Everybody who is away comes back or is replaced now, and nobody goes any more.
    void stop();

    struct Statistics {
        std::uint64_t crashes = 0, leaves = 0, returns = 0, replacements = 0;
    };
    const Statistics& statistics() const { return statistics_; }

private:
    enum class Kind : std::uint8_t { end_of_session, end_of_absence };
    struct Due {
        Kind kind{};
        std::size_t device = 0;
    };

    void begin_session(std::size_t device);
    void end_session(std::size_t device);
    void end_absence(std::size_t device);

    Cluster& world_;
    ChurnOptions options_;
    Rng rng_;
    EventQueue<Due> queue_;
    std::optional<Time> last_end_;
    Statistics statistics_;
};

/// A duration with the Pareto distribution of shape 2: at least mean / 2, infinite variance. The same on every machine:
/// the square root of IEEE 754 is exact.
Duration pareto(Rng& rng, Duration mean);

}  // namespace chord::sim
