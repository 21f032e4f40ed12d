// Node: one member of the ring, pure and deterministic. It wires the parts and hands each input to the one concerned;
// what the parts do stands with them (ring/, data/, operations).
//
// Inputs: on_request, on_answer, on_commit, tick and the calls of Client, each inside a turn opened by begin_turn.
// Outputs go out through the ports Network and Store, and through callbacks.
#pragma once

#include <memory>
#include <vector>

#include "node/core/client.hpp"
#include "node/core/data/store.hpp"
#include "node/core/network.hpp"
#include "node/core/options.hpp"
#include "node/core/ring/finger_table.hpp"
#include "node/core/ring/ring_state.hpp"

namespace chord {

struct Counters;

/// A place on a ring that exists already, as a simulation builds it.
struct Placement {
    Peer predecessor;
    std::vector<Peer> successors;  // none: a ring of one
    std::vector<FingerTable::Finger> fingers;
    std::vector<Peer> known;
};

class Node final : public Client {
public:
    /// The ports must outlive the node. `seed` feeds jitter and choice, never keys.
    Node(const NodeOptions& options, Store& store, Network& network, std::uint64_t seed);
    ~Node() override;
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Sets the time of the inputs that follow. `now` never decreases.
    void begin_turn(Time now, WallMs wall);

    /// Begins to join through `seeds` and the remembered peers; alone, the node becomes a ring of one.
    void start(std::vector<Endpoint> seeds);

    /// For simulation at scale: begins as if it had joined at this place long ago, and held its arc. REQUIRES: not
    /// started; a legal place.
    void start_placed(const Placement& place);

    /// At which addresses this machine can be reached now, the best first; with several, neighbours are told of them.
    void set_addresses(std::vector<Endpoint> addresses);

    /// A node may be at this address, as somebody's beacon says. It is asked, and joined or merged with.
    void meet(const Endpoint& address);
    /// Whether the peer surely stands in this node's ring: a neighbour, or heard within the last minute.
    bool knows(const Id& peer) const;

    void on_request(Inbound inbound);
    void on_answer(CallId id, Result<Answer> answer);
    /// The answer to this call is too long for one datagram, and on its way; on_answer() follows in any case.
    void on_coming(CallId id);
    void on_commit(const Commit& commit);
    /// Lets what is due run.
    void tick();
    /// When tick() is wanted next; kNever if nothing is timed.
    Time next_deadline() const;

    /// `peer` is out (of the fleet, say): it is dropped from every list and table at once, and nobody's word brings it
    /// back. That ends when it is heard itself; to refuse that is the network's part. At most Outcasts::kIdsMax.
    void expel(const Id& peer);

    /// The neighbours and fingers, each once: who is to hear of news at once.
    std::vector<Peer> contacts() const;
    /// Everybody that is remembered.
    std::vector<Peer> known() const;

    void read(BytesView key, const ReadOptions& options, Callback<Found> done) override;
    void write(Write write, Callback<WriteReply> done) override;
    Result<WatchId> watch(BytesView key, const std::optional<Version>& from, WatchListener listener) override;
    void unwatch(WatchId id) override;
    void await_copies(BytesView key, const Version& version, std::size_t wanted, Duration patience,
                      Callback<std::size_t> done) override;
    void lookup(const Id& target, Callback<LookupTrace> done) override;
    void leave(Callback<Success> done) override;
    void walk(std::size_t count, Callback<std::vector<WalkedNode>> done) override;
    NodeView view() const override;
    std::vector<Conflict> conflicts() const override;
    Time now() const override;

    // For checkers, tests and the log.
    const RingState& ring() const;
    Phase phase() const;
    const Counters& counters() const;
    /// Whether `peer` was a neighbour that fell silent, and has not been heard since.
    bool given_up(const Id& peer) const;
    /// The owned arc is complete here and agrees with the replicas, and what lies outside of it was offered to its
    /// owners.
    bool settled() const;

private:
    struct Parts;

    void handle(Inbound inbound);

    std::unique_ptr<Parts> parts_;
};

}  // namespace chord
