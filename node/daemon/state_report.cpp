#include "node/daemon/state_report.hpp"

#include "net/address.hpp"
#include "node/api/phase_text.hpp"

namespace chord::daemon {
namespace {

std::string peer_text(const Peer& peer) {
    return peer.id.short_hex() + " " + net::to_text(peer.address);
}

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

}  // namespace

std::vector<std::string> state_report(const NodeView& view) {
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(view.uptime).count();
    std::string node = "state: node " + view.self.id.short_hex() + ", " + std::string(api::phase_text(view.phase)) +
                       ", up " + std::to_string(uptime) + " s";

    std::string ring = "state: ring of about " + number(static_cast<std::uint64_t>(view.size_estimate + 0.5)) +
                       ", predecessor " + (view.predecessor ? peer_text(view.predecessor->peer) : "none") +
                       ", successors";
    if (view.successors.empty()) ring += " none";
    for (const NeighborView& successor : view.successors) ring += " [" + peer_text(successor.peer) + "]";

    std::string keys = "state: keys " + number(view.keys_owned) + " owned, " + number(view.keys_held) + " held, " +
                       number(view.bytes_held) + " bytes, arc " + (view.arc_synced ? "synced" : "not synced");

    std::string store = "state: store " + number(view.store.used_bytes) + " of " + number(view.store.map_bytes) +
                        " bytes used, " + number(view.store.records) + " records, " + number(view.store.commits) +
                        " commits, " + number(view.store.bytes_written) + " bytes written, " +
                        number(view.store.corrupt_records) + " corrupt records met";

    std::string counters = "state: counters";
    for (const auto& [name, value] : view.counters)
        if (value != 0) counters += " " + name + "=" + number(value);
    return {std::move(node), std::move(ring), std::move(keys), std::move(store), std::move(counters)};
}

}  // namespace chord::daemon
