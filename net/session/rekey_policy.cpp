#include "net/session/rekey_policy.hpp"

namespace chord::net {

bool RekeyPolicy::is_sound() const {
    constexpr Duration kZero = Duration::zero();
    return kZero < rekey_after && kZero <= responder_waits && rekey_after + responder_waits < refuse_after &&
           0 < rekey_after_messages && rekey_after_messages < refuse_after_messages;
}

Freshness RekeyPolicy::judge(Duration age, std::uint64_t counter, Role role) const {
    const Duration patience = role == Role::initiator ? Duration::zero() : responder_waits;
    if (age >= refuse_after || counter >= refuse_after_messages) return Freshness::refuse;
    if (age >= rekey_after + patience || counter >= rekey_after_messages) return Freshness::rekey;
    return Freshness::fresh;
}

}  // namespace chord::net
