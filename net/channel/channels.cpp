#include "net/channel/channels.hpp"

#include <algorithm>
#include <utility>

#include "net/envelope.hpp"
#include "net/guard/source.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

TableSecret roll_secret(const Dice& dice) {
    TableSecret secret{};
    dice(secret);
    return secret;
}

std::span<const std::uint8_t> plaintext_in(std::span<const std::uint8_t> frame) {
    return frame.subspan(kFrameHeadBytes, frame.size() - kDataOverheadBytes);
}

}  // namespace

Channels::Channels(LocalIdentity identity, const ChannelOptions& options, RpcCounters& counters, Reached reached)
    : identity_(std::move(identity)),
      options_(options),
      counters_(counters),
      reached_(std::move(reached)),
      initiator_(identity_),
      responder_(identity_, roll_secret(identity_.dice)),
      sessions_(options.sessions),
      peers_(options.peers_max, roll_secret(identity_.dice)),
      addresses_(options.addresses_max, roll_secret(identity_.dice)) {
    CHORD_CHECK(options.rekey.is_sound());
}

std::optional<PeerKey> Channels::key_of(const Callee& to) {
    const Known* const known = to.id ? peers_.find(to.id->bytes()) : addresses_.find(bytes_of(to.address));
    return known == nullptr ? std::nullopt : std::optional(known->key);
}

std::optional<Id> Channels::peer_of(const Callee& to, Time now) {
    if (to.id) return to.id;
    const Session* const session = session_to(key_of(to), now);
    return session == nullptr ? std::nullopt : std::optional(session->peer());
}

Session* Channels::session_to(const std::optional<PeerKey>& peer, Time now) {
    if (!peer) return nullptr;
    const auto outgoing = sessions_.outgoing(*peer);
    if (!outgoing || outgoing->session->freshness(options_.rekey, now) == Freshness::refuse) return nullptr;
    return outgoing->session;
}

void Channels::use_network_keys(std::span<const noise::SecretKey* const> keys, std::size_t begin_with) {
    CHORD_CHECK(begin_with < keys.size());
    responder_.accept(keys);
    initiator_.begin_with(*keys[begin_with]);
}

void Channels::close(const Id& peer) {
    if (const Known* const known = peers_.find(peer.bytes())) {
        initiator_.forget(known->key);
        responder_.forget(known->key);
        peers_.erase(peer.bytes());
    }
    // Not by its key alone: who has moved to another of its positions has sessions under two ids.
    sessions_.erase_if([&](const Session& session) { return session.peer() == peer; });
}

bool Channels::has_session(const Id& peer) const {
    return sessions_.any([&](const Session& session) { return session.peer() == peer; });
}

void Channels::sweep(Time now) {
    if (now - swept_ < kSweepPeriod) return;
    swept_ = now;
    sessions_.erase_if(
        [&](const Session& session) { return session.freshness(options_.rekey, now) == Freshness::refuse; });
}

void Channels::post(const Endpoint& to, std::vector<std::uint8_t> bytes, const Endpoint& from) {
    ++counters_.tx_datagrams;
    counters_.tx_bytes += bytes.size();
    datagrams_.push_back(Datagram{to, std::move(bytes), from});
}

void Channels::seal_and_post(Session& session, const Endpoint& to, const Endpoint& from,
                             std::vector<std::uint8_t> frame) {
    const auto label = label_of(plaintext_in(frame));
    session.seal(frame);
    post(to, std::move(frame), from);
    datagrams_.back().label = label;
}

