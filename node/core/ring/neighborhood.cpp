#include "node/core/ring/neighborhood.hpp"

#include <algorithm>

#include "node/core/ring/state_digest.hpp"

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

void Neighborhood::on_state_query(ReplyToken token, std::uint64_t seen) {
    if (operation_ == 0) {
        context_.network.reply(token, state(seen));
        return;
    }
    if (held_back_.size() == kHeldBackMax) {
        context_.network.reply(token, Refusal{Error::busy, {}});
        return;
    }
    held_back_.push_back(HeldBack{token, seen});
    if (held_back_.size() == 1) {
        context_.scheduler.spawn(bound(operation_));
    }
}

Task<void> Neighborhood::bound(std::uint64_t operation) {
    co_await context_.scheduler.sleep_until(operation_began_ + context_.options.busy_bound);
    end(operation);
}

void Neighborhood::answer_held_back() {
    for (const HeldBack& query : std::exchange(held_back_, {})) {
        context_.network.reply(query.token, state(query.seen));
    }
}

// Whether the successor list covers a quarter of the ring: there are not many more nodes than four lists hold.
bool Neighborhood::is_small_ring() const {
    const RingState& ring = context_.ring;
    return ring.successors().size() < ring.length_max() ||
           ring.successors().back().id.distance_from(context_.self()).words[0] >> 62 != 0;
}

StateQuery Neighborhood::state_query(const Peer& peer) const {
    return StateQuery{remembered_ && remembered_->peer == peer ? digest(remembered_->state) : 0};
}

Result<StateReply> Neighborhood::state_from(const Peer& peer, Result<Answer> answer) {
    if (answer && std::holds_alternative<StateSame>(answer->response)) {
        if (!remembered_ || remembered_->peer != peer) {
            return Error::bad_message;  // nothing was remembered that could be the same
        }
        return remembered_->state;
    }
    Result<StateReply> reply = expect<StateReply>(std::move(answer));
    if (reply && !context_.ring.alone() && context_.ring.successors().front() == peer) {
        remembered_ = Remembered{peer, *reply};
    }
    return reply;
}

Response Neighborhood::state(std::uint64_t seen) const {
    const RingState& ring = context_.ring;
    if (context_.phase == Phase::gone) {
        return Refusal{Error::shutting_down, {}};
    }
    if (!context_.is_member()) {
        return Refusal{Error::not_member, context_.peers.peers_near(context_.self(), kKnownMax)};
    }
    StateReply reply{ring.predecessor(), ring.successors(), {}};
    if (is_small_ring()) {
        // The peers that follow the list clockwise come first: in a small ring this tells the whole membership (clique
        // mode, PROTOCOL-NOTES 2.6).
        const Id& last = ring.alone() ? context_.self() : ring.successors().back().id;
        const std::size_t room = std::min(kKnownMax, kReplyPeersMax - reply.successors.size());
        for (const Peer& peer : context_.peers.peers_near(last, PeerCache::kPeersMax)) {
            if (reply.known.size() == room) {
                break;
            }
            if (!ring.is_neighbor(peer.id) && !context_.peers.is_suspect(peer.id, context_.now())) {
                reply.known.push_back(peer);
            }
        }
    }
    if (seen != 0 && seen == digest(reply)) {
        return StateSame{};
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
    note_departures();
    seen_predecessor_ = ring.predecessor();
    seen_successors_ = ring.successors();
    const std::size_t size = std::min(ring.successors().size() + 1, context_.options.replicas);
    confirm_ring_size(std::max<std::uint64_t>(context_.ring_size_confirmed, size));
    ++context_.counters.neighbor_changes;
    context_.pace.on_change(context_.now());
    on_change_();
}

// Who is missing among the successors, as far as both lists reach: beyond that a node has only moved over the end.
void Neighborhood::note_departures() {
    const std::vector<Peer>& before = seen_successors_;
    const std::vector<Peer>& now = context_.ring.successors();
    if (before.empty() || now.empty()) {
        return;
    }
    const auto gone = std::count_if(before.begin(), before.end(), [&](const Peer& peer) {
        return in_open_closed(peer.id, context_.self(), now.back().id) &&
               std::none_of(now.begin(), now.end(), [&](const Peer& other) { return other.id == peer.id; });
    });
    context_.pace.on_departures(static_cast<std::size_t>(gone), before.size(), context_.now());
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

void Neighborhood::fail(const Peer& peer) {
    ++context_.counters.evictions;
    if (!context_.outcasts.contains(peer.id)) {
        context_.passive.add(peer, context_.now() + context_.options.second_look_after);
    }
    drop(peer.id);
}

void Neighborhood::expel(const Id& peer) {
    context_.peers.forget(peer);
    context_.passive.remove(peer);
    remembered_.reset();  // it may stand in there
    drop(peer);
}

void Neighborhood::drop(const Id& peer) {
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
