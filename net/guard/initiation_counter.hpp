// The counter in each initiation, so that a recorded one is not answered again. WireGuard uses the wall clock for it
// (TAI64N, NDSS 2017, section 5.1); devices have none, so it is a number kept on disk that only grows: each start
// of the node has 2^32 numbers of its own (boot counter and sequence in one, PROTOCOL-NOTES 10.3).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "net/guard/keyed_table.hpp"
#include "node/core/base/result.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

/// The sender's side. One counter serves all peers.
///
/// Invariants
///  1. No number is ever returned twice, wherever the process is killed: numbers are reserved on disk by the block
///     before the first of a block is used, and what is left of a block at the end of the process is never used.
///  2. With the default block a process writes once: at its first initiation.
///
/// A disk restored from an old copy brings old numbers back: peers that remember greater ones refuse this node's
/// initiations until it has started as often again. It can still be reached by theirs.
class InitiationCounter {
public:
    static constexpr std::uint64_t kBlock = std::uint64_t{1} << 32;

    /// Makes durable that all numbers up to `last` are reserved; only then returns success.
    using Reserve = std::function<Status(std::uint64_t last)>;

    /// `reserved`: what is stored, 0 at the very first start. REQUIRES: block > 0.
    InitiationCounter(std::uint64_t reserved, Reserve reserve, std::uint64_t block = kBlock);

    /// The next number; 0 is never returned. Errors: those of Reserve, after which a later call tries again; overloaded
    /// when no block is left (after 2^32 starts).
    Result<std::uint64_t> next();

private:
    Reserve reserve_;
    std::uint64_t block_;
    std::uint64_t last_;      // returned
    std::uint64_t reserved_;  // numbers up to this one, on disk
};

/// The receiver's side: the greatest number seen from each initiator.
///
/// Memory is fixed, 24 bytes an entry. When it is full the initiator heard longest ago is forgotten (of the eight that
/// share its set; give the table twice the entries that it must not forget). Then, as after a restart, one
/// recorded initiation of it passes, once. Who replays it gets a response that he cannot read and a read-only request
/// carried out whose answer he cannot read (no first message may ask for more), and holds an unconfirmed place in the
/// SessionTable. A peer record on disk can give the number back: remember().
class InitiationLog {
public:
    enum class Verdict : std::uint8_t {
        fresh,
        replayed,  // the number is not greater than all before it
        too_soon,  // within kPause of the last one; the next retransmission will pass
    };

    /// Initiations of one peer are at least this far apart (WireGuard, section 6.5's flood bound).
    static constexpr Duration kPause = std::chrono::milliseconds(20);

    using InitiatorKey = std::array<std::uint8_t, 32>;

    InitiationLog(std::size_t initiators_max, const TableSecret& secret) : seen_(initiators_max, secret) {}

    /// Takes note of the number if it is fresh. REQUIRES: the initiation is authentic, i.e. its static key and this
    /// number have been decrypted; else a stranger could lock a peer out.
    Verdict accept(const InitiatorKey& initiator, std::uint64_t number, Time now);

    /// `number` was seen in an earlier life of this node.
    void remember(const InitiatorKey& initiator, std::uint64_t number, Time now);

    /// The greatest number seen, for the peer record.
    std::optional<std::uint64_t> greatest(const InitiatorKey& initiator);

    std::size_t bytes() const { return seen_.bytes(); }

private:
    struct Seen {
        std::uint64_t greatest = 0;  // 0: none yet
        Time at{};
    };

    KeyedTable<Seen> seen_;
};

}  // namespace chord::net
