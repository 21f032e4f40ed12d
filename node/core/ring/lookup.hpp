// Lookup: finds the node that precedes a point of the ring and, with it, the point's owner. Iterative: this node asks
// each hop itself (PROTOCOL-NOTES 5). A silent hop costs one timeout, never the lookup.
#pragma once

#include "node/core/context.hpp"

namespace chord {

struct Route {
    Peer predecessor;              // answered for (predecessor, successors[0]] holding the target
    std::vector<Peer> successors;  // the owner first; never empty
    std::vector<LookupHop> hops;   // the nodes asked, in order
    std::uint32_t messages = 0;
};

class Lookup {
public:
    static constexpr std::size_t kHopsMax = 128;
    /// Nodes asked at once. A new one is asked only when the latest has been silent for longer than it ever takes, so
    /// all but it are most likely dead: waiting until one of their calls ends would be waiting for nothing.
    static constexpr std::size_t kParallelMax = 12;
    static constexpr std::size_t kWantedUsual = 4;  // of each hop, as long as none was silent

    explicit Lookup(Context& context) : context_(context) {}

    /// From this node, which must be a member. Errors: try_again when no live route was found, timeout at `deadline`.
    Task<Result<Route>> find(Id target, Time deadline = kNever);

    /// The same, at once where this node is the owner. Errors: besides, not_member.
    Task<Result<Route>> route_to(Id target, Time deadline);

    /// Starting at another member, for a node that is not one yet. `target` may be this node's own id.
    Task<Result<Route>> find_from(Peer start, Id target);

    /// One step at this node: what it answers.
    StepReply step(const Step& asked) const;

private:
    struct Search;

    /// The same with at most so many candidates.
    StepReply step(const Id& target, std::size_t candidates_max) const;
    Task<Result<Route>> search(Id target, StepReply first, Peer first_from, Time deadline);

    Context& context_;
};

}  // namespace chord
