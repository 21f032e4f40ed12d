// OwnerCheck: makes sure that the node at which a lookup ended is there and owns the point. A lookup alone ends at what
// the predecessor believes, which under churn is a node that has gone in about one of S/T + 3 cases (PROTOCOL-NOTES
// 3.3). "Don't let the asked node decide who is responsible" (Sit, Morris, IPTPS 2002).
#pragma once

#include "node/core/context.hpp"
#include "node/core/ring/lookup.hpp"

namespace chord {

class OwnerCheck {
public:
    static constexpr std::size_t kAskedMax = kReplyPeersMax;

    explicit OwnerCheck(Context& context) : context_(context) {}

    /// `route` with the true owner in front and the nodes asked among its hops: the first of its successors, or a node
    /// that stands before them, that says it owns `target`; or the first of them that is alive when all before it have
    /// failed. Errors: try_again when no such node was found, timeout at `deadline`.
    Task<Result<Route>> confirm(Id target, Route route, Time deadline);

private:
    struct Inquiry;

    Context& context_;
};

}  // namespace chord
