// lookup_options: the four ways to find a node that textbooks list, and what each of them costs when it is really done:
// tables are built and searched, pointers walked, nodes asked. Nothing here comes from a formula.
#pragma once

#include "node/core/base/peer.hpp"
#include "node/core/base/rng.hpp"
#include "tests/sim/message_world.hpp"

namespace chord::sim {

/// Means, a node or a lookup or a join. A request and its response are two messages.
struct LookupCost {
    double entries = 0, bytes = 0;  // of what a lookup reads at its node
    double fingers = 0;             // of the entries
    double hops = 0;                // nodes asked before the one that owns the key is known
    double lookup_messages = 0;     // until the owner has answered
    double join_messages = 0;       // until all who must know of the joiner do, and it knows what it must
};

/// Who stands on the ring, and what is stored there.
struct Population {
    std::vector<Peer> members;  // clockwise, as the hosts of the world
    std::vector<Id> keys;       // ascending
};

Population population_of(const MessageWorld& world, std::uint64_t keys, Rng& rng);
/// Which member owns the point.
std::size_t owner_of(const std::vector<Peer>& members, const Id& point);

/// Every node knows the holder of every key.
LookupCost full_key_index(const Population& population, std::uint64_t lookups, std::uint64_t joins, Rng& rng);
/// Every node knows every node.
LookupCost full_node_index(const Population& population, std::uint64_t lookups, std::uint64_t joins, Rng& rng);
/// Every node knows the one before and the one after it: a walk along the successors of the real nodes.
LookupCost neighbors_only(const MessageWorld& world, std::uint64_t lookups, std::uint64_t joins, Rng& rng);
/// Finger tables: the real node, with real lookups and real joins. `world` stands as placed, and is used up.
LookupCost finger_tables(MessageWorld& world, std::uint64_t lookups, std::uint64_t seed);

/// Messages that a join sets off in a ring where nothing else is sent.
double messages_per_join(std::uint64_t nodes, std::uint64_t joins, std::uint64_t seed);
/// Messages that a join costs a ring in operation, beyond those of the same ring where nobody joins: the neighbours
/// look after each other more often for a while.
double messages_per_join_in_operation(std::uint64_t nodes, std::uint64_t joins, std::uint64_t seed);

/// Shares of the keys that get another owner when one node joins: on the ring, and by hash(key) mod N.
double moved_on_the_ring(const Population& population, std::uint64_t joins, Rng& rng);
double moved_by_modulo(const Population& population);

}  // namespace chord::sim
