// InitiationFile: the numbers that this node puts into its handshake initiations, so that a recorded one is not
// answered again (net/guard/initiation_log.hpp). Each start has 2^32 of its own.
//
// The file `initiations` in the state directory holds the first number of the latest start. It is 24 bytes, mode 0600:
// "chordin1", the number (64 bits, big-endian), the first 8 bytes of the BLAKE2b-256 of these 16.
//
// Why the clock has a say: a state directory that is restored from an old backup brings old numbers back, which peers
// have seen and refuse. Where the clock is right the first number is at least the time of the start, in seconds times
// 2^32, and so greater than all before it that were made with the clock right. A clock that is wrong can do no harm:
//   - behind, as in 1970: the number still grows by 2^32 a start;
//   - ahead, but before 2072: the same from then on, and 2^30 starts are left, one every second for 34 years;
//   - further ahead than that: it is not believed. Those are the dates of clocks that have lost their battery.
//
// Invariants
//  1. No number is of two starts, wherever the power goes: the file is on disk before the first is used.
//  2. The number in the file never decreases, and a file that is not ours or damaged is never written to.
//  3. A start has no more than 2^32: a handshake each 20 ms for 2.7 years.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "node/core/base/bytes.hpp"
#include "node/host/fault.hpp"

namespace chord::daemon {

inline constexpr std::uint64_t kInitiationsPerStart = std::uint64_t{1} << 32;

/// Seconds since 1970: the clock is not believed from here on (January 2072).
inline constexpr std::uint64_t kClockBelievedBefore = std::uint64_t{3} << 30;

/// The first number of the start after the one whose first number was `latest`, 0 if there was none. A multiple of
/// 2^32, at least `latest` + 2^32; nullopt when there is none left.
std::optional<std::uint64_t> next_first_initiation(std::uint64_t latest, std::uint64_t unix_seconds);

/// The file's content, and the number in it; nullopt for what encode_initiation_file has not written.
Bytes encode_initiation_file(std::uint64_t first);
std::optional<std::uint64_t> decode_initiation_file(BytesView content);

/// The first of the 2^32 numbers that are reserved, on disk, for this start. One process at a time may call it for a
/// directory: the store's lock is held. `unix_seconds`: the wall clock, right or wrong.
OrFault<std::uint64_t> reserve_initiations(const std::string& state_dir, std::uint64_t unix_seconds);

}  // namespace chord::daemon
