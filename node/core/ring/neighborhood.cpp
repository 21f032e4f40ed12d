#include "node/core/ring/neighborhood.hpp"

#include <algorithm>

namespace chord {

namespace {

constexpr std::string_view kRingSizeName = "ring_size";
constexpr std::size_t kHeldBackMax = 256;

}  // namespace

std::uint64_t Neighborhood::begin() {
    operation_ = ++operations_;
    operation_began_ = context_.now();
    return operation_;
}

void Neighborhood::end(std::uint64_t operation) {
    if (operation_ == operation) {
        operation_ = 0;
        answer_held_back();
    }
}

void Neighborhood::on_state_query(ReplyToken token) {
    if (operation_ == 0) {
        context_.network.reply(token, state());
        return;
    }
    if (held_back_.size() == kHeldBackMax) {
        context_.network.reply(token, Refusal{Error::busy, {}});
        return;
    }
    held_back_.push_back(token);
    if (held_back_.size() == 1) {
        context_.scheduler.spawn(bound(operation_));
    }
}

Task<void> Neighborhood::bound(std::uint64_t operation) {
    co_await context_.scheduler.sleep_until(operation_began_ + context_.options.busy_bound);
    end(operation);
}

void Neighborhood::answer_held_back() {
    for (const ReplyToken token : std::exchange(held_back_, {})) {
        context_.network.reply(token, state());
    }
}

Response Neighborhood::state() const {
    const RingState& ring = context_.ring;
    if (context_.phase == Phase::gone) {
        return Refusal{Error::shutting_down, {}};
    }
    if (!context_.is_member()) {
        return Refusal{Error::not_member, context_.peers.peers_near(context_.self(), kKnownMax)};
    }
    StateReply reply{ring.predecessor(), ring.successors(), {}};
    // The peers that follow the list clockwise come first: in a small ring this tells the whole membership (clique
    // mode, PROTOCOL-NOTES 2.6).
    const Id& last = ring.alone() ? context_.self() : ring.successors().back().id;
    for (const Peer& peer : context_.peers.peers_near(last, PeerCache::kPeersMax)) {
        if (reply.known.size() == kKnownMax) {
            break;
        }
        if (!ring.is_neighbor(peer.id) && !context_.peers.is_suspect(peer.id, context_.now())) {
            reply.known.push_back(peer);
        }
    }
    return reply;
}

void Neighborhood::follow() {
    RingState& ring = context_.ring;
    CHORD_CHECK(ring.consistent());
    if (context_.phase == Phase::solo || context_.phase == Phase::member) {
        context_.phase = ring.alone() ? Phase::solo : Phase::member;
    }
    if (ring.predecessor() == seen_predecessor_ && ring.successors() == seen_successors_) {
        return;
    }
    seen_predecessor_ = ring.predecessor();
    seen_successors_ = ring.successors();
    const std::size_t size = std::min(ring.successors().size() + 1, context_.options.replicas);
    confirm_ring_size(std::max<std::uint64_t>(context_.ring_size_confirmed, size));
    ++context_.counters.neighbor_changes;
    changed_at_ = context_.now();
    on_change_();
}

void Neighborhood::confirm_ring_size(std::uint64_t size) {
    if (size != context_.ring_size_confirmed) {
        context_.ring_size_confirmed = size;
        const char byte = static_cast<char>(size);
        context_.store.put_meta(kRingSizeName, BytesView(&byte, 1));
    }
}

void Neighborhood::restore_ring_size() {
    const std::optional<Bytes> size = context_.store.meta(kRingSizeName);
    if (size && size->size() == 1) {
        context_.ring_size_confirmed = std::max<std::uint64_t>(1, static_cast<unsigned char>((*size)[0]));
    }
}

void Neighborhood::learn(const StateReply& reply) {
    if (reply.predecessor) {
        context_.peers.heard_of(*reply.predecessor);
    }
    for (const Peer& peer : reply.successors) {
        context_.peers.heard_of(peer);
    }
    for (const Peer& peer : reply.known) {
        context_.peers.heard_of(peer);
    }
}

void Neighborhood::fail(const Id& peer) {
    context_.ring.drop(peer);
    if (context_.ring.predecessor() && context_.ring.predecessor()->id == peer) {
        context_.ring.drop_predecessor();
    }
    context_.fingers.forget(peer);
    follow();
}

void Neighborhood::become_solo() {
    if (context_.phase == Phase::leaving || context_.phase == Phase::gone) {
        return;
    }
    context_.ring.reset();
    context_.phase = Phase::solo;
    context_.network.set_member(true);
    follow();
    on_change_();  // becoming a member is a change even where no neighbour comes or goes
}

}  // namespace chord
