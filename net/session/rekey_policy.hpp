// RekeyPolicy: when a session is replaced by a new one, when it is not used any more, and how a handshake is repeated.
// Numbers and pure functions; the times are node time, the dice are handed in.
//
// After WireGuard (Donenfeld, NDSS 2017, section 6), with longer lives for devices on batteries, whose handshakes cost
// more than their traffic, and with fewer messages (PROTOCOL-NOTES 10.3). Deviations:
//  - The responder of a session rekeys too, `responder_waits` after the initiator should have: a session lives on even
//    if only the responder sends. By then the initiator has had its turn, so that both seldom begin at once.
//  - When both do begin at once, one of the two handshakes is left unanswered (resolve_crossing).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "net/session/role.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

enum class Freshness : std::uint8_t {
    fresh,
    rekey,   // still good, but whoever sends begins a handshake; an idle session is left to die
    refuse,  // neither send nor accept under it; wipe it
};

enum class Crossing : std::uint8_t { keep_own, answer_theirs };

struct RekeyPolicy {
    Duration rekey_after = std::chrono::minutes(15);
    Duration responder_waits = std::chrono::minutes(1);  // rekey_after + this < refuse_after
    Duration refuse_after = std::chrono::minutes(20);
    std::uint64_t rekey_after_messages = std::uint64_t{1} << 47;   // half of what is allowed: time to replace it
    std::uint64_t refuse_after_messages = std::uint64_t{1} << 48;  // counters sent stay below it

    Duration retry_after = std::chrono::seconds(5);
    Duration retry_jitter = std::chrono::milliseconds(334);  // nodes that lost each other must not fall into step
    Duration give_up_after = std::chrono::seconds(90);
    Duration crossing_window = std::chrono::seconds(1);  // longer than datagrams are under way; < retry_after

    /// Whether the order of the numbers makes sense: 0 < rekey < refuse, 0 < crossing window < retry <= giving up.
    bool is_sound() const;

    /// What may still be done with a session of this age, made in this role, whose next counter (to send, or as
    /// received) is `counter`.
    Freshness judge(Duration age, std::uint64_t counter, Role role) const;

    /// How long after one initiation without answer the next is due: in [retry_after, retry_after + retry_jitter].
    /// nullopt when by then give_up_after would be over since the first one: the peer is not there.
    /// `random`: 64 fresh bits.
    std::optional<Duration> retry_delay(Duration since_first, std::uint64_t random) const;

    /// What to do with a valid initiation of a peer to which this node has sent an unanswered one itself, for the first
    /// time `since_first` ago. Keys are the static public keys of both.
    ///
    /// Within crossing_window the side with the smaller key leaves the other's unanswered and the other answers, so
    /// that one session comes of it. Never do both refuse. After the window one's own initiation is taken for lost: a
    /// peer that moved, or sits behind a NAT, may well reach us while we do not reach it. Whoever answers keeps its own
    /// handshake open until the new session is confirmed; two sessions do no harm (SessionTable holds both).
    Crossing resolve_crossing(const std::array<std::uint8_t, 32>& own_key, const std::array<std::uint8_t, 32>& peer_key,
                              Duration since_first) const;
};

}  // namespace chord::net
