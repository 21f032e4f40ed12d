// The ring checker: Zave's invariants over a snapshot of all live nodes (PROTOCOL-NOTES 2.2 and 2.3). A pure function;
// the walkers and the datagram simulator ask it after every event.
//
// It knows which nodes live, which no node can know; nothing here is used by the product.
//
// Deviations from the papers, for rings that are smaller than the list (PROTOCOL-NOTES 2.6)
//  1. A member without successors is a ring of one: its own best successor.
//  2. The only member there is needs no live successor.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/core/base/id.hpp"
#include "node/core/ring/ring_state.hpp"

namespace chord::sim {

/// One live node as the checker sees it. A live node that is not (or no longer) a member holds no pointers that count,
/// and an entry that names it counts as dead.
struct RingView {
    Id self;
    bool member = false;
    std::optional<Id> predecessor;
    std::vector<Id> successors;

    /// Takes the state over; returns whether anything differs from before.
    bool update(const RingState& ring, bool is_member);

    friend bool operator==(const RingView&, const RingView&) = default;
};

enum class Rule : std::uint8_t {
    no_duplicates,            // local: no id twice in self :: successors
    ordered_successor_lists,  // local: clockwise, never past self
    one_live_successor,       // every member has a live entry
    at_least_one_ring,
    at_most_one_ring,
    ordered_ring,           // the ring winds round once
    connected_appendages,   // every member reaches a ring
    sufficient_principals,  // at least r + 1; told by the caller, who knows whether the premise holds
};
inline constexpr std::size_t kRules = 8;

/// Zave's name of the rule: "OneLiveSuccessor".
std::string_view name(Rule rule);

struct Violation {
    Rule rule{};
    Id node;           // where it shows
    std::string text;  // one line for people
};

struct RingReport {
    std::vector<Violation> violations;
    std::size_t members = 0;
    std::size_t principals = 0;  // members skipped by no member (Zave 2017)
    std::size_t rings = 0;

    bool holds(Rule rule) const;
};

/// The rules that each node alone can keep; appends what is broken.
void check_node(const RingView& node, RingReport& report);

/// O(n r log n). REQUIRES: ids of `live` are distinct.
RingReport check_ring(std::span<const RingView> live);

/// Every live node is a member, its list is exactly the next min(length_max, n - 1) members and its predecessor the one
/// before it (none in a ring of one).
bool is_ideal(std::span<const RingView> live, std::size_t length_max);

}  // namespace chord::sim
