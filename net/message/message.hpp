// The words that the parts of net/message share: priorities, handles, options, what comes out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "net/message/byte_budget.hpp"
#include "node/core/base/peer.hpp"
#include "node/core/base/result.hpp"
#include "node/core/base/time.hpp"
#include "node/core/network.hpp"

namespace chord::net {

using chord::Priority;
inline constexpr std::size_t kPriorities = 2;

/// A message that is being sent, for the one who sends it; never on the wire, never used twice.
enum class SendHandle : std::uint64_t {};

/// The plaintext of one datagram, to be sent under the session with `to`.
struct OutgoingFrame {
    Peer to;
    std::vector<std::uint8_t> plaintext;
    bool unheard = false;  // nothing has come back for some timeouts: the peer may know of no session any more
    bool answer = false;   // to what has come: the peer takes it from the address only that it has sent that to
};

/// A whole message has come. It may come twice (the memory of completed ones is bounded): who minds has request ids.
struct MessageDelivered {
    Peer from;
    std::vector<std::uint8_t> bytes;
};

/// A message that was sent is over. Success: the peer has all of it. Errors: timeout (no answer to any repetition; the
/// peer may have got it), too_big (over the peer's limit), overloaded (no room there, asked several times), and what
/// forget() was given.
struct MessageEnded {
    SendHandle handle{};
    Peer to;
    Status status = Success{};
};

using MessageEvent = std::variant<MessageDelivered, MessageEnded>;

inline constexpr std::size_t kMessageBytesDefault = 64 * 1024 + 8 * 1024;  // a value of 64 KiB, its key, its record
inline constexpr std::size_t kMessageBytesMax = 1024 * 1024 + 8 * 1024;    // the most that message_bytes_max may be
inline constexpr std::size_t kMessagesPerPeer = 4;                         // under way at once from one node to another
inline constexpr std::size_t kBackgroundPerPeer = 2;                       // of these

struct ReassemblyOptions {
    std::size_t message_bytes_max = kMessageBytesDefault;
    std::size_t messages_max = 64;                          // of all peers, incomplete
    std::size_t peer_bytes_max = 2 * kMessageBytesDefault;  // that the incomplete messages of one may get to
    std::size_t node_bytes_max = 4 * 1024 * 1024;           // that those of all may get to
    Duration idle_timeout = std::chrono::seconds(5);        // without any fragment of the message
    Duration completed_for = std::chrono::seconds(30);      // remembered, so that repetitions are acked
    std::size_t completed_max = 256;
};

struct MessageOptions {
    std::uint32_t first_message_id = 1;  // must differ from run to run (random in the daemon, seeded in simulation)
    std::size_t datagram_overhead = 32;  // bytes that the channel adds to a plaintext: header and tag
    Duration first_timeout = std::chrono::milliseconds(500);  // before the path is measured
    Duration timeout_floor = std::chrono::milliseconds(50);
    Duration timeout_ceiling = std::chrono::seconds(3);
    int timeouts_max = 6;                            // in a row, then the messages to the peer have failed
    std::size_t peers_max = 256;                     // whose paths are remembered; > 2 * in_flight_messages_max
    std::size_t queued_max = 256;                    // messages that wait for their turn
    std::size_t queued_bytes_max = 4 * 1024 * 1024;  // of all messages that have not ended; >= message_bytes_max
    std::size_t in_flight_messages_max = 16;         // PROTOCOL-NOTES 11, the lesson of STP
    std::size_t background_messages_max = 4;         // of these; < in_flight_messages_max
    std::size_t in_flight_bytes_max = 256 * 1024;    // of all peers; also the bound of each window
    ByteRate background_rate{};      // of all peers; at least a datagram in 2 s, or the peer forgets what it has
    ReassemblyOptions reassembly{};  // its message_bytes_max holds for what is sent too
};

/// Monotonic counters.
struct MessageCounters {
    std::uint64_t sent = 0, delivered = 0, failed = 0;                        // messages
    std::uint64_t tx_fragments = 0, rx_fragments = 0, retransmitted = 0;      // fragments
    std::uint64_t tx_foreground_bytes = 0, tx_background_bytes = 0;           // UDP payloads with fragments
    std::uint64_t lost = 0, timeouts = 0, persistent_congestion = 0;          // as the sender believes
    std::uint64_t probes = 0, black_holes = 0, restarted = 0, forgotten = 0;  // path MTU; messages sent anew
    std::uint64_t duplicates = 0, refused = 0, expired = 0;                   // of the receiver
    std::uint64_t drops_malformed = 0, drops_contradictory = 0, drops_unexpected = 0, drops_overloaded = 0;
};

}  // namespace chord::net
