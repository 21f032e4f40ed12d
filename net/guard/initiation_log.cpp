#include "net/guard/initiation_log.hpp"

#include <algorithm>

namespace chord::net {

InitiationLog::Verdict InitiationLog::accept(const InitiatorKey& initiator, std::uint64_t number, Time now) {
    Seen* const known = seen_.find(initiator);
    const std::uint64_t greatest = known == nullptr ? 0 : known->greatest;
    if (number <= greatest) return Verdict::replayed;
    if (known != nullptr && now - known->at < kPause) return Verdict::too_soon;
    remember(initiator, number, now);
    return Verdict::fresh;
}

void InitiationLog::remember(const InitiatorKey& initiator, std::uint64_t number, Time now) {
    Seen& seen = seen_.find_or_make(initiator, [](const Seen& kept) { return kept.at; });
    seen.greatest = std::max(seen.greatest, number);
    seen.at = now;
}

std::optional<std::uint64_t> InitiationLog::greatest(const InitiatorKey& initiator) {
    const Seen* const known = seen_.find(initiator);
    return known == nullptr ? std::nullopt : std::optional(known->greatest);
}

}  // namespace chord::net
