// CHORD.STATUS, CHORD.FINGERS: the node as it sees itself.
#include "net/address.hpp"
#include "node/api/call.hpp"
#include "node/api/counters.hpp"
#include "node/api/fleet_text.hpp"
#include "node/api/notes.hpp"
#include "node/api/phase_text.hpp"
#include "node/api/view_writer.hpp"

namespace chord::api::commands {
namespace {

void write_ring(RespWriter& out, const ApiContext& context, const NodeView& view) {
    out.map(5);
    write_pair(out, "name", context.ring_name);
    out.bulk("one_ring");
    // Where the node cannot know by itself, CHORD.RING CHECK walks and tells.
    view.one_ring ? out.boolean(*view.one_ring) : out.null();
    out.bulk("size_estimate");
    out.real(view.size_estimate);
    out.bulk("predecessor");
    view.predecessor ? write_neighbor(out, *view.predecessor) : out.null();
    out.bulk("successors");
    out.array(view.successors.size());
    for (const NeighborView& successor : view.successors) write_neighbor(out, successor);
}

void write_counts(RespWriter& out, const NodeView& view) {
    out.bulk("keys");
    out.map(3);
    write_pair(out, "owned", view.keys_owned);
    write_pair(out, "held", view.keys_held);
    write_pair(out, "bytes", view.bytes_held);

    out.bulk("traffic");
    out.map(4);
    for (const std::string_view name : {"tx_bytes", "rx_bytes", "tx_datagrams", "rx_datagrams"}) {
        write_pair(out, name, counter(view, name));
    }

    out.bulk("store");
    out.map(3);
    write_pair(out, "map_bytes", view.store.map_bytes);
    write_pair(out, "used_bytes", view.store.used_bytes);
    write_pair(out, "bytes_written", view.store.bytes_written);
}

/// The short of CHORD.FLEET.
void write_fleet(RespWriter& out, const FleetView& view) {
    out.map(6);
    write_pair(out, "name", view.name);
    write_pair(out, "phase", phase_text(view.phase));
    out.bulk("certificate_name");
    view.certificate ? out.bulk(view.certificate->content.name) : out.null();
    out.bulk("standing");
    view.certificate ? out.bulk(text(view.standing)) : out.null();
    out.bulk("expires_s");  // as far as the time is known
    if (view.certificate && view.time_known) {
        out.integer(static_cast<std::int64_t>(view.certificate->content.not_after()) -
                    static_cast<std::int64_t>(view.time));
    } else {
        out.null();
    }
    write_pair(out, "list_number", view.list_number);
}

}  // namespace

/// The shape that DESIGN 7 promises to scripts; fields may be added, never renamed.
void chord_status(Call& call) {
    const NodeView view = call.client().view();
    const ApiContext& context = call.context();
    RespWriter& out = call.out;
    const FleetPort* const fleet = context.fleet;
    const bool admitted = fleet == nullptr || fleet->phase() == FleetPhase::member;
    out.map(11);
    write_pair(out, "version", context.version);
    write_pair(out, "state", admitted ? phase_text(view.phase) : phase_text(fleet->phase()));

    out.bulk("node");
    out.map(4);
    write_pair(out, "id", view.self.id.hex());
    write_pair(out, "name", context.node_name);
    write_pair(out, "address", net::to_text(view.self.address));
    write_pair(out, "position", context.position);

    out.bulk("ring");
    write_ring(out, context, view);
    out.bulk("fleet");
    fleet == nullptr ? out.null() : write_fleet(out, fleet->view());
    write_counts(out, view);

    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(view.uptime).count();
    write_pair(out, "uptime_s", static_cast<std::uint64_t>(seconds));
    out.bulk("counters");
    const CounterList counters = all_counters(context, view);
    out.map(counters.size());
    for (const auto& [name, value] : counters) write_pair(out, name, value);
    const std::vector<std::string> sentences = notes(context, view);
    out.bulk("notes");
    out.array(sentences.size());
    for (const std::string& sentence : sentences) out.bulk(sentence);
}

void chord_fingers(Call& call) {
    const NodeView view = call.client().view();
    call.out.array(view.fingers.size());
    for (const FingerView& finger : view.fingers) {
        call.out.map(4);
        call.out.bulk("first");
        call.out.integer(finger.first_exponent);
        call.out.bulk("last");
        call.out.integer(finger.last_exponent);
        write_peer_pairs(call.out, finger.peer);
    }
}

}  // namespace chord::api::commands
