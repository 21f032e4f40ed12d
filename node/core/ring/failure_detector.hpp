// FailureDetector: asks the nodes next to this one, and judges their silence. A neighbour that does not answer is given
// up only when two other nodes cannot reach it either (SWIM, Das, Gupta, Motivala, DSN 2002; PROTOCOL-NOTES 12). Where
// one of them can, the path is broken and not the neighbour: then the ring is maintained through that witness, so that
// the 2 % of pairs that cannot talk to each other (Freedman et al., Non-transitive connectivity and DHTs, WORLDS 2005)
// do not tear it.
//
// Invariants
//  1. "Failed" is said after all retransmissions to the peer, and after the witnesses failed too or their patience
//     ended. The first is asked as soon as the peer is silent for longer than it ever is, so that both waits are one;
//     the second when the first does not reach it, or is silent too.
//  2. Patience grows with the doubts about this node's own health (local_health.hpp).
//  3. At most kPathFaultsMax broken paths are remembered, until the peer answers by itself. It is asked again after a
//     while that doubles each time in vain, up to NodeOptions::path_fault_for.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "node/core/context.hpp"
#include "node/core/ring/local_health.hpp"
#include "node/core/ring/neighborhood.hpp"

namespace chord {

class FailureDetector {
public:
    static constexpr std::size_t kWitnesses = 2;
    static constexpr std::size_t kPathFaultsMax = 4;
    static constexpr int kPathFaultParts = 8;      // of path_fault_for: the first while
    static constexpr std::size_t kServedMax = 16;  // questions of others under way at once

    /// `on_silent` runs when a peer that this node asks as a witness is silent to it, too.
    FailureDetector(Context& context, Neighborhood& neighborhood, std::function<void(const Peer&)> on_silent)
        : context_(context), neighborhood_(neighborhood), on_silent_(std::move(on_silent)) {}

    /// The ring state of `peer`, by itself or through a witness. Errors: timeout when it has failed, and its refusals.
    /// It is notified of `notify` at the same time.
    Task<Result<StateReply>> state_of(Peer peer, std::optional<Notify> notify);

    /// Whether `peer` is there: success, or the error that says why not, as above.
    Task<Status> check(Peer peer);

    /// Notifies `peer`, through a witness where the path is broken.
    Task<void> notify(Peer peer, Notify notify);

    /// As a witness: carries out what `from` asked for. REQUIRES: nothing of `witness`; it comes from outside.
    Task<void> serve(Peer from, Witness witness, std::function<void(Response)> reply);

    /// `peer` reached this node through `witness`, and not by itself.
    void note_path_fault(const Peer& peer, const Peer& witness);

    /// The path to `peer` does not matter any more.
    void forget(const Id& peer) {
        std::erase_if(path_faults_, [&](const PathFault& fault) { return fault.peer == peer; });
    }

    LocalHealth& health() { return health_; }

private:
    struct PathFault {
        Id peer;
        Peer witness;
        Duration lasting{};
        Time until{};
    };

    PathFault* fault_of(const Id& peer);
    std::optional<Peer> witness_of(const Id& peer);
    Task<Result<StateReply>> through(Peer witness, Peer peer, std::optional<Notify> notify);
    std::vector<Peer> witnesses_for(const Id& peer) const;
    Task<Result<StateReply>> examine(Peer peer, Request request);

    Context& context_;
    Neighborhood& neighborhood_;
    std::function<void(const Peer&)> on_silent_;
    LocalHealth health_;
    std::vector<PathFault> path_faults_;
    std::size_t serving_ = 0;
};

/// Whether the error means that the peer is no longer the member that it was.
bool means_failed(Error error);

}  // namespace chord
