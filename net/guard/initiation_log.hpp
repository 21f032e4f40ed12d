// InitiationLog: which initiations have come, so that a recorded one is not answered again. WireGuard uses the wall
// clock for it (TAI64N, NDSS 2017, section 5.1); devices have none, so each initiation has a number that only grows,
// over restarts too (boot counter and sequence in one, PROTOCOL-NOTES 10.3; node/daemon/initiation_file.hpp).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "net/guard/keyed_table.hpp"
#include "node/core/base/result.hpp"
#include "node/core/base/time.hpp"

namespace chord::net {

/// The greatest number seen from each initiator.
///
/// Memory is fixed, 24 bytes an entry. When it is full the initiator heard longest ago is forgotten (of the eight that
/// share its set; give the table twice the entries that it must not forget). Then, as after a restart, one
/// recorded initiation of it passes, once: who replays it gets a response that he cannot read, and holds an unconfirmed
/// place in the SessionTable.
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
