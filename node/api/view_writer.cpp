#include "node/api/view_writer.hpp"

#include "net/address.hpp"

namespace chord::api {
void write_milliseconds(RespWriter& out, const std::optional<Duration>& duration) {
    duration ? out.real(static_cast<double>(duration->count()) / 1000.0) : out.null();
}

void write_peer_pairs(RespWriter& out, const Peer& peer) {
    write_pair(out, "id", peer.id.hex());
    write_pair(out, "address", net::to_text(peer.address));
}

void write_peer(RespWriter& out, const Peer& peer) {
    out.map(2);
    write_peer_pairs(out, peer);
}

void write_neighbor(RespWriter& out, const NeighborView& neighbor) {
    out.map(3);
    write_peer_pairs(out, neighbor.peer);
    out.bulk("rtt_ms");
    write_milliseconds(out, neighbor.rtt);
}

void write_pair(RespWriter& out, std::string_view name, std::string_view text) {
    out.bulk(name);
    out.bulk(text);
}

void write_pair(RespWriter& out, std::string_view name, std::uint64_t number) {
    out.bulk(name);
    out.unsigned_integer(number);
}

std::string source_text(RouteSource source) {
    const auto number = static_cast<unsigned>(source);
    if (number < kRouteSourceSuccessor) return "finger[" + std::to_string(number) + ']';
    if (number == kRouteSourcePredecessor) return "predecessor";
    return "successor[" + std::to_string(number - kRouteSourceSuccessor) + ']';
}

}  // namespace chord::api
