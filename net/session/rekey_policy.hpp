// RekeyPolicy: when a session is replaced by a new one, and when it is not used any more. Numbers and a pure function;
// the times are node time. How a handshake is repeated says net/channel/initiator.hpp.
//
// After WireGuard (Donenfeld, NDSS 2017, section 6), with longer lives for devices on batteries, whose handshakes cost
// more than their traffic, and with fewer messages (PROTOCOL-NOTES 10.3). Deviations:
//  - The responder of a session rekeys too, `responder_waits` after the initiator should have: a session lives on even
//    if only the responder sends. By then the initiator has had its turn, so that both seldom begin at once; when they
//    do, there are two sessions, which do no harm (session_table.hpp).
#pragma once

#include <chrono>
#include <cstdint>

#include "net/session/role.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

enum class Freshness : std::uint8_t {
    fresh,
    rekey,   // still good, but whoever sends begins a handshake; an idle session is left to die
    refuse,  // neither send nor accept under it; wipe it
};

struct RekeyPolicy {
    Duration rekey_after = std::chrono::minutes(15);
    Duration responder_waits = std::chrono::minutes(1);  // rekey_after + this < refuse_after
    Duration refuse_after = std::chrono::minutes(20);
    std::uint64_t rekey_after_messages = std::uint64_t{1} << 47;   // half of what is allowed: time to replace it
    std::uint64_t refuse_after_messages = std::uint64_t{1} << 48;  // counters sent stay below it

    /// Whether the order of the numbers makes sense: 0 < rekey < refuse.
    bool is_sound() const;

    /// What may still be done with a session of this age, made in this role, whose next counter (to send, or as
    /// received) is `counter`.
    Freshness judge(Duration age, std::uint64_t counter, Role role) const;
};

}  // namespace chord::net
