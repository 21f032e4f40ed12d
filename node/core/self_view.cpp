#include "node/core/self_view.hpp"

#include <algorithm>
#include <cmath>

namespace chord {

namespace {

// The share of the ring that lies in (from, to], for display only.
double fraction(const Id& from, const Id& to) {
    return std::ldexp(static_cast<double>(to.distance_from(from).words[0]), -64);
}

// N is about the number of listed arcs over the share of the ring that they cover (PROTOCOL-NOTES 4.4).
double size_estimate(const RingState& ring) {
    const std::vector<Peer>& successors = ring.successors();
    if (successors.size() < ring.length_max()) {
        return static_cast<double>(successors.size() + 1);  // the list covers the whole ring
    }
    const double covered = fraction(ring.self().id, successors.back().id);
    return covered > 0 ? static_cast<double>(successors.size()) / covered : static_cast<double>(successors.size() + 1);
}

std::vector<FingerView> finger_views(const FingerTable& table) {
    std::vector<FingerView> views;
    for (const FingerTable::Finger& finger : table.fingers()) {
        if (!views.empty() && views.back().peer == finger.peer && views.back().first_exponent == finger.exponent + 1) {
            views.back().first_exponent = finger.exponent;
        } else {
            views.push_back(FingerView{finger.exponent, finger.exponent, finger.peer});
        }
    }
    return views;
}

std::vector<std::pair<std::string, std::uint64_t>> named(const Counters& c) {
    return {
        {"conflicts", c.conflicts},
        {"evictions", c.evictions},
        {"lookup_hops", c.lookup_hops},
        {"lookup_retries", c.lookup_retries},
        {"lookups_failed", c.lookups_failed},
        {"lookups_ok", c.lookups_ok},
        {"merges", c.merges},
        {"neighbor_changes", c.neighbor_changes},
        {"no_quorum", c.no_quorum},
        {"path_faults", c.path_faults},
        {"read_repairs", c.read_repairs},
        {"reads_served", c.reads_served},
        {"reconciliations", c.reconciliations},
        {"records_pulled", c.records_pulled},
        {"records_pushed", c.records_pushed},
        {"refusals", c.refusals},
        {"refutations", c.refutations},
        {"rejoins", c.rejoins},
        {"replications_served", c.replications_served},
        {"stabilizations", c.stabilizations},
        {"store_errors", c.store_errors},
        {"strays_offered", c.strays_offered},
        {"suspicions", c.suspicions},
        {"writes_served", c.writes_served},
    };
}

// A key takes about 1 µs to count: 2 % of the time at most, whoever asks however often.
constexpr Duration kKeptPerKey = std::chrono::microseconds(50);
constexpr Duration kKeptMax = std::chrono::seconds(30);

KeyCount count_keys(Context& context) {
    KeyCount count;
    std::int64_t visited = 0;
    const Status scanned = context.store.scan(Id{}, Id{}, [&](const Id& key, const RecordHead& head) {
        ++visited;
        if (!head.tombstone && head.expires > context.now()) {
            ++count.held;
            count.owned += context.ring.owns(key) ? 1U : 0U;
            count.bytes += head.value_size;
        }
        return true;
    });
    context.counters.store_errors += scanned ? 0U : 1U;
    count.until = context.now() + std::min(kKeptMax, visited * kKeptPerKey);
    return count;
}

}  // namespace

NodeView self_view(Context& context, KeyCount& count) {
    NodeView view;
    const RingState& ring = context.ring;
    const auto neighbor = [&](const Peer& peer) { return NeighborView{peer, context.network.rtt(peer.address)}; };
    view.self = ring.self();
    view.phase = context.phase;
    view.ring_size_confirmed = context.ring_size_confirmed;
    view.size_estimate = size_estimate(ring);
    const bool left = context.phase == Phase::gone;  // what the ring state says is then of old
    if (!left && ring.predecessor()) {
        view.predecessor = neighbor(*ring.predecessor());
    }
    if (!left) {
        for (const Peer& peer : ring.successors()) {
            view.successors.push_back(neighbor(peer));
        }
        view.fingers = finger_views(context.fingers);
    }
    if (context.phase != Phase::solo && context.phase != Phase::member) {
        view.one_ring = std::nullopt;
    } else if (ring.alone()) {
        view.one_ring = true;
    } else if (ring.successors().size() < ring.length_max()) {
        view.one_ring = ring.predecessor() && ring.predecessor()->id == ring.successors().back().id;
    }
    if (context.now() >= count.until) {
        count = count_keys(context);
    }
    view.keys_owned = left ? 0 : count.owned;
    view.keys_held = count.held;
    view.bytes_held = count.bytes;
    view.store = context.store.stats();
    view.counters = named(context.counters);
    for (auto& counter : context.network.named_counters()) {
        view.counters.push_back(std::move(counter));
    }
    std::sort(view.counters.begin(), view.counters.end());
    return view;
}

}  // namespace chord
