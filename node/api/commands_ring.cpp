// CHORD.RING, CHORD.LOOKUP, CHORD.TRACE, CHORD.LEAVE: what is asked of the ring.
#include <algorithm>
#include <utility>

#include "node/api/argument.hpp"
#include "node/api/call.hpp"
#include "node/api/failure.hpp"
#include "node/api/notes.hpp"
#include "node/api/ring_walk.hpp"
#include "node/api/view_writer.hpp"
#include "node/core/base/hash.hpp"

namespace chord::api::commands {
namespace {

constexpr std::size_t kCheckedMax = 100'000;  // nodes that a check walks
constexpr std::size_t kSilentNamedMax = 100;
constexpr std::size_t kListedMax = 10'000;  // nodes of one reply: about 2 MB

std::optional<Duration> known_rtt(const NodeView& view, const Id& id) {
    if (view.predecessor && view.predecessor->peer.id == id) return view.predecessor->rtt;
    const auto place = std::find_if(view.successors.begin(), view.successors.end(),
                                    [&](const NeighborView& one) { return one.peer.id == id; });
    return place == view.successors.end() ? std::nullopt : place->rtt;
}

void write_walk(RespWriter& out, const NodeView& view, const RingWalk& walk) {
    out.array(walk.nodes.size());
    for (std::size_t i = 0; i < walk.nodes.size(); ++i) {
        const Client::WalkedNode& node = walk.nodes[i];
        out.map(5);
        write_peer_pairs(out, node.peer);
        out.bulk("rtt_ms");
        write_milliseconds(out, i == 0 ? std::nullopt : known_rtt(view, node.peer.id));
        out.bulk("owns");
        out.real(owned_fraction(walk, i));
        write_pair(out, "state", i == 0 ? "self" : node.answered ? "alive" : "silent");
    }
}

void write_check(RespWriter& out, const NodeView& view, const RingCheck& check) {
    out.map(7);
    out.bulk("one_ring");
    check.one_ring ? out.boolean(*check.one_ring) : out.null();
    write_pair(out, "nodes", check.nodes);
    write_pair(out, "gaps", check.gaps);
    write_pair(out, "overlaps", check.overlaps);
    write_pair(out, "silent", check.silent.size());
    out.bulk("silent_nodes");
    const std::size_t named = std::min(check.silent.size(), kSilentNamedMax);
    out.array(named);
    for (std::size_t i = 0; i < named; ++i) write_peer(out, check.silent[i]);
    // One ring, but not all of it: whoever is alone after a crash may write nothing.
    write_pair(out, "missing", missing_nodes(view));
}

/// Walks, and lets reply(RespWriter&, const NodeView&, const RingWalk&) answer.
template <typename Reply>
void walk(Call& call, std::size_t count, Reply reply) {
    Client* client = &call.client();
    client->walk(count,
                 [client, count, reply, deferred = call.defer()](Result<std::vector<Client::WalkedNode>> walked) {
                     deferred.finish([&](RespWriter& out) {
                         if (!walked) return out.error(failure_text(walked.error()));
                         const NodeView view = client->view();
                         if (view.phase == Phase::gone) return out.error("NOTJOINED " + std::string(kLeftText));
                         reply(out, view, arrange_walk(view, std::move(*walked), count));
                     });
                 });
}

void write_holders(RespWriter& out, const LookupTrace& trace) {
    out.bulk("owner");
    trace.holders.empty() ? out.null() : write_peer(out, trace.holders.front());
    out.bulk("holders");
    out.array(trace.holders.size());
    for (const Peer& holder : trace.holders) write_peer(out, holder);
}

/// Looks the command's key up, and lets reply(RespWriter&, const Id&, const LookupTrace&) answer.
template <typename Reply>
void look_up(Call& call, Reply reply) {
    if (const auto problem = key_too_big(call.args[1].size())) return call.out.error(*problem);
    const Id id = key_id(call.args[1]);
    call.client().lookup(id, [id, reply, deferred = call.defer()](Result<LookupTrace> trace) {
        deferred.finish([&](RespWriter& out) {
            if (!trace) return out.error(failure_text(trace.error()));
            reply(out, id, *trace);
        });
    });
}

}  // namespace

void chord_ring(Call& call) {
    if (call.args.size() == 2 && equals_ignoring_case(call.args[1], "check")) {
        return walk(call, kCheckedMax, [](RespWriter& out, const NodeView& view, const RingWalk& ring) {
            write_check(out, view, check_ring(ring));
        });
    }
    std::size_t count = kListedMax;
    if (call.args.size() == 3 && equals_ignoring_case(call.args[1], "count")) {
        const auto asked = parse_integer(call.args[2]);
        if (!asked || *asked <= 0) return call.not_an_integer();
        count = std::min(kListedMax, static_cast<std::size_t>(*asked));
    } else if (call.args.size() != 1) {
        return call.syntax_error();
    }
    walk(call, count, write_walk);
}

void chord_lookup(Call& call) {
    look_up(call, [](RespWriter& out, const Id& id, const LookupTrace& trace) {
        out.map(3);
        write_pair(out, "key_id", id.hex());
        write_holders(out, trace);
    });
}

void chord_trace(Call& call) {
    look_up(call, [](RespWriter& out, const Id& id, const LookupTrace& trace) {
        out.map(6);
        write_pair(out, "key_id", id.hex());
        write_holders(out, trace);
        out.bulk("hops");
        out.array(trace.hops.size());
        for (const LookupHop& hop : trace.hops) {
            out.map(4);
            write_peer_pairs(out, hop.peer);
            write_pair(out, "via", source_text(hop.source));
            out.bulk("rtt_ms");
            write_milliseconds(out, hop.rtt);
        }
        write_pair(out, "messages", trace.messages);
        out.bulk("elapsed_ms");
        write_milliseconds(out, trace.elapsed);
    });
}

void chord_leave(Call& call) {
    call.client().leave([deferred = call.defer()](Status left) {
        deferred.finish([&](RespWriter& out) { left ? out.simple("OK") : out.error(failure_text(left.error())); });
    });
}

}  // namespace chord::api::commands
