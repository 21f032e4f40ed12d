// How a FleetList travels: in slices, from one peer at a time, and the greater number wins.
//
// It is not gossip: when to ask whom is the caller's (a heartbeat that names a greater number).
//
// Invariants
//  1. The number kept never falls, and what is kept was signed by the fleet key.
//  2. A fetch holds at most kFleetListBytesMax bytes, and slices of one peer and number are never mixed with others:
//     a peer that lies wastes its own fetch only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "net/admission/fleet_list.hpp"
#include "node/core/base/id.hpp"

namespace chord::net::admission {

inline constexpr std::size_t kListSliceBytesMax = 1024;  // with its header it fits into one datagram

/// A slice of the list `number`, whose whole length is `total`.
struct ListSlice {
    std::uint32_t number = 0;
    std::uint32_t total = 0;
    std::uint32_t offset = 0;
    std::vector<std::uint8_t> bytes;
};

/// The list that this node goes by, with its bytes for others.
class ListKeeper {
public:
    explicit ListKeeper(const VerifyKey& fleet_key) : fleet_key_(fleet_key) {}

    const FleetList& list() const { return list_; }
    /// For the disk; empty when there is none yet.
    View bytes() const { return bytes_; }

    /// Takes the list over if it is newer than the one kept, else leaves everything as it is: true when it did.
    /// One signature check. Errors: those of read_list(); condition_failed for a newer one that was issued after
    /// `latest`.
    Result<bool> offer(View bytes, Seconds latest = kSecondsMax);

    /// At most kListSliceBytesMax bytes from `offset` on; no bytes at or beyond the end, or while there is no list.
    ListSlice slice(std::uint32_t offset) const;

private:
    VerifyKey fleet_key_;
    FleetList list_;
    std::vector<std::uint8_t> bytes_;
};

/// One fetch from one peer, slice after slice.
class ListFetch {
public:
    /// Where the next slice begins.
    std::uint32_t wanted() const { return static_cast<std::uint32_t>(bytes_.size()); }

    /// Appends the slice; true when the list is whole. A slice of another number starts afresh if it begins at 0 (the
    /// peer got a newer list meanwhile). Errors: bad_message for a slice that is empty, oversized, not the wanted one
    /// or that contradicts earlier ones; give the fetch up then.
    Result<bool> take(const ListSlice& slice);

    /// What was fetched, for ListKeeper::offer().
    View bytes() const { return bytes_; }

private:
    std::uint32_t number_ = 0;
    std::uint32_t total_ = 0;
    std::vector<std::uint8_t> bytes_;
};

}  // namespace chord::net::admission
