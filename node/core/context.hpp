// Context: what the parts of one node share. Each part keeps the rest of its state to itself.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include "node/core/base/rng.hpp"
#include "node/core/client.hpp"
#include "node/core/data/store.hpp"
#include "node/core/network.hpp"
#include "node/core/options.hpp"
#include "node/core/ring/finger_table.hpp"
#include "node/core/ring/outcasts.hpp"
#include "node/core/ring/pace.hpp"
#include "node/core/ring/passive_list.hpp"
#include "node/core/ring/peer_cache.hpp"
#include "node/core/ring/ring_state.hpp"
#include "node/core/task/calls.hpp"
#include "node/core/task/scheduler.hpp"

namespace chord {

/// Monotonic counts of what the node did, by the name under which users see them.
struct Counters {
    std::uint64_t stabilizations = 0, neighbor_changes = 0, rejoins = 0, merges = 0;
    std::uint64_t suspicions = 0, refutations = 0, evictions = 0, path_faults = 0;
    std::uint64_t lookups_ok = 0, lookups_failed = 0, lookup_hops = 0, lookup_retries = 0;
    std::uint64_t reads_served = 0, writes_served = 0, replications_served = 0, read_repairs = 0;
    std::uint64_t reconciliations = 0, records_pulled = 0, records_pushed = 0, conflicts = 0, strays_offered = 0;
    std::uint64_t store_errors = 0, refusals = 0;
    std::uint64_t no_quorum = 0;  // writes of this device's programs that were refused for it
};

struct Context {
    Context(const NodeOptions& node_options, Store& node_store, Network& node_network, std::uint64_t seed)
        : options(node_options),
          store(node_store),
          network(node_network),
          rng(seed),
          ring(node_options.self, node_options.successors),
          fingers(node_options.self.id),
          peers(node_options.self.id),
          pace(options),
          calls(
              network, scheduler, node_options.self.id,
              [this](const Peer& peer, const Endpoint& asked, bool answered) { observe(peer, asked, answered); },
              [this](const Id& peer) { return peers.find(peer); }),
          durability(scheduler) {}
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    Time now() const { return scheduler.now(); }
    bool is_member() const { return phase == Phase::solo || phase == Phase::member || phase == Phase::leaving; }
    const Id& self() const { return options.self.id; }
    /// How long `peer` may be silent before somebody else is asked beside it.
    Duration patience(const Peer& peer) const {
        constexpr Duration kFloor = std::chrono::milliseconds(50);
        constexpr Duration kWithoutSample = std::chrono::milliseconds(250);
        const std::optional<Duration> rtt = network.rtt(peer.address);
        return rtt ? std::max(4 * *rtt, kFloor) : kWithoutSample;
    }

    const NodeOptions options;
    Store& store;
    Network& network;
    Rng rng;
    Phase phase = Phase::joining;
    WallMs wall{};
    RingState ring;
    FingerTable fingers;
    PeerCache peers;
    PassiveList passive;
    Outcasts outcasts;
    Pace pace;
    Counters counters;
    /// 1 as long as this node has only ever been alone, or the others left in order; the write quorum is capped by it.
    std::uint64_t ring_size_confirmed = 1;

    Scheduler scheduler;
    Calls calls;
    Durability durability;

private:
    void observe(const Peer& peer, const Endpoint& asked, bool answered) {
        if (answered) {
            peers.heard_from(peer, scheduler.now());
            if (peer.address != asked) {
                ring.readdress(peer);
                fingers.readdress(peer);
            }
        } else {
            peers.silent(peer.id, scheduler.now() + options.suspect_for);
        }
    }
};

}  // namespace chord
