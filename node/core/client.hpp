// Client: what a node offers to the programs on its device. node/api speaks RESP in front of it.
//
// Every operation ends by exactly one call of its callback, possibly before the call returns. Deadlines are the node's
// own: Error::timeout after NodeOptions::operation_timeout at the latest.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/core/base/result.hpp"
#include "node/core/base/time.hpp"
#include "node/core/data/conflict_log.hpp"
#include "node/core/data/record.hpp"
#include "node/core/data/store.hpp"
#include "node/core/message.hpp"

namespace chord {

/// What a read found, and who said so.
struct Found {
    std::optional<Record> record;  // nullopt: there is none
    Peer served_by;                // the holder whose record this is
    std::uint8_t agree = 1;        // holders that said the same, this one included
    std::uint8_t answers = 1;      // holders that said anything
};

struct ReadOptions {
    /// standard: the owner's answer, or its replicas' when it is silent. one: any holder's, which may be old. quorum
    /// and all: the newest of what so many holders have.
    Level level = Level::standard;
    /// Nothing older is an answer before `at_least_until`; zero: anything is. For what the asker has seen or written,
    /// and the end of its life.
    Version at_least{};
    Time at_least_until = kNever;
};

/// Names one watch of this node's.
enum class WatchId : std::uint64_t {};

/// What has become of a watched key. resync: something may have been missed before this; what stands now, if it is
/// something else than what was told last, follows.
struct WatchEvent {
    enum class Kind : std::uint8_t { set, deleted, expired, resync };
    Kind kind = Kind::set;
    Version version;  // of what stands, or of the record that expired
    Bytes value;      // of what was set
};
using WatchListener = std::function<void(const WatchEvent&)>;

enum class Phase : std::uint8_t { joining, solo, member, leaving, gone };

/// One asked node of a lookup, in the order of asking.
struct LookupHop {
    Peer peer;
    RouteSource source{};         // how the node before it knew it
    std::optional<Duration> rtt;  // nullopt: no answer in time
};

struct LookupTrace {
    std::vector<LookupHop> hops;  // the asked nodes; empty when this node knows the owner itself
    std::vector<Peer> holders;    // the owner, then its replicas
    std::uint32_t messages = 0;   // datagrams' worth of exchanges, retries included
    Duration elapsed{};
};

struct FingerView {
    int first_exponent = 0;  // fingers first..last all point at `peer`
    int last_exponent = 0;
    Peer peer;
};

struct NeighborView {
    Peer peer;
    std::optional<Duration> rtt;  // smoothed; nullopt before the first measurement
};

/// The node as it sees itself at one instant.
struct NodeView {
    Peer self;
    Phase phase = Phase::joining;
    std::optional<NeighborView> predecessor;
    std::vector<NeighborView> successors;
    std::vector<FingerView> fingers;
    /// Whether the ring is known to be one: nullopt in a ring longer than the successor list, which must be walked.
    std::optional<bool> one_ring;
    double size_estimate = 1;  // nodes in the ring, from the density of the successor list
    /// Nodes that this one has last known to be in the ring, up to R; who left in order is not among them.
    std::uint64_t ring_size_confirmed = 1;
    std::uint64_t keys_owned = 0;  // live keys in the arc (predecessor, self]
    std::uint64_t keys_held = 0;   // live keys, replicas included
    std::uint64_t bytes_held = 0;  // of their values
    bool arc_synced = false;       // the owned arc agrees with its replicas
    StoreStats store;
    Duration uptime{};
    /// Monotonic counts by name ("lookups_ok", "drops_bad_mac", …), sorted by name.
    std::vector<std::pair<std::string, std::uint64_t>> counters;
};

class Client {
public:
    template <typename T>
    using Callback = std::function<void(Result<T>)>;

    virtual ~Client() = default;

    /// The live record under `key`; none when holders agree that there is none. Errors: no_quorum (fewer holders answer
    /// than the level wants), try_again (nothing as new as wanted is in reach), timeout, too_big, overloaded.
    virtual void read(BytesView key, const ReadOptions& options, Callback<Found> done) = 0;
    /// The same, of the owner's answer alone.
    void get(BytesView key, Callback<std::optional<Record>> done);

    /// Set or delete. Ends when the write level is on disk. Errors: condition_failed, too_big, full, no_quorum;
    /// timeout: whether it took place is not known.
    virtual void write(Write write, Callback<WriteReply> done) = 0;

    /// How many holders beside the owner have `version` of the key, or a later one, on disk: as soon as there are
    /// `wanted`, or at the end of `patience`.
    virtual void await_copies(BytesView key, const Version& version, std::size_t wanted, Duration patience,
                              Callback<std::size_t> done) = 0;

    /// Lets `listener` know of each change of the key, in order and once, from inside later turns, until unwatch():
    /// those after this call, or with `from` those after that version. Errors: too_big, overloaded.
    virtual Result<WatchId> watch(BytesView key, const std::optional<Version>& from, WatchListener listener) = 0;
    virtual void unwatch(WatchId id) = 0;

    /// Finds the holders of the point `target`, noting each node asked.
    virtual void lookup(const Id& target, Callback<LookupTrace> done) = 0;

    /// Leaves the ring with hand-over; the process goes on. Ends when the neighbours know.
    virtual void leave(Callback<Success> done) = 0;

    /// Asks node by node along the successors, at most `count` of them, and tells each one's state.
    struct WalkedNode {
        Peer peer;
        std::optional<Peer> predecessor;
        bool answered = false;
    };
    virtual void walk(std::size_t count, Callback<std::vector<WalkedNode>> done) = 0;

    virtual NodeView view() const = 0;

    /// The losers of concurrent writes that this node has met since it started, the oldest first.
    virtual std::vector<Conflict> conflicts() const = 0;

    /// Node time of the turn in progress, to turn Record::expires into what remains.
    virtual Time now() const = 0;
};

inline void Client::get(BytesView key, Callback<std::optional<Record>> done) {
    read(key, ReadOptions{}, [done = std::move(done)](Result<Found> found) {
        done(found ? Result<std::optional<Record>>(std::move(found->record)) : found.error());
    });
}

}  // namespace chord
