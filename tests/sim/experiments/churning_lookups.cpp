#include "tests/sim/experiments/churning_lookups.hpp"

#include <algorithm>
#include <cmath>

#include "tests/sim/experiments/lookup_sample.hpp"
#include "tests/sim/message_world.hpp"

namespace chord::sim {

namespace {

constexpr Duration kSecond = std::chrono::seconds(1);
constexpr Duration kSilence = std::chrono::milliseconds(500);  // the paper's timeout; nothing is lost here

MessageWorldOptions world_options(const ChurningRing& ring) {
    MessageWorldOptions options;
    options.seed = ring.seed;
    options.node.successors = 20;
    options.node.stabilize_period = options.node.stabilize_period_unsettled = std::chrono::seconds(30);
    options.node.jitter_percent = 50;
    options.node.self_tuning = false;
    options.node.plain_chord = ring.plain_chord;
    options.first_timeout = kSilence;
    options.tries = 1;
    return options;
}

}  // namespace

ChurningLookups lookups_under_churn(const ChurningRing& ring) {
    MessageWorld world(world_options(ring));
    world.place_ring(ring.nodes);
    Rng rng(ring.seed ^ 0x636875726e);
    Time join_at = world.now() + exponential(rng, ring.between);
    Time leave_at = world.now() + exponential(rng, ring.between);
    LookupSample sample(world, rng.next(), ring.retries);
    for (Time lookup_at = world.now() + kSecond; sample.asked() < ring.lookups;) {
        world.run_until(std::min({join_at, leave_at, lookup_at}));
        if (world.now() == join_at) {
            world.add();
            join_at += exponential(rng, ring.between);
        } else if (world.now() == leave_at) {
            const std::size_t host = world.random_member(rng);
            ring.crashes ? world.kill(host) : world.leave(host);
            leave_at += exponential(rng, ring.between);
        } else {
            sample.retry_due();
            sample.ask();
            lookup_at += kSecond;
        }
    }
    sample.finish();
    const double lookups = static_cast<double>(ring.lookups);
    return {sample.path_mean(), sample.timeouts_mean(), static_cast<double>(sample.failed()) / lookups,
            static_cast<double>(sample.failed_with_retry()) / lookups, sample.silenced()};
}

Duration between_changes(double per_second, std::uint64_t of_nodes, std::uint64_t nodes) {
    const double seconds = static_cast<double>(of_nodes) / (per_second * static_cast<double>(nodes));
    return Duration(std::llround(seconds * 1e6));
}

}  // namespace chord::sim
