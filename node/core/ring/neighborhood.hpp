// Neighborhood: this node's ring state as the rest of the node sees it: who may read it when, and who is told of
// changes.
//
// Invariants
//  1. At most one ring operation is in progress: a query has gone out whose answer will change the successor list.
//  2. While one is, state queries are held back (rule 3 of PROTOCOL-NOTES 2.4), for at most NodeOptions::busy_bound;
//     then the operation is given up (still() turns false) and the queries are answered.
//
// Deviation from 2.4: a query is held back and then answered, instead of BUSY and asked again. The order of events that
// this enforces is the same, and it saves the second exchange.
#pragma once

#include <functional>
#include <vector>

#include "node/core/context.hpp"

namespace chord {

class Neighborhood {
public:
    /// `on_change` runs right after each change of predecessor or successors, before anything else happens.
    Neighborhood(Context& context, std::function<void()> on_change)
        : context_(context), on_change_(std::move(on_change)) {}

    /// Names the operation that begins now. REQUIRES: none is in progress (each is run to its end by one coroutine).
    std::uint64_t begin();
    /// Whether the operation may still apply its answer.
    bool still(std::uint64_t operation) const { return operation_ == operation; }
    /// Ends it, given up or not, and answers the queries held back.
    void end(std::uint64_t operation);

    void on_state_query(ReplyToken token, std::uint64_t seen);

    /// The query for the state of `peer`, and what its answer means. What the first successor said last is remembered,
    /// so that it need not say it again while it stays the same.
    StateQuery state_query(const Peer& peer) const;
    Result<StateReply> state_from(const Peer& peer, Result<Answer> answer);

    /// To be called after each step of RingState: follows it with phase and counters, and tells of a change.
    void follow();

    /// Takes note of the peers that a state reply names.
    void learn(const StateReply& reply);

    /// `peer` is dead for this node: forgets it wherever it stands. It goes on the passive list, for later probes.
    void fail(const Peer& peer);

    /// `peer` has no place here any more: forgets it wherever it stands, without a second look.
    void expel(const Id& peer);

    /// The size that caps the write quorum; on disk before any write that counts on it.
    void confirm_ring_size(std::uint64_t size);
    void restore_ring_size();

    /// Whether the whole ring has hardly more nodes than a few successor lists hold.
    bool is_small_ring() const;

    /// Becomes a ring of one. Nothing happens when the node is leaving.
    void become_solo();

private:
    struct HeldBack {
        ReplyToken token{};
        std::uint64_t seen = 0;
    };
    struct Remembered {
        Peer peer;
        StateReply state;
    };

    void drop(const Id& peer);
    void answer_held_back();
    Response state(std::uint64_t seen) const;
    void note_departures();
    Task<void> bound(std::uint64_t operation);

    Context& context_;
    std::function<void()> on_change_;
    std::uint64_t operations_ = 0;
    std::uint64_t operation_ = 0;  // 0: none
    Time operation_began_{};
    std::vector<HeldBack> held_back_;
    std::optional<Remembered> remembered_;
    std::optional<Peer> seen_predecessor_;
    std::vector<Peer> seen_successors_;
};

}  // namespace chord