void Channels::send_request(const Callee& to, std::uint64_t request, int attempt, std::vector<std::uint8_t> frame,
                            Time now) {
    sweep(now);
    const std::optional<PeerKey> peer = key_of(to);
    Session* const session = session_to(peer, now);
    const bool quiet = session && now - session->heard() >= kQuietFor;
    const bool doubtful = attempt >= (quiet ? 1 : kDoubtfulAttempt);
    if (!session || doubtful) backlog_.add(to, request, plaintext_in(frame), now);
    const bool opens = !session || doubtful || session->freshness(options_.rekey, now) == Freshness::rekey;
    if (session) {
        if (attempt > 0 && !session->finish().empty()) post(to.address, session->finish());
        seal_and_post(*session, to.address, {}, std::move(frame));
    }
    if (opens) open(to.address, peer, now);
}

void Channels::open(const Endpoint& to, const std::optional<PeerKey>& peer, Time now) {
    if (auto first = initiator_.open(to, peer, now)) {
        ++counters_.handshakes_opened;
        post(to, std::move(*first));
    }
}

void Channels::send_repeated(const Peer& to, std::vector<std::uint8_t> frame, const Manner& manner, Time now) {
    sweep(now);
    const std::optional<PeerKey> peer = key_of({to.address, to.id});
    Session* const session = session_to(peer, now);
    const bool opens = !session || manner.unheard || session->freshness(options_.rekey, now) == Freshness::rekey;
    const Endpoint from = session && manner.answer ? session->own_address_towards(to.address) : Endpoint{};
    if (session) seal_and_post(*session, to.address, from, std::move(frame));
    if (opens) open(to.address, peer, now);
}

Time Channels::heard(const Peer& peer, Time now) {
    const Session* const session = session_to(key_of({peer.address, peer.id}), now);
    return session ? session->heard() : Time{};
}

void Channels::send_answer(const Asker& asker, const Endpoint& from, std::vector<std::uint8_t> frame, Time now) {
    Session* const session = sessions_.find(asker.session);
    if (!session || session->freshness(options_.rekey, now) == Freshness::refuse) return;
    seal_and_post(*session, asker.address, from, std::move(frame));
}

void Channels::reached(const Peer& peer, const PeerKey& key, std::optional<Duration> rtt, Time now) {
    reached_(peer, rtt);
    Session* const session = session_to(key, now);
    if (!session || backlog_.bytes() == 0) return;
    const bool answered_here = rtt.has_value();
    for (const std::vector<std::uint8_t>& plaintext : backlog_.take(peer, answered_here, now)) {
        std::vector<std::uint8_t> frame(kDataOverheadBytes + plaintext.size());
        std::ranges::copy(plaintext, frame.begin() + kFrameHeadBytes);
        seal_and_post(*session, peer.address, {}, std::move(frame));
    }
}

bool Channels::is_proven(const Asker& asker) {
    Session* const session = sessions_.find(asker.session);
    const PeerKey* const key = sessions_.peer_of(asker.session);
    if (!session || !key) return false;
    const Known* const known = addresses_.find(bytes_of(asker.address));
    return session->proven() == asker.address || (known && known->key == *key);
}

std::optional<Channels::Opened> Channels::receive(const Endpoint& from, std::span<std::uint8_t> datagram,
                                                  const Endpoint& at, Time now) {
    sweep(now);
    if (datagram.size() < kDataOverheadBytes) {
        ++counters_.drops_truncated;
        return std::nullopt;
    }
    if (datagram.size() > kDatagramBytesMax) {
        ++counters_.drops_oversized;
        return std::nullopt;
    }
    if (!has_wire_version(datagram)) {
        ++counters_.drops_version;
        return std::nullopt;
    }
    const Result<FrameHead> head = parse_frame_head(datagram);
    if (!head) {
        ++counters_.drops_malformed;
        return std::nullopt;
    }
    switch (head->kind) {
        case FrameKind::data: return receive_data(*head, datagram, from, at, now);
        case FrameKind::xx_open:
        case FrameKind::ik_open:
        case FrameKind::xx_finish: respond(*head, datagram, from, at, now); break;
        case FrameKind::xx_answer:
        case FrameKind::ik_answer: receive_answer(*head, datagram, now); break;
        case FrameKind::cookie:
            if (auto again = initiator_.take_cookie(*head, datagram, now)) {
                ++counters_.handshakes_opened;
                post(again->to, std::move(again->frame));
            } else {
                ++counters_.drops_unexpected;
            }
            break;
    }
    return std::nullopt;
}

