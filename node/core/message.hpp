// The vocabulary between nodes: every request and every response, as values. Their bytes are net/WIRE.md's business.
//
// Everything is a request with exactly one response; there are no one-way messages, so that each exchange measures the
// path and proves that the peer lives. All lists are bounded so that every message fits into one datagram.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "node/core/base/bytes.hpp"
#include "node/core/base/id.hpp"
#include "node/core/base/peer.hpp"
#include "node/core/base/result.hpp"
#include "node/core/data/record.hpp"

namespace chord {

inline constexpr std::size_t kSuccessorsMax = 20;   // in a successor list
inline constexpr std::size_t kAlsoAtMax = 4;        // further addresses that a node tells of itself
inline constexpr std::size_t kKnownMax = 8;         // further peers told along with a ring state or a refusal
inline constexpr std::size_t kReplyPeersMax = 21;   // in the two lists of one reply together
inline constexpr std::size_t kCandidatesMax = 8;    // next hops offered by one lookup step
inline constexpr std::size_t kSyncBucketsMax = 16;  // sub-ranges in one reconciliation answer
inline constexpr std::size_t kSyncItemsMax = 16;    // records listed in one reconciliation answer
inline constexpr std::size_t kWatchItemsMax = 16;   // keys in one request to watch

// ---- Requests -----------------------------------------------------------------------------------------------------

/// "Are you alive?" -> Ack, at once, whatever the peer is doing.
struct Ping {
    friend bool operator==(const Ping&, const Ping&) = default;
};

/// "I believe that I am your predecessor" (Chord's notify; the receiver rectifies) -> Ack.
struct Notify {
    /// The sender holds every record of the arc that it owns, so the receiver need no longer stand in for it.
    bool holds_its_arc = false;
    friend bool operator==(const Notify&, const Notify&) = default;
};

/// "What are your predecessor and successor list?" -> StateReply, or StateSame, or Refusal{busy | not_member}.
struct StateQuery {
    /// digest() of the sender's latest state that the asker still has; 0: none. Then StateSame is answer enough.
    std::uint64_t seen = 0;
    /// What the sender, if it is the receiver's predecessor already, would notify it of besides.
    std::optional<Notify> notify = std::nullopt;
    friend bool operator==(const StateQuery&, const StateQuery&) = default;
};

/// "A joiner stands between us: run your stabilize now" -> Ack.
struct Nudge {
    friend bool operator==(const Nudge&, const Nudge&) = default;
};

/// One step of an iterative lookup of the node that precedes `target` -> StepReply or Refusal{not_member}.
struct Step {
    Id target;
    /// How many nodes the reply should name, at most; 0: all that there is room for. Few will do while nobody is
    /// silent; among dead nodes, the nearest few may all be dead.
    std::uint8_t wanted = 0;
    friend bool operator==(const Step&, const Step&) = default;
};

/// "I am leaving; these are my neighbours" (ToN IV-E.4, as hints only) -> Ack.
struct LeaveNotice {
    std::optional<Peer> predecessor;
    std::vector<Peer> successors;
    friend bool operator==(const LeaveNotice&, const LeaveNotice&) = default;
};

/// "This node may belong next to you" (merge hint, PROTOCOL-NOTES 9) -> Ack.
struct Hint {
    Peer candidate;
    std::uint8_t hops_left = 0;
    friend bool operator==(const Hint&, const Hint&) = default;
};

/// "What is under this key?" asked of the key's owner -> ReadReply or Refusal{not_owner | not_member}.
struct Read {
    Id key;
    friend bool operator==(const Read&, const Read&) = default;
};

/// What must stand under the key for a write to take place.
enum class Condition : std::uint8_t { always = 0, if_absent = 1, if_present = 2, if_equal = 3, if_version = 4 };

/// How many of a key's R holders an operation wants: what the node's options say, one, a majority of R, all R; never
/// more than the ring, as last confirmed, has nodes.
enum class Level : std::uint8_t { standard = 0, one = 1, quorum = 2, all = 3 };

/// Names one write of one client through all its repetitions; random. 0: none, it is never repeated.
using OperationId = std::uint64_t;

/// "Write this", asked of the key's owner, which assigns the version -> WriteReply or Refusal.
struct Write {
    Bytes key;
    Bytes value;
    /// Lifetime from the moment of the write; nullopt keeps the record for ever.
    std::optional<Duration> ttl;
    Condition condition = Condition::always;
    Id expected_value{};         // if_equal: hash256() of the value
    Version expected_version{};  // if_version
    bool tombstone = false;      // a delete: value and ttl are empty
    std::uint32_t writer_uid = 0;
    Level level = Level::standard;
    OperationId operation = 0;
    bool repeated = false;  // asked before, perhaps of another owner, and not answered: it may have taken place
    friend bool operator==(const Write&, const Write&) = default;
};

/// "Hold this record", from a key's owner to a replica -> ReplicateReply, once it is durable.
struct Replicate {
    Record record;
    OperationId operation = 0;  // that the record is the outcome of, for whoever is asked about it later
    bool existed = false;       // of that outcome; false without an operation
    friend bool operator==(const Replicate&, const Replicate&) = default;
};

/// "Which version do you hold under this key, and what has become of this operation?", whoever owns the key
/// -> HeadReply. With `durable`, once that version is on disk.
struct HeadQuery {
    Id key;
    OperationId operation = 0;
    bool durable = false;
    friend bool operator==(const HeadQuery&, const HeadQuery&) = default;
};

/// "What do you hold under this key?", whoever owns it -> ReadReply.
struct Fetch {
    Id key;
    friend bool operator==(const Fetch&, const Fetch&) = default;
};

/// "Summarise what you hold in (from, to]" (range-based set reconciliation, PROTOCOL-NOTES 7) -> SyncReply.
struct SyncQuery {
    Id from;
    Id to;
    friend bool operator==(const SyncQuery&, const SyncQuery&) = default;
};

/// "Do you own `target`?" asked of the node that a lookup ended at, or of a finger -> OwnerReply.
struct OwnerQuery {
    Id target;
    friend bool operator==(const OwnerQuery&, const OwnerQuery&) = default;
};

/// "What are your fingers?" asked by a joiner of its successor, whose fingers are nearly its own (ToN 2003, IV-E.1)
/// -> FingersReply.
struct FingersQuery {
    friend bool operator==(const FingersQuery&, const FingersQuery&) = default;
};

/// "I do not reach `peer`: ask it for its state on my behalf" (PROTOCOL-NOTES 12) -> the peer's own StateReply, or
/// Refusal{timeout} if it does not answer the witness either. With `notify`, the witness passes that on as well, as a
/// Vouch.
struct Witness {
    Peer peer;
    std::optional<Notify> notify;
    friend bool operator==(const Witness&, const Witness&) = default;
};

/// "`notifier`, which does not reach you, has just notified you through me" -> StateReply, as to StateQuery.
struct Vouch {
    Peer notifier;
    Notify notify;
    friend bool operator==(const Vouch&, const Vouch&) = default;
};

/// "I can be reached at these addresses": told to its neighbours by a node that has several, in case the one that they
/// know fails -> Ack.
struct AlsoAt {
    std::vector<Endpoint> addresses;  // at most kAlsoAtMax
    friend bool operator==(const AlsoAt&, const AlsoAt&) = default;
};

/// What stands under a key at some instant: a record's version, and whether it is alive. Zero: nothing at all.
struct KeyState {
    Version version;
    bool live = false;
    friend bool operator==(const KeyState&, const KeyState&) = default;
};

struct WatchItem {
    Id key;
    std::optional<KeyState> seen;  // what the watcher was told last; nullopt: it wants what comes from now on
    friend bool operator==(const WatchItem&, const WatchItem&) = default;
};

/// "Tell me what becomes of these keys for a while", asked of their owner, and again before that while is over
/// -> WatchReply.
struct Watch {
    std::vector<WatchItem> items;  // at most kWatchItemsMax
    friend bool operator==(const Watch&, const Watch&) = default;
};

enum class ChangeKind : std::uint8_t { set = 0, deleted = 1, expired = 2 };

/// "This has become of a key that you watch" -> Ack, or Refusal{not_owner} from who does not watch it there.
struct Changed {
    Id key;
    ChangeKind kind = ChangeKind::set;
    Version version;   // of the record set, of the tombstone, of the record that expired; zero: nothing stands there
    KeyState before;   // what it took the place of; the watcher has missed nothing if that is what it was told last
    bool gap = false;  // what lay between is not known any more; `before` says nothing
    Bytes value;       // of what was set
    friend bool operator==(const Changed&, const Changed&) = default;
};

using Request = std::variant<Ping, StateQuery, Notify, Nudge, Step, LeaveNotice, Hint, Read, Write, Replicate, Fetch,
                             SyncQuery, OwnerQuery, Witness, Vouch, FingersQuery, AlsoAt, HeadQuery, Watch, Changed>;

// ---- Responses ----------------------------------------------------------------------------------------------------

struct Ack {
    friend bool operator==(const Ack&, const Ack&) = default;
};

/// The request was understood and not carried out.
struct Refusal {
    Error error = Error::try_again;
    /// With not_member: peers that the refuser knows, so that a joiner can ask on. At most kKnownMax.
    std::vector<Peer> known;
    friend bool operator==(const Refusal&, const Refusal&) = default;
};

/// The ring state of the sender at one instant.
struct StateReply {
    std::optional<Peer> predecessor;
    std::vector<Peer> successors;  // at most kSuccessorsMax, clockwise
    std::vector<Peer> known;       // at most kKnownMax others; hints, never adopted before they answer
    friend bool operator==(const StateReply&, const StateReply&) = default;
};

/// The sender's ring state at this instant is the one whose digest the query named.
struct StateSame {
    friend bool operator==(const StateSame&, const StateSame&) = default;
};

/// Where a lookup's next hop was found: finger i as i, successor i as 256 + i, a node's predecessor as 512.
enum class RouteSource : std::uint16_t {};
inline constexpr std::uint16_t kRouteSourceSuccessor = 256;
inline constexpr std::uint16_t kRouteSourcePredecessor = 512;

struct Candidate {
    Peer peer;
    RouteSource source{};
    friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// `found`: target lies in (sender, successors[0]], so successors[0] owns it and the next ones hold its replicas.
/// Otherwise `successors` are those of the sender that look alive, if they reach to the target: next hops, and who
/// comes after the target if those are dead. If they do not, `candidates` are live-looking nodes in (sender, target),
/// the nearest to target first; may be empty.
struct StepReply {
    bool found = false;
    std::vector<Peer> successors;
    std::vector<Candidate> candidates;
    friend bool operator==(const StepReply&, const StepReply&) = default;
};

/// Whether the target lies in (predecessor, sender], as the sender sees it at this instant.
struct OwnerReply {
    bool owner = false;
    std::optional<Peer> predecessor;
    friend bool operator==(const OwnerReply&, const OwnerReply&) = default;
};

/// The distinct nodes of the sender's finger table, the furthest first; hints, like all that is not about the sender.
struct FingersReply {
    std::vector<Peer> fingers;  // at most kReplyPeersMax
    friend bool operator==(const FingersReply&, const FingersReply&) = default;
};

struct ReadReply {
    std::optional<Record> record;  // tombstones included
    bool complete = false;         // the sender holds every record of an arc around this key: "none" is the truth
    friend bool operator==(const ReadReply&, const ReadReply&) = default;
};

struct WriteReply {
    Version version;
    bool existed = false;      // a live record was there before
    std::uint8_t copies = 0;   // holders that have it on disk, the owner included
    std::uint8_t holders = 0;  // holders that were asked, the owner included
    friend bool operator==(const WriteReply&, const WriteReply&) = default;
};

/// The version that the replica holds now: greater than the one sent when it knew a newer write.
struct ReplicateReply {
    Version version;
    friend bool operator==(const ReplicateReply&, const ReplicateReply&) = default;
};

/// What a holder knows of an operation that it has stored not long ago.
struct WriteOutcome {
    Version version;
    bool existed = false;  // as in WriteReply
    friend bool operator==(const WriteOutcome&, const WriteOutcome&) = default;
};

struct HeadReply {
    std::optional<Version> version;       // of the record held, tombstones included
    bool complete = false;                // as in ReadReply
    std::optional<WriteOutcome> outcome;  // of the operation asked for
    friend bool operator==(const HeadReply&, const HeadReply&) = default;
};

enum class WatchStatus : std::uint8_t { refused = 0, renewed = 1, begun = 2 };

struct Watching {
    WatchStatus status = WatchStatus::refused;  // refused: the sender does not own the key, or does not know it yet
    KeyState state;                             // from which on changes are told
    friend bool operator==(const Watching&, const Watching&) = default;
};

/// For each item of the request, in its order.
struct WatchReply {
    std::vector<Watching> items;  // at most kWatchItemsMax
    friend bool operator==(const WatchReply&, const WatchReply&) = default;
};

/// A fingerprint of the records in one range: BLAKE2b over the sum of their elements and their number.
using Fingerprint = std::array<std::uint8_t, 16>;

struct SyncBucket {
    Id to;  // the bucket is (previous bucket's `to`, or the query's `from`; to]
    std::uint32_t count = 0;
    Fingerprint fingerprint{};
    friend bool operator==(const SyncBucket&, const SyncBucket&) = default;
};

struct SyncItem {
    Id key;
    Version version;
    friend bool operator==(const SyncItem&, const SyncItem&) = default;
};

/// Where the sender of a SyncReply sees itself, by its predecessor at this instant: the owner of the range's end, who
/// writes there; the successor of the asker; or neither.
enum class SyncPlace : std::uint8_t { elsewhere, owner, successor };

/// Either the buckets of a large range (never empty then) or the items of a small one.
struct SyncReply {
    std::vector<SyncBucket> buckets;
    std::vector<SyncItem> items;
    bool complete = false;  // the sender holds every record of the range, but for what nodes before it took since
    SyncPlace place = SyncPlace::elsewhere;
    friend bool operator==(const SyncReply&, const SyncReply&) = default;
};

using Response = std::variant<Ack, Refusal, StateReply, StepReply, ReadReply, WriteReply, ReplicateReply, SyncReply,
                              StateSame, OwnerReply, FingersReply, HeadReply, WatchReply>;

}  // namespace chord
