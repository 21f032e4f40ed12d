// OtherAddresses: where a node can be reached besides the address that is known of it, as it has said itself (AlsoAt).
// Tried when the known address stays silent, so nothing of it has to be true: whoever is there proves itself. Where
// another one has answered, it is asked first for a while: cards with the silent address go on coming from others, for
// whom it may be the right one.
//
// Invariants
//  1. At most kNodes nodes of each kind, the latest ones; at most kAlsoAtMax addresses each.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

class OtherAddresses {
public:
    static constexpr std::size_t kNodes = 64;
    static constexpr Duration kInsteadFor = std::chrono::minutes(1);

    /// In place of what was told before. REQUIRES: at most kAlsoAtMax.
    void tell(const Id& node, std::vector<Endpoint> addresses);

    /// The n-th other address of the node, over and over; nullopt if it has none but `known`.
    std::optional<Endpoint> other(const Id& node, const Endpoint& known, std::size_t n) const;

    /// The node was asked at the address `known` and has answered at `answered`, the same or another.
    void note_answer(const Id& node, const Endpoint& known, const Endpoint& answered, Time now);

    /// Where to ask instead of at the address `known`, which was silent; nullopt if that may well answer.
    std::optional<Endpoint> instead_of(const Id& node, const Endpoint& known, Time now) const;

private:
    struct Instead {
        Id node;
        Endpoint known;
        Endpoint answered;
        Time until;
    };

    std::vector<std::pair<Id, std::vector<Endpoint>>> told_;  // the latest last; so few that a search is as quick
    std::vector<Instead> instead_;                            // likewise
};

}  // namespace chord::net
