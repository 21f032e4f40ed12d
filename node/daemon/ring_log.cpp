#include "node/daemon/ring_log.hpp"

#include <algorithm>
#include <utility>

#include "net/address.hpp"

namespace chord::daemon {
namespace {

std::string text_of(const Peer& peer) {
    return peer.id.short_hex() + " " + net::to_text(peer.address);
}

bool contains(const std::vector<Peer>& peers, const Id& id) {
    return std::any_of(peers.begin(), peers.end(), [&](const Peer& peer) { return peer.id == id; });
}

}  // namespace

void RingLog::neighbors(std::vector<Peer> now, std::uint64_t evictions,
                        const std::function<bool(const Id&)>& given_up) {
    const bool some_are_gone = std::exchange(evictions_, evictions) != evictions;
    for (const Peer& peer : neighbors_) {
        if (contains(now, peer.id)) continue;
        if (given_up(peer.id)) {
            log_.warning("neighbor-lost", "neighbour lost: " + text_of(peer) + " is silent");
            if (lost_.size() == kLostMax) lost_.erase(lost_.begin());
            lost_.push_back(peer.id);
        } else if (some_are_gone) {
            log_.notice("neighbor-left", "neighbour left: " + text_of(peer));
        }  // else nearer ones have taken its place
    }
    for (const Peer& peer : now) {
        if (contains(neighbors_, peer.id)) continue;
        if (std::erase(lost_, peer.id) > 0)
            log_.notice("neighbor-back", "neighbour back: " + text_of(peer));
        else
            log_.info("neighbor-new", "new neighbour: " + text_of(peer));
    }
    neighbors_ = std::move(now);
}

void RingLog::counts(const Counts& counts, const Endpoint& stranger, Time now) {
    if (untold(merges_, counts.merges, now) > 0)
        log_.notice("merge", "merged with nodes that this ring had lost or never met");
    if (const auto conflicts = untold(conflicts_, counts.conflicts, now); conflicts > 0)
        log_.warning("conflict", std::to_string(conflicts) +
                                     " conflicting writes met: the later ones win, CHORD.CONFLICTS lists the others");
    if (const auto refused = untold(no_quorum_, counts.no_quorum, now); refused > 0)
        log_.warning("no-quorum", std::to_string(refused) +
                                      " writes refused: too few of their keys' holders answer (see: chordctl ring)");
    if (const auto strange = untold(unauthentic_, counts.unauthentic, now); strange > 0)
        log_.warning("stranger", std::to_string(strange) + " datagrams fail authentication, the last from " +
                                     net::to_text(stranger) + ": another network key?");
}

std::uint64_t RingLog::untold(Tally& tally, std::uint64_t count, Time now) {
    if (count == tally.told || now < tally.quiet_until) return 0;
    tally.quiet_until = now + kCountedEvery;
    return count - std::exchange(tally.told, count);
}

}  // namespace chord::daemon
