#include "net/other_addresses.hpp"

#include <algorithm>
#include <iterator>

#include "node/core/base/check.hpp"
#include "node/core/message.hpp"

namespace chord::net {

void OtherAddresses::tell(const Id& node, std::vector<Endpoint> addresses) {
    CHORD_CHECK(addresses.size() <= kAlsoAtMax);
    std::erase_if(told_, [&](const auto& told) { return told.first == node; });
    if (addresses.empty()) return;
    if (told_.size() == kNodes) told_.erase(told_.begin());
    told_.emplace_back(node, std::move(addresses));
}

std::optional<Endpoint> OtherAddresses::other(const Id& node, const Endpoint& known, std::size_t n) const {
    const auto told = std::find_if(told_.begin(), told_.end(), [&](const auto& each) { return each.first == node; });
    if (told == told_.end()) return std::nullopt;
    std::vector<Endpoint> others;
    std::copy_if(told->second.begin(), told->second.end(), std::back_inserter(others),
                 [&](const Endpoint& address) { return address != known && names_a_place(address); });
    return others.empty() ? std::nullopt : std::optional(others[n % others.size()]);
}

void OtherAddresses::note_answer(const Id& node, const Endpoint& known, const Endpoint& answered, Time now) {
    if (instead_.empty() && known == answered) return;  // nearly always
    const auto same = [&](const Instead& each) { return each.node == node && each.known == known; };
    const auto noted = std::find_if(instead_.begin(), instead_.end(), same);
    if (noted != instead_.end()) {
        if (noted->answered == answered && now < noted->until) return;  // until then the known one is not asked
        instead_.erase(noted);
    }
    if (known == answered) return;
    if (instead_.size() == kNodes) instead_.erase(instead_.begin());
    instead_.push_back({node, known, answered, now + kInsteadFor});
}

std::optional<Endpoint> OtherAddresses::instead_of(const Id& node, const Endpoint& known, Time now) const {
    const auto noted = std::find_if(instead_.begin(), instead_.end(), [&](const Instead& each) {
        return each.node == node && each.known == known && now < each.until;
    });
    return noted == instead_.end() ? std::nullopt : std::optional(noted->answered);
}

}  // namespace chord::net
