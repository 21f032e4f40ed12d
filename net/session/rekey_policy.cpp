#include "net/session/rekey_policy.hpp"

#include "node/core/base/check.hpp"

namespace chord::net {

bool RekeyPolicy::is_sound() const {
    constexpr Duration kZero = Duration::zero();
    return kZero < rekey_after && kZero <= responder_waits && rekey_after + responder_waits < refuse_after &&
           0 < rekey_after_messages && rekey_after_messages < refuse_after_messages && kZero < crossing_window &&
           crossing_window < retry_after && kZero <= retry_jitter && retry_after + retry_jitter <= give_up_after;
}

Freshness RekeyPolicy::judge(Duration age, std::uint64_t counter, Role role) const {
    const Duration patience = role == Role::initiator ? Duration::zero() : responder_waits;
    if (age >= refuse_after || counter >= refuse_after_messages) return Freshness::refuse;
    if (age >= rekey_after + patience || counter >= rekey_after_messages) return Freshness::rekey;
    return Freshness::fresh;
}

std::optional<Duration> RekeyPolicy::retry_delay(Duration since_first, std::uint64_t random) const {
    CHORD_CHECK(retry_jitter >= Duration::zero());
    const auto choices = static_cast<std::uint64_t>(retry_jitter.count()) + 1;
    const Duration delay = retry_after + Duration(static_cast<Duration::rep>(random % choices));
    if (since_first + delay > give_up_after) return std::nullopt;
    return delay;
}

Crossing RekeyPolicy::resolve_crossing(const std::array<std::uint8_t, 32>& own_key,
                                       const std::array<std::uint8_t, 32>& peer_key, Duration since_first) const {
    return own_key < peer_key && since_first < crossing_window ? Crossing::keep_own : Crossing::answer_theirs;
}

}  // namespace chord::net
