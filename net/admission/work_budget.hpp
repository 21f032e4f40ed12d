// WorkBudget: how often public-key work or a disk is set going at the request of others, in all and by one of them, so
// that one who asks without end leaves room for the rest.
//
// Invariants
//  1. At most kAll in all, kEach by one.
//  2. Whose own share is used up costs the rest nothing. At most kAskersMax are remembered, each until its share is
//  full
//     again; kAll lets no more in within that time.
#pragma once

#include <algorithm>
#include <vector>

#include "net/guard/token_bucket.hpp"
#include "node/core/base/id.hpp"

namespace chord::net::admission {

class WorkBudget {
public:
    static constexpr Rate kAll{std::chrono::milliseconds(200), 20};
    static constexpr Rate kEach{std::chrono::seconds(1), 2};
    static constexpr std::size_t kAskersMax = 32;
    static_assert(kAll.burst + kEach.burst * kEach.interval / kAll.interval < static_cast<int>(kAskersMax));

    /// Whether the work may be done now; then it is charged.
    bool take(const Id& asker, Time now) {
        std::erase_if(askers_, [now](const Asker& one) { return one.share.full_at() <= now; });
        auto one = std::find_if(askers_.begin(), askers_.end(), [&](const Asker& each) { return each.id == asker; });
        if (one == askers_.end() && askers_.size() == kAskersMax) return false;
        Asker charged = one == askers_.end() ? Asker{asker, {}} : *one;
        if (!charged.share.take(kEach, now) || !all_.take(kAll, now)) return false;
        if (one == askers_.end()) {
            askers_.push_back(charged);
        } else {
            *one = charged;
        }
        return true;
    }

private:
    struct Asker {
        Id id;
        TokenBucket share;
    };

    TokenBucket all_;
    std::vector<Asker> askers_;
};

}  // namespace chord::net::admission