std::optional<Channels::Opened> Channels::receive_data(const FrameHead& head, std::span<std::uint8_t> frame,
                                                       const Endpoint& from, const Endpoint& at, Time now) {
    Session* const session = sessions_.find(head.receiver);
    if (!session || session->freshness(options_.rekey, now) == Freshness::refuse) {
        ++counters_.drops_session;
        return std::nullopt;
    }
    const Result<Session::Opened> opened = session->open(head, frame);
    if (!opened) {
        ++(opened.error() == Error::already_in_use ? counters_.drops_replayed : counters_.drops_session);
        return std::nullopt;
    }
    session->note_heard(now, from, at);
    const Id sender = session->peer();
    const PeerKey key = *sessions_.peer_of(head.receiver);
    const bool first = sessions_.heard(head.receiver, from, opened->newest);
    if (first) reached(Peer{sender, from}, key, std::nullopt, now);
    return Opened{sender, head.receiver, opened->plaintext};
}

void Channels::respond(const FrameHead& head, std::span<std::uint8_t> frame, const Endpoint& from, const Endpoint& at,
                       Time now) {
    Responder::Outcome outcome = responder_.receive(head, frame, from, at, now);
    switch (outcome.drop) {
        case Responder::Drop::none: break;
        case Responder::Drop::stranger: ++counters_.drops_stranger; break;
        case Responder::Drop::load: ++counters_.drops_load; break;
        case Responder::Drop::replayed: ++counters_.drops_replayed; break;
        case Responder::Drop::own: ++counters_.drops_own; break;
        case Responder::Drop::malformed: ++counters_.drops_malformed; break;
    }
    counters_.cookies_sent += outcome.is_cookie ? 1U : 0U;
    if (outcome.established) {
        const SessionIndex index = outcome.established->index;
        const PeerKey key = outcome.established->key;
        const Id peer = outcome.established->session.peer();
        // A third message may carry any address; the first one got an answer without which no data could follow.
        if (!outcome.confirmed) outcome.established->session.prove(from);
        if (!establish(std::move(*outcome.established), from, now)) return;
        if (outcome.confirmed) {
            sessions_.heard(index, from, true);
            reached(Peer{peer, from}, key, std::nullopt, now);
        }
    }
    if (!outcome.answer.empty()) post(from, std::move(outcome.answer), at);
}

void Channels::receive_answer(const FrameHead& head, std::span<std::uint8_t> frame, Time now) {
    if (!responder_.is_from_member(frame)) {
        ++counters_.drops_stranger;
        return;
    }
    Result<Initiator::Answered> answered = initiator_.take_answer(head, frame, now);
    if (!answered) {
        ++counters_.drops_unexpected;
        return;
    }
    const Endpoint to = answered->to;
    const PeerKey key = answered->established.key;
    const Id peer = answered->established.session.peer();
    if (!answered->finish.empty()) {
        post(to, answered->finish);
        answered->established.session.keep_finish(std::move(answered->finish));
    }
    if (!establish(std::move(answered->established), to, now)) return;
    addresses_.find_or_make(bytes_of(to), [](const Known& known) { return known.heard; }) = Known{key, now};
    reached(Peer{peer, to}, key, answered->rtt, now);
}

bool Channels::establish(Established established, const Endpoint& address, Time now) {
    const Id peer = established.session.peer();
    const Status added =
        sessions_.add(established.key, established.role, established.index, std::move(established.session), address);
    if (!added) return false;
    ++counters_.handshakes_done;
    peers_.find_or_make(peer.bytes(), [](const Known& known) { return known.heard; }) = Known{established.key, now};
    return true;
}

}  // namespace chord::net
