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

}  // namespace

NodeView self_view(Context& context) {
    NodeView view;
    const RingState& ring = context.ring;
    const auto neighbor = [&](const Peer& peer) { return NeighborView{peer, context.network.rtt(peer.address)}; };
    view.self = ring.self();
    view.phase = context.phase;
    if (ring.predecessor()) {
        view.predecessor = neighbor(*ring.predecessor());
    }
    for (const Peer& peer : ring.successors()) {
        view.successors.push_back(neighbor(peer));
    }
    view.fingers = finger_views(context.fingers);
    if (context.phase != Phase::solo && context.phase != Phase::member) {
        view.one_ring = std::nullopt;
    } else if (ring.alone()) {
        view.one_ring = true;
    } else if (ring.successors().size() < ring.length_max()) {
        view.one_ring = ring.predecessor() && ring.predecessor()->id == ring.successors().back().id;
    }
    view.size_estimate = size_estimate(ring);
    const Status scanned = context.store.scan(Id{}, Id{}, [&](const Id& key, const RecordHead& head) {
        if (!head.tombstone && head.expires > context.now()) {
            ++view.keys_held;
            view.keys_owned += ring.owns(key) ? 1U : 0U;
            view.bytes_held += head.value_size;
        }
        return true;
    });
    context.counters.store_errors += scanned ? 0U : 1U;
    view.store = context.store.stats();
    view.counters = named(context.counters);
    for (auto& counter : context.network.named_counters()) {
        view.counters.push_back(std::move(counter));
    }
    std::sort(view.counters.begin(), view.counters.end());
    return view;
}

}  // namespace chord
