#include "net/channel/responder.hpp"

#include <algorithm>
#include <utility>

#include "net/channel/opener.hpp"
#include "net/reader.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

using Drop = Responder::Drop;

constexpr std::size_t kAmplificationMax = 3;

CookieDice roll(const Dice& dice) {
    CookieDice rolled{};
    dice(rolled.nonce);
    dice(rolled.secret);
    return rolled;
}

Responder::Outcome dropped(Drop drop) {
    Responder::Outcome outcome;
    outcome.drop = drop;
    return outcome;
}

SessionIndex index_in(const FrameHead& head) {
    return SessionIndex{static_cast<std::uint32_t>(head.number)};
}

}  // namespace

Responder::NetworkKeyUse::NetworkKeyUse(const noise::SecretKey& network_key)
    : key(network_key.clone()), issuer(mac_key_of(network_key)), macs(mac_key_of(network_key)) {}

Responder::Responder(const LocalIdentity& identity, const TableSecret& secret)
    : identity_(identity),
      gate_({}, secret),
      seen_(kSeenMax, secret),
      proved_(kInitiatorsMax, secret),
      claimed_(kInitiatorsMax, secret) {
    networks_.emplace_back(identity.network_key);
}

void Responder::accept(std::span<const noise::SecretKey* const> network_keys) {
    CHORD_CHECK(!network_keys.empty() && network_keys.size() <= kNetworkKeysMax);
    std::list<NetworkKeyUse> former = std::exchange(networks_, {});
    for (const noise::SecretKey* const key : network_keys) {
        const auto kept = std::ranges::find_if(former, [&](const NetworkKeyUse& use) { return use.key == *key; });
        if (kept != former.end()) {
            networks_.splice(networks_.end(), former, kept);  // with its cookies
        } else {
            networks_.emplace_back(*key);
        }
    }
}

Responder::NetworkKeyUse* Responder::network_of(std::span<const std::uint8_t> frame) {
    const auto found =
        std::ranges::find_if(networks_, [&](const NetworkKeyUse& use) { return use.issuer.mac1_is_right(frame); });
    return found == networks_.end() ? nullptr : &*found;
}

void Responder::forget(const PeerKey& claimed) {
    std::erase_if(half_open_, [&](const HalfOpen& half) { return half.claimed == claimed; });
}

Responder::Outcome Responder::receive(const FrameHead& head, std::span<std::uint8_t> frame, const Endpoint& from,
                                      const Endpoint& at, Time now) {
    NetworkKeyUse* const network = network_of(frame);
    if (!network) return dropped(Drop::stranger);
    if (head.kind == FrameKind::xx_finish) return finish(head, frame, now);
    std::optional<Opener> opener;
    if (head.kind == FrameKind::xx_open) {
        const Drop drop = read_opener(*network, head, frame, at, opener);
        if (drop != Drop::none) return dropped(drop);
    }
    if (came_before(frame, now)) return dropped(Drop::replayed);
    const std::size_t bytes = frame.size();
    Outcome outcome;
    switch (gate_.judge(network->issuer, frame, from, now)) {
        case HandshakeGate::Verdict::drop: return dropped(Drop::load);
        case HandshakeGate::Verdict::send_cookie: {
            const CookieReply reply = network->issuer.reply(frame, from, now, roll(identity_.dice));
            outcome.answer = begin_frame(FrameHead{FrameKind::cookie, index_in(head), 0}, reply);
            outcome.is_cookie = true;
            break;
        }
        case HandshakeGate::Verdict::work:
            outcome = opener ? answer_anybody(*network, head, frame, *opener, now)
                             : answer_by_key(*network, head, frame, now);
            break;
    }
    CHORD_CHECK(outcome.answer.size() <= kAmplificationMax * bytes);
    return outcome;
}

bool Responder::came_before(std::span<const std::uint8_t> frame, Time now) {
    const auto mac1 = frame.last(kMacsBytes).first(kMacBytes);
    if (seen_.find(mac1) != nullptr) return true;
    seen_.find_or_make(mac1, [](Time seen) { return seen; }) = now;
    return false;
}

