#include "node/core/ring/merge.hpp"

#include <algorithm>

#include "node/core/ring/state_digest.hpp"

namespace chord {

// A remembered peer that is no neighbour.
std::optional<Peer> Merge::remembered() {
    std::vector<Peer> others = context_.peers.sample(PeerCache::kPeersMax, context_.rng);
    std::erase_if(others, [&](const Peer& peer) { return context_.ring.is_neighbor(peer.id); });
    if (others.empty()) {
        return std::nullopt;
    }
    // A peer that would stand right after this node comes first: it is either dead or missing from the ring.
    if (!context_.ring.alone()) {
        const Id& first = context_.ring.successors().front().id;
        const auto between = std::find_if(others.begin(), others.end(), [&](const Peer& peer) {
            return in_open_open(peer.id, context_.self(), first) && !context_.peers.is_suspect(peer.id, context_.now());
        });
        if (between != others.end()) {
            return *between;
        }
    }
    return others.front();
}

Task<void> Merge::probe(const std::vector<Endpoint>& seeds) {
    // In turn a neighbour of old, a configured address (never given up) and anybody else remembered.
    for (std::size_t tried = 0; tried < 3; ++tried) {
        const std::size_t turn = turn_++ % 3;
        if (turn == 1 && !seeds.empty()) {
            co_await probe_seed(seeds[next_seed_++ % seeds.size()]);
            co_return;
        }
        const std::optional<Peer> candidate = turn == 0   ? context_.passive.take_turn()
                                              : turn == 2 ? remembered()
                                                          : std::nullopt;
        if (candidate) {
            co_await try_peer(*candidate, kHintHops);
            co_return;
        }
    }
}

Task<void> Merge::probe_seed(Endpoint seed) {
    Result<Answer> answer = co_await context_.calls.ask_address(seed, StateQuery{seen_at(seed)});
    const StateReply* const state = answer ? std::get_if<StateReply>(&answer->response) : nullptr;
    if (!state || answer->from.id == context_.self()) {
        co_return;  // silent, no member, or as it was when it stood in this ring
    }
    const Peer found = answer->from;
    if (context_.ring.is_neighbor(found.id)) {
        note_verified(found, *state);
    } else {
        co_await try_peer(found, kHintHops);
    }
}

std::uint64_t Merge::seen_at(const Endpoint& address) const {
    const auto found = std::find_if(verified_.begin(), verified_.end(), [&](const Verified& verified) {
        return verified.peer.address == address && verified.neighbor_changes == context_.counters.neighbor_changes;
    });
    return found == verified_.end() ? 0 : found->digest;
}

void Merge::note_verified(const Peer& peer, const StateReply& state) {
    std::erase_if(verified_, [&](const Verified& verified) { return verified.peer.address == peer.address; });
    if (verified_.size() == kVerifiedMax) {
        verified_.erase(verified_.begin());
    }
    verified_.push_back(Verified{peer, digest(state), context_.counters.neighbor_changes});
}

Task<void> Merge::take_hint() {
    // One a round: a silent candidate must not keep this node from stabilizing.
    if (!hints_.empty()) {
        const Hint hint = hints_.front();
        hints_.pop_front();
        if (hint.candidate.id != context_.self() && !context_.ring.is_neighbor(hint.candidate.id)) {
            co_await try_peer(hint.candidate, hint.hops_left);
        }
    } else if (!meetings_.empty()) {
        const Endpoint address = meetings_.front();
        meetings_.pop_front();
        co_await probe_seed(address);
    } else if (const std::optional<Peer> gone = context_.passive.take_due(context_.now())) {
        co_await try_peer(*gone, kHintHops);
    }
}

bool Merge::on_hint(const Hint& hint) {
    if (hints_.size() == kHintsMax) {
        return false;
    }
    hints_.push_back(Hint{hint.candidate, std::min(hint.hops_left, kHintHops)});
    return true;
}

void Merge::meet(const Endpoint& address) {
    const bool waits = std::find(meetings_.begin(), meetings_.end(), address) != meetings_.end();
    if (!waits && meetings_.size() < kMeetingsMax) {
        meetings_.push_back(address);
    }
}

Task<void> Merge::try_peer(Peer candidate, std::uint8_t hops_left) {
    if (context_.ring.is_neighbor(candidate.id)) {
        context_.passive.remove(candidate.id);
        co_return;
    }
    const std::uint64_t operation = neighborhood_.begin();
    Result<Answer> answer = co_await context_.calls.ask_any(candidate, StateQuery{seen_at(candidate.address)});
    Result<StateReply> reply = expect<StateReply>(std::move(answer));  // StateSame is none: there is nothing to do
    if (!reply) {
        neighborhood_.end(operation);
        co_return;
    }
    context_.passive.remove(candidate.id);
    neighborhood_.learn(*reply);
    RingState& ring = context_.ring;
    const std::optional<Peer> displaced = ring.alone() ? std::nullopt : std::optional<Peer>(ring.successors().front());
    const bool merged = neighborhood_.still(operation) && ring.merge(candidate, reply->successors);
    neighborhood_.follow();
    neighborhood_.end(operation);
    if (!merged) {
        co_await place(candidate, std::move(*reply), hops_left);
        co_return;
    }
    ++context_.counters.merges;
    on_merged_();
    context_.scheduler.spawn(context_.calls.tell(candidate, Notify{}));
    if (displaced && hops_left > 0) {
        // The zip goes on clockwise: the two that have lost their place next to each other hear of each other.
        const auto left = static_cast<std::uint8_t>(hops_left - 1);
        context_.scheduler.spawn(context_.calls.tell(candidate, Hint{*displaced, left}));
        context_.scheduler.spawn(context_.calls.tell(*displaced, Hint{candidate, left}));
    }
}

Task<void> Merge::place(Peer candidate, StateReply state, std::uint8_t hops_left) {
    const RingState& ring = context_.ring;
    if (ring.predecessor() && in_open_open(candidate.id, ring.predecessor()->id, context_.self())) {
        context_.ring.rectify(candidate);
        neighborhood_.follow();
        co_return;
    }
    if (hops_left == 0 || ring.alone()) {
        co_return;
    }
    Result<Route> route = co_await lookup_.find(candidate.id);
    if (route && route->successors.front().id == candidate.id) {
        note_verified(candidate, state);
        co_return;  // found at its place: the same ring
    }
    if (!route) {
        co_return;
    }
    const auto left = static_cast<std::uint8_t>(hops_left - 1);
    const Peer before = route->predecessor;
    if (before.id != context_.self() && before.id != candidate.id) {
        co_await context_.calls.tell(before, Hint{candidate, left});
        // Symmetrically, the other ring hears of a node of this one.
        if (!state.successors.empty() || state.predecessor) {
            co_await context_.calls.tell(candidate, Hint{before, left});
        }
    }
}

}  // namespace chord
