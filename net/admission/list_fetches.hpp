// ListFetches: from whom the fleet's list is fetched when somebody names a greater number than this node's.
//
// One fetch at a time will do, as long as it gets on: another one, from somebody else, begins when the latest has been
// running for kHeadStart. So a slow or lying peer costs its own fetch, and the others a few seconds.
//
// Invariants
//  1. At most kAtOnce fetches and kOffersMax offers, one a peer; no fetch lasts longer than kFetchFor.
//  2. Who failed is not asked again for kShunnedFor, who was silent for kSilentFor. At most kShunnedMax are remembered,
//  the latest.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "net/admission/list_exchange.hpp"
#include "node/core/base/peer.hpp"
#include "node/core/base/time.hpp"

namespace chord::net::admission {

class ListFetches {
public:
    static constexpr std::size_t kAtOnce = 3;
    static constexpr std::size_t kOffersMax = 8;
    static constexpr std::size_t kShunnedMax = 32;
    static constexpr Duration kHeadStart = std::chrono::seconds(3);
    static constexpr Duration kFetchFor = std::chrono::seconds(20);
    static constexpr Duration kShunnedFor = std::chrono::minutes(10);
    static constexpr Duration kSilentFor = std::chrono::seconds(30);

    /// `peer` says that it has the list `number`. REQUIRES: it is newer than this node's.
    void offered(const Peer& peer, std::uint32_t number, Time now);

    struct Question {
        Peer peer;
        std::uint32_t offset = 0;
    };
    /// A fetch to begin now; nullopt: none. `own`: the number of this node's list. REQUIRES: next_deadline() has come,
    /// or something was offered, taken or failed.
    std::optional<Question> begin(std::uint32_t own, Time now);

    /// The answer of that peer: what to ask it next; nullopt when it has no more to say. `whole` is the list then, if
    /// it has come whole.
    std::optional<Question> take(const Id& peer, const ListSlice& slice, std::vector<std::uint8_t>& whole, Time now);

    /// What the peer gave was no newer list; or it did not answer, which may be the path's fault.
    void failed(const Id& peer, Time now) { shun(peer, now + kShunnedFor); }
    void silent(const Id& peer, Time now) { shun(peer, now + kSilentFor); }

    bool is_shunned(const Id& peer, Time now) const;

    /// When begin() may have more to do; kNever without offers.
    Time next_deadline() const;

private:
    struct Offer {
        Peer peer;
        std::uint32_t number = 0;
    };
    struct Fetch {
        Peer peer;
        ListFetch parts;
        Time began{};
    };
    struct Shunned {
        Id peer;
        Time until{};
    };

    std::vector<Fetch>::iterator find(const Id& peer);
    void shun(const Id& peer, Time until);

    std::vector<Offer> offers_;     // oldest first
    std::vector<Fetch> fetches_;    // oldest first
    std::vector<Shunned> shunned_;  // oldest first
};

}  // namespace chord::net::admission