Responder::Outcome Responder::answer_by_key(NetworkKeyUse& network, const FrameHead& head,
                                            std::span<std::uint8_t> frame, Time now) {
    noise::Handshake handshake = begin_handshake(identity_, network.key, noise::kIkPsk2, Role::responder);
    const auto payload = handshake.read_message(noise_message(frame));
    if (!payload) return dropped(Drop::malformed);
    Reader reader(*payload);
    const std::uint64_t number = reader.u64();
    const auto shown = reader.rest();
    if (reader.failed()) return dropped(Drop::malformed);
    const PeerKey key = *handshake.remote_static();
    if (key == identity_.static_key.public_key()) return dropped(Drop::own);
    if (proved_.accept(key, number, now) != InitiationLog::Verdict::fresh) return dropped(Drop::replayed);
    const Result<Id> peer = identity_.credentials->judge(shown, key);
    if (!peer) return dropped(Drop::malformed);

    const SessionIndex index = random_index(identity_.dice);
    Outcome outcome;
    outcome.answer = begin_frame(FrameHead{FrameKind::ik_answer, index_in(head), static_cast<std::uint32_t>(index)});
    if (!handshake.write_message(identity_.credentials->own(), outcome.answer)) return dropped(Drop::malformed);
    network.macs.append_macs(outcome.answer, now);
    outcome.established = Established{key, index, Role::responder,
                                      Session(handshake.split(), index_in(head), *peer, Role::responder, now)};
    return outcome;
}

Drop Responder::read_opener(const NetworkKeyUse& network, const FrameHead& head, std::span<const std::uint8_t> frame,
                            const Endpoint& at, std::optional<Opener>& opener) {
    noise::PublicKey ephemeral{};
    if (frame.size() < kFrameHeadBytes + kOpenerBytes + ephemeral.size()) return Drop::malformed;
    std::copy_n(frame.begin() + kFrameHeadBytes + kOpenerBytes, ephemeral.size(), ephemeral.begin());
    const auto sealed = frame.subspan(kFrameHeadBytes).first<kOpenerBytes>();
    const Result<Opener> opened = open_opener(sealed, network.key, ephemeral, head);
    if (!opened) return Drop::malformed;
    if (opened->static_key == identity_.static_key.public_key()) return Drop::own;
    if (!may_arrive_at(opened->destination, at)) return Drop::replayed;
    if (opened->number <= claimed_.greatest(opened->static_key).value_or(0)) return Drop::replayed;
    opener = *opened;
    return Drop::none;
}

Responder::Outcome Responder::answer_anybody(NetworkKeyUse& network, const FrameHead& head,
                                             std::span<std::uint8_t> frame, const Opener& opener, Time now) {
    noise::Handshake handshake = begin_handshake(identity_, network.key, noise::kXxPsk3, Role::responder);
    if (!handshake.read_message(noise_message(frame, kOpenerBytes))) return dropped(Drop::malformed);

    const SessionIndex index = random_index(identity_.dice);
    Outcome outcome;
    outcome.answer = begin_frame(FrameHead{FrameKind::xx_answer, index_in(head), static_cast<std::uint32_t>(index)});
    if (!handshake.write_message(identity_.credentials->own(), outcome.answer)) return dropped(Drop::malformed);
    network.macs.append_macs(outcome.answer, now);
    while (!half_open_.empty() &&
           (half_open_.size() == kHalfOpenMax || now - half_open_.front().since >= kHalfOpenFor)) {
        half_open_.pop_front();
    }
    half_open_.push_back(HalfOpen{index, index_in(head), opener.static_key, opener.number, std::move(handshake), now});
    return outcome;
}

Responder::Outcome Responder::finish(const FrameHead& head, std::span<std::uint8_t> frame, Time now) {
    const auto half = std::ranges::find(half_open_, head.receiver, &HalfOpen::index);
    if (half == half_open_.end() || now - half->since >= kHalfOpenFor) return dropped(Drop::replayed);
    const auto shown = half->handshake.read_message(noise_message(frame));
    if (!shown) return dropped(Drop::malformed);
    const PeerKey key = *half->handshake.remote_static();
    const Result<Id> peer = identity_.credentials->judge(*shown, key);
    Outcome outcome;
    if (peer && key == half->claimed) {
        claimed_.remember(key, half->number, now);
        outcome.confirmed = true;
        outcome.established = Established{key, half->index, Role::responder,
                                          Session(half->handshake.split(), half->theirs, *peer, Role::responder, now)};
    } else {
        outcome.drop = Drop::malformed;
    }
    half_open_.erase(half);
    return outcome;
}

}  // namespace chord::net
