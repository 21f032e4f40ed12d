#include "net/guard/initiation_counter.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/check.hpp"

namespace chord::net {

InitiationCounter::InitiationCounter(std::uint64_t reserved, Reserve reserve, std::uint64_t block)
    : reserve_(std::move(reserve)), block_(block), last_(reserved), reserved_(reserved) {
    CHORD_CHECK(block > 0 && reserve_ != nullptr);
}

Result<std::uint64_t> InitiationCounter::next() {
    if (last_ == reserved_) {
        if (UINT64_MAX - reserved_ < block_) return Error::overloaded;
        const Status reserved = reserve_(reserved_ + block_);
        if (!reserved) return reserved.error();
        reserved_ += block_;
    }
    return ++last_;
}

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
