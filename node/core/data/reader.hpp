// Reader: answers what stands under a key, at its owner and for the clients of this node.
//
// An owner whose arc is complete answers from its own store. Before that it asks the replicas too and takes the
// greatest version; "there is nothing" is said only by a complete holder or by every replica of a silent owner
// (DESIGN 5).
#pragma once

#include "node/core/context.hpp"
#include "node/core/data/arc_keeper.hpp"
#include "node/core/data/records.hpp"
#include "node/core/ring/lookup.hpp"

namespace chord {

/// The ReadReply in an answer. A peer may be wrong: only a record of the key that was asked for counts.
Result<ReadReply> expect_read(Result<Answer> answer, const Id& key);

class Reader {
public:
    Reader(Context& context, Records& records, ArcKeeper& keeper)
        : context_(context), records_(records), keeper_(keeper) {}

    /// What stands under a key in the eyes of its owner.
    struct Standing {
        std::optional<Record> record;
        bool certain = false;  // told by a complete holder: no acknowledged write of this ring is unknown here
    };
    /// At the owner. Errors: not_owner, try_again, io.
    Task<Result<Standing>> standing(Id key);

    // In what they find, tombstones are records.

    /// At the owner. Errors: not_owner, try_again, io.
    Task<Result<Found>> read_owned(Id key);

    /// From `route`'s owner, or from its replicas when the owner is silent or slow. Errors: timeout, try_again,
    /// not_owner.
    Task<Result<Found>> read_remote(Id key, Route route, Time deadline);

    /// What this node holds, whoever owns it.
    Response on_fetch(const Fetch& fetch);
    Task<void> on_head_query(HeadQuery query, std::function<void(Response)> reply);

    /// How long `owner` may be silent before its replicas are asked.
    Duration hedge_after(const Peer& owner) const;

    struct Holders {
        std::vector<Peer> peers;
        bool all = false;  // there are no others
    };
    /// The holders beside the owner, as far as the route or this node knows them; this node may be among them.
    Holders replicas_of(const Route& route) const;

private:
    Context& context_;
    Records& records_;
    ArcKeeper& keeper_;
};

}  // namespace chord
