#include "net/admission/list_fetches.hpp"

#include <algorithm>

namespace chord::net::admission {

std::vector<ListFetches::Fetch>::iterator ListFetches::find(const Id& peer) {
    return std::find_if(fetches_.begin(), fetches_.end(), [&](const Fetch& fetch) { return fetch.peer.id == peer; });
}

void ListFetches::offered(const Peer& peer, std::uint32_t number, Time now) {
    if (is_shunned(peer.id, now) || find(peer.id) != fetches_.end()) return;
    std::erase_if(offers_, [&](const Offer& offer) { return offer.peer.id == peer.id; });
    if (offers_.size() == kOffersMax) return;
    offers_.push_back(Offer{peer, number});
}

std::optional<ListFetches::Question> ListFetches::begin(std::uint32_t own, Time now) {
    std::vector<Id> over;
    for (const Fetch& fetch : fetches_) {
        if (now - fetch.began >= kFetchFor) over.push_back(fetch.peer.id);
    }
    for (const Id& peer : over) silent(peer, now);
    std::erase_if(offers_, [own](const Offer& offer) { return offer.number <= own; });
    const bool patient = !fetches_.empty() && now - fetches_.back().began < kHeadStart;
    if (offers_.empty() || patient || fetches_.size() == kAtOnce) return std::nullopt;
    const Offer offer = offers_.front();
    offers_.erase(offers_.begin());
    fetches_.push_back(Fetch{offer.peer, {}, now});
    return Question{offer.peer, 0};
}

std::optional<ListFetches::Question> ListFetches::take(const Id& peer, const ListSlice& slice,
                                                       std::vector<std::uint8_t>& whole, Time now) {
    const auto fetch = find(peer);
    if (fetch == fetches_.end()) return std::nullopt;
    const Result<bool> taken = fetch->parts.take(slice);
    if (!taken) {
        failed(peer, now);
        return std::nullopt;
    }
    if (!*taken) return Question{fetch->peer, fetch->parts.wanted()};
    whole.assign(fetch->parts.bytes().begin(), fetch->parts.bytes().end());
    fetches_.erase(fetch);
    return std::nullopt;
}

void ListFetches::shun(const Id& peer, Time until) {
    const auto fetch = find(peer);
    if (fetch != fetches_.end()) fetches_.erase(fetch);
    std::erase_if(shunned_, [&](const Shunned& one) { return one.peer == peer; });
    if (shunned_.size() == kShunnedMax) shunned_.erase(shunned_.begin());
    shunned_.push_back(Shunned{peer, until});
}

bool ListFetches::is_shunned(const Id& peer, Time now) const {
    return std::any_of(shunned_.begin(), shunned_.end(),
                       [&](const Shunned& one) { return one.peer == peer && now < one.until; });
}

Time ListFetches::next_deadline() const {
    Time next = kNever;
    for (const Fetch& fetch : fetches_) next = std::min(next, fetch.began + kFetchFor);
    if (!offers_.empty() && fetches_.size() < kAtOnce) {
        next = std::min(next, fetches_.empty() ? Time{} : fetches_.back().began + kHeadStart);
    }
    return next;
}

}  // namespace chord::net::admission
