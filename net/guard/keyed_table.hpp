// KeyedTable: a little state for each of many remote parties, in memory that is allocated once and never grows.
//
// Set-associative, as a processor's cache: a name may stand in eight places, which its SipHash-2-4 under a secret of
// this table chooses. If all eight are taken, the least worth remembering makes room; what that is, the caller says.
//
// Invariants
//  1. bytes() is constant.
//  2. Nobody who does not know the secret can aim at the places of a certain name: to push one out by chance takes
//     about as many names that are worth more as the table has entries.
//  3. A place holds the 64-bit hash and not the name. Two names of n are taken for one with probability n^2 / 2^65.
#pragma once

#include <sodium.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "node/core/base/check.hpp"

namespace chord::net {

/// Random bytes, made anew at every start and never told.
using TableSecret = std::array<std::uint8_t, crypto_shorthash_KEYBYTES>;

template <typename State>
class KeyedTable {
public:
    static constexpr std::size_t kWays = 8;

    /// Room for `entries_min` entries, rounded up to eight times a power of two. REQUIRES: entries_min > 0.
    KeyedTable(std::size_t entries_min, const TableSecret& secret)
        : secret_(secret), entries_(kWays * std::bit_ceil((entries_min + kWays - 1) / kWays)) {
        CHORD_CHECK(entries_min > 0);
    }

    /// The state of `name`, or nullptr; valid until the next call of find_or_make().
    State* find(std::span<const std::uint8_t> name) {
        Entry* const entry = find_entry(hash_of(name));
        return entry == nullptr ? nullptr : &entry->state;
    }

    /// The state of `name`; State{} when it has none yet, and then, in a full set, in the place of the entry for which
    /// `worth(state)` is least. Valid until the next call.
    template <typename Worth>
    State& find_or_make(std::span<const std::uint8_t> name, Worth worth) {
        const std::uint64_t hash = hash_of(name);
        if (Entry* const known = find_entry(hash)) return known->state;
        const std::span<Entry> set = set_of(hash);
        Entry* place = &set.front();
        for (Entry& entry : set) {
            if (entry.hash == kEmpty) {
                place = &entry;
                break;
            }
            if (worth(entry.state) < worth(place->state)) place = &entry;
        }
        *place = Entry{hash, State{}};
        return place->state;
    }

    void erase(std::span<const std::uint8_t> name) {
        if (Entry* const entry = find_entry(hash_of(name))) *entry = Entry{};
    }

    std::size_t entries_max() const { return entries_.size(); }
    std::size_t bytes() const { return entries_.size() * sizeof(Entry); }

private:
    static constexpr std::uint64_t kEmpty = 0;

    struct Entry {
        std::uint64_t hash = kEmpty;
        State state{};
    };

    std::uint64_t hash_of(std::span<const std::uint8_t> name) const {
        std::uint64_t hash = 0;
        static_assert(sizeof hash == crypto_shorthash_BYTES);
        crypto_shorthash(reinterpret_cast<unsigned char*>(&hash), name.data(), name.size(), secret_.data());
        return hash == kEmpty ? 1 : hash;
    }

    std::span<Entry> set_of(std::uint64_t hash) {
        const std::size_t sets = entries_.size() / kWays;
        return std::span(entries_).subspan(static_cast<std::size_t>(hash % sets) * kWays, kWays);
    }

    Entry* find_entry(std::uint64_t hash) {
        for (Entry& entry : set_of(hash)) {
            if (entry.hash == hash) return &entry;
        }
        return nullptr;
    }

    TableSecret secret_;
    std::vector<Entry> entries_;
};

}  // namespace chord::net
