// The two ways of a full table at every node. All nodes hold the same one, so that one copy stands for all of them; the
// messages that keep the copies alike are counted one by one. A message carries as much of a table as a ring state may.
#include <algorithm>

#include "tests/sim/experiments/lookup_options.hpp"
#include "tests/sim/experiments/random_id.hpp"

namespace chord::sim {

namespace {

constexpr std::size_t kMessageBytes = kReplyPeersMax * sizeof(Peer);
constexpr std::uint64_t kExchange = 2;  // a request and its response

struct KeyEntry {
    Id key;
    Peer holder;
};

// Exchanges that carry so many entries from one node to another.
template <typename Entry>
std::uint64_t exchanges(std::size_t entries) {
    constexpr std::size_t kPerMessage = kMessageBytes / sizeof(Entry);
    std::uint64_t sent = 0;
    for (std::size_t told = 0; told < entries; told += kPerMessage) {
        ++sent;
    }
    return sent;
}

// The keys that a node with this id would take over from its successor.
std::size_t keys_taken_by(const Id& joiner, const Population& population) {
    const std::vector<Peer>& members = population.members;
    const std::size_t next = owner_of(members, joiner);
    const Id& before = members[(next + members.size() - 1) % members.size()].id;
    return static_cast<std::size_t>(std::count_if(population.keys.begin(), population.keys.end(),
                                                  [&](const Id& key) { return in_open_closed(key, before, joiner); }));
}

// What a joiner sends and sets off: it takes the whole table from a member, and all members are told what is new.
template <typename Entry>
std::uint64_t join(std::size_t table, std::size_t news, const std::vector<Peer>& members) {
    std::uint64_t messages = exchanges<Entry>(table) * kExchange;
    for (std::size_t told = 0; told < members.size(); ++told) {
        messages += exchanges<Entry>(news) * kExchange;
    }
    return messages;
}

}  // namespace

Population population_of(const MessageWorld& world, std::uint64_t keys, Rng& rng) {
    Population population;
    for (std::size_t host = 0; host < world.devices(); ++host) {
        population.members.push_back(world.node(host).ring().self());
    }
    for (std::uint64_t i = 0; i < keys; ++i) {
        population.keys.push_back(random_id(rng));
    }
    std::sort(population.keys.begin(), population.keys.end());
    return population;
}

std::size_t owner_of(const std::vector<Peer>& members, const Id& point) {
    const auto owner = std::lower_bound(members.begin(), members.end(), point,
                                        [](const Peer& member, const Id& id) { return member.id < id; });
    return owner == members.end() ? 0 : static_cast<std::size_t>(owner - members.begin());
}

LookupCost full_key_index(const Population& population, std::uint64_t lookups, std::uint64_t joins, Rng& rng) {
    std::vector<KeyEntry> table;
    for (const Id& key : population.keys) {
        table.push_back({key, population.members[owner_of(population.members, key)]});
    }
    LookupCost cost;
    cost.entries = static_cast<double>(table.size());
    cost.bytes = static_cast<double>(table.size() * sizeof(KeyEntry));
    std::uint64_t messages = 0;
    for (std::uint64_t i = 0; i < lookups; ++i) {
        const Peer& asker = population.members[rng.below(population.members.size())];
        const Id& wanted = population.keys[rng.below(population.keys.size())];
        const auto entry = std::lower_bound(table.begin(), table.end(), wanted,
                                            [](const KeyEntry& at, const Id& key) { return at.key < key; });
        messages += entry->holder == asker ? 0 : kExchange;
    }
    cost.lookup_messages = static_cast<double>(messages) / static_cast<double>(lookups);
    messages = 0;
    for (std::uint64_t i = 0; i < joins; ++i) {
        messages += join<KeyEntry>(table.size(), keys_taken_by(random_id(rng), population), population.members);
    }
    cost.join_messages = static_cast<double>(messages) / static_cast<double>(joins);
    return cost;
}

LookupCost full_node_index(const Population& population, std::uint64_t lookups, std::uint64_t joins, Rng& rng) {
    const std::vector<Peer>& table = population.members;
    LookupCost cost;
    cost.entries = static_cast<double>(table.size());
    cost.bytes = static_cast<double>(table.size() * sizeof(Peer));
    std::uint64_t messages = 0;
    for (std::uint64_t i = 0; i < lookups; ++i) {
        const std::size_t asker = rng.below(table.size());
        messages += owner_of(table, random_id(rng)) == asker ? 0 : kExchange;
    }
    cost.lookup_messages = static_cast<double>(messages) / static_cast<double>(lookups);
    messages = 0;
    for (std::uint64_t i = 0; i < joins; ++i) {
        messages += join<Peer>(table.size(), 1, table);
    }
    cost.join_messages = static_cast<double>(messages) / static_cast<double>(joins);
    return cost;
}

double moved_on_the_ring(const Population& population, std::uint64_t joins, Rng& rng) {
    std::uint64_t moved = 0;
    for (std::uint64_t i = 0; i < joins; ++i) {
        moved += keys_taken_by(random_id(rng), population);
    }
    return static_cast<double>(moved) / static_cast<double>(joins * population.keys.size());
}

double moved_by_modulo(const Population& population) {
    const std::uint64_t n = population.members.size();
    const auto moved = std::count_if(population.keys.begin(), population.keys.end(),
                                     [n](const Id& key) { return key.words[3] % n != key.words[3] % (n + 1); });
    return static_cast<double>(moved) / static_cast<double>(population.keys.size());
}

}  // namespace chord::sim
