// Record: what is stored under a key, and the limits of what can be.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "node/core/base/bytes.hpp"
#include "node/core/base/time.hpp"

namespace chord {

/// Which write wins: the hybrid logical clock's reading (48 bits of milliseconds, 16 of counter), then the first 64
/// bits of the owner's id. Zero is smaller than every version ever assigned (DESIGN 5).
struct Version {
    std::uint64_t clock = 0;
    std::uint64_t node = 0;

    friend auto operator<=>(const Version&, const Version&) = default;
};

/// No clock reading is above this (the year 6429), so that the next one never wraps round. Greater ones are malformed.
inline constexpr std::uint64_t kVersionClockMax = (std::uint64_t{1} << 63) - 1;

/// One version of one key. A deleted key is a record too: a tombstone with an empty value.
struct Record {
    Bytes key;
    Bytes value;
    Version version;
    /// Node time at which the holder forgets it; kNever without a TTL. On the wire this is the time that remains.
    Time expires = kNever;
    std::uint32_t writer_uid = 0;
    bool tombstone = false;
    /// What stood under the key when the owner that wrote this took the key over: everything up to it was seen before
    /// this was written. Zero when nothing stood; equal to `version` when the owner could not know (conflict_log.hpp).
    Version base;

    friend bool operator==(const Record&, const Record&) = default;
};

/// What reconciliation needs of a record; read without touching key and value.
struct RecordHead {
    Version version;
    Time expires = kNever;
    std::uint32_t value_size = 0;
    bool tombstone = false;
};

inline constexpr std::size_t kKeyBytesMax = 4096;
/// What a node takes at the most; what it lets clients write is NodeOptions::value_bytes_max.
inline constexpr std::size_t kValueBytesMax = 1024 * 1024;
inline constexpr std::size_t kValueBytesDefault = 64 * 1024;

}  // namespace chord
