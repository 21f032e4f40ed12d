// Churn: the nemesis that switches devices off and on. Sessions are Poisson: each device stays for an exponentially
// distributed time; then it crashes, sometimes leaves in order, and after a while comes back with its disk or is
// replaced by a new device, so that the number of devices stays about the same.
#pragma once

#include <optional>

#include "tests/sim/cluster.hpp"
#include "tests/sim/event_queue.hpp"
#include "tests/sim/network_model.hpp"

namespace chord::sim {

struct ChurnOptions {
    Duration session_mean = std::chrono::hours(1);
    Duration absence_mean = std::chrono::minutes(1);
    Duration spacing{};            // between two ends of sessions, at least
    PerMillion leaves = 200'000;   // of the ends; the others are crashes
    PerMillion returns = 500'000;  // of the absent; the others are replaced by new devices
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

}  // namespace chord::sim
