#include "net/channel/initiator.hpp"

#include <algorithm>
#include <array>

#include "net/channel/opener.hpp"
#include "net/writer.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

Initiator::Position Initiator::approach(const Endpoint& to, Time now) {
    const auto known = approaches_.find(to);
    if (known != approaches_.end() && now - known->second.last < kForgottenAfter) return known;
    if (known != approaches_.end()) {
        approaches_.erase(known);
    } else if (approaches_.size() == kApproachesMax) {
        approaches_.erase(
            std::ranges::min_element(approaches_, {}, [](const auto& entry) { return entry.second.last; }));
    }
    return approaches_.try_emplace(to).first;
}

std::optional<std::vector<std::uint8_t>> Initiator::open(const Endpoint& to, const std::optional<PeerKey>& known,
                                                         Time now) {
    Approach& approached = approach(to, now)->second;
    if (approached.opened > 0) {
        const Duration pause = std::min(kPauseMin * (1 << std::min(approached.opened - 1, 8)), kPauseMax);
        if (now - approached.last < pause) return std::nullopt;
    }
    approached.known = known;
    approached.hastened = false;
    return open_now(to, approached, now);
}

std::vector<std::uint8_t> Initiator::open_now(const Endpoint& to, Approach& approached, Time now) {
    const bool by_key = approached.known && approached.opened % 2 == 0;
    const std::uint64_t number = next_number_++;
    const SessionIndex index = random_index(identity_.dice);
    const FrameHead head{by_key ? FrameKind::ik_open : FrameKind::xx_open, SessionIndex{},
                         static_cast<std::uint32_t>(index)};
    noise::Handshake handshake = begin_handshake(identity_, network_key_, by_key ? noise::kIkPsk2 : noise::kXxPsk3,
                                                 Role::initiator, by_key ? approached.known : std::nullopt);
    std::vector<std::uint8_t> frame = begin_frame(head);
    if (by_key) {
        const auto shown = identity_.credentials->own();
        std::array<std::uint8_t, 8 + kCredentialBytesMax> payload{};
        Writer writer(payload);
        writer.u64(number);
        writer.bytes(shown);
        CHORD_CHECK(!writer.failed());
        // A key of low order is none that a peer has proved to hold, so the message can be written.
        CHORD_CHECK(handshake.write_message(writer.written(), frame).has_value());
    } else {
        std::vector<std::uint8_t> message;
        CHORD_CHECK(handshake.write_message({}, message).has_value());
        noise::PublicKey ephemeral{};
        std::copy_n(message.begin(), ephemeral.size(), ephemeral.begin());
        const Opener opener{identity_.static_key.public_key(), number, to};
        const auto sealed = seal(opener, network_key_, ephemeral, head);
        frame.insert(frame.end(), sealed.begin(), sealed.end());
        frame.insert(frame.end(), message.begin(), message.end());
    }
    if (!approached.cookies || approached.mac_key != mac_key_) {
        approached.mac_key = mac_key_;
        approached.cookies.emplace(mac_key_);
    }
    approached.cookies->append_macs(frame, now);
    if (approached.attempts.size() == kAttemptsMax) approached.attempts.erase(approached.attempts.begin());
    approached.attempts.push_back(Attempt{index, head.kind, mac_key_, std::move(handshake), now});
    ++approached.opened;
    approached.last = now;
    return frame;
}

std::optional<Initiator::Found> Initiator::find(SessionIndex index) {
    for (auto position = approaches_.begin(); position != approaches_.end(); ++position) {
        std::vector<Attempt>& attempts = position->second.attempts;
        const auto attempt = std::ranges::find(attempts, index, &Attempt::index);
        if (attempt != attempts.end()) return Found{position, attempt};
    }
    return std::nullopt;
}

Result<Initiator::Answered> Initiator::take_answer(const FrameHead& head, std::span<std::uint8_t> frame, Time now) {
    const std::optional<Found> found = find(head.receiver);
    if (!found) return Error::bad_message;
    Attempt& attempt = *found->attempt;
    const FrameKind asked = head.kind == FrameKind::ik_answer ? FrameKind::ik_open : FrameKind::xx_open;
    if (attempt.kind != asked) return Error::bad_message;
    const auto shown = attempt.handshake.read_message(noise_message(frame));
    if (!shown) return shown.error();
    const PeerKey key = *attempt.handshake.remote_static();
    const Result<Id> peer = identity_.credentials->judge(*shown, key);
    if (!peer) return peer.error();
    const SessionIndex theirs{static_cast<std::uint32_t>(head.number)};
    std::vector<std::uint8_t> finish;
    if (attempt.kind == FrameKind::xx_open) {
        finish = begin_frame(FrameHead{FrameKind::xx_finish, theirs, 0});
        const Status written = attempt.handshake.write_message(identity_.credentials->own(), finish);
        if (!written) return written.error();
        CookieHolder(attempt.mac_key).append_macs(finish, now);
    }
    Answered answered{Established{key, attempt.index, Role::initiator,
                                  Session(attempt.handshake.split(), theirs, *peer, Role::initiator, now)},
                      found->approach->first, now - attempt.sent, std::move(finish)};
    approaches_.erase(found->approach);
    return answered;
}

std::optional<Initiator::Again> Initiator::take_cookie(const FrameHead& head, std::span<const std::uint8_t> frame,
                                                       Time now) {
    const std::optional<Found> found = find(head.receiver);
    if (!found || found->attempt + 1 != found->approach->second.attempts.end()) return std::nullopt;
    Approach& approached = found->approach->second;
    if (!approached.cookies->take_reply(frame.subspan(kFrameHeadBytes), now)) return std::nullopt;
    if (std::exchange(approached.hastened, true)) return std::nullopt;
    --approached.opened;  // the same kind of message once more
    return Again{found->approach->first, open_now(found->approach->first, approached, now)};
}

}  // namespace chord::net
