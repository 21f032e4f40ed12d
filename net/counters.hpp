// RpcCounters: what a node sent, received and dropped, for people and for tests. Monotonic.
#pragma once

#include <cstdint>

namespace chord::net {

struct RpcCounters {
    std::uint64_t tx_datagrams = 0, tx_bytes = 0, rx_datagrams = 0, rx_bytes = 0;
    std::uint64_t retransmissions = 0, timeouts = 0, duplicates = 0, working = 0;
    std::uint64_t answers = 0;            // that calls waited for
    std::uint64_t answers_unproven = 0;   // long ones kept back from an address where the peer has not been reached
    std::uint64_t handshakes_opened = 0;  // first messages sent
    std::uint64_t handshakes_done = 0;    // sessions made, by either side
    std::uint64_t cookies_sent = 0;       // under load
    std::uint64_t drops_truncated = 0, drops_oversized = 0, drops_version = 0, drops_malformed = 0,
                  drops_unexpected = 0, drops_overloaded = 0, drops_own = 0;
    std::uint64_t drops_stranger = 0;  // handshakes by nobody who has the network key
    std::uint64_t drops_session = 0;   // forged, or under a session that is over or was made before a restart
    std::uint64_t drops_replayed = 0;  // came before
    std::uint64_t drops_load = 0;      // handshakes of a source that wants too many
};

}  // namespace chord::net
