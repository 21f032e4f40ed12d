// Arc summaries: what two holders compare to find where their records differ, without sending what is equal
// (range-based set reconciliation, PROTOCOL-NOTES 7). Pure functions over a store.
#pragma once

#include <map>
#include <vector>

#include "node/core/base/id.hpp"
#include "node/core/data/store.hpp"
#include "node/core/message.hpp"

namespace chord {

struct Arc {
    Id from;
    Id to;  // (from, to] clockwise; from == to is the whole ring
    friend bool operator==(const Arc&, const Arc&) = default;
};

/// `arc` cut into at most kSyncBucketsMax arcs of equal length, in clockwise order; the last ends at arc.to. Fewer only
/// when the arc holds fewer points.
std::vector<Arc> split(const Arc& arc);

/// What a store holds in an arc: one bucket for each part of split(arc), and the items while there are few.
struct ArcSummary {
    std::size_t count = 0;
    std::vector<SyncBucket> buckets;
    std::vector<SyncItem> items;  // all of them while count <= kSyncItemsMax
};

/// Expired records do not count. Errors: those of the store.
Result<ArcSummary> summarize(Store& store, const Arc& arc, Time now);

/// The versions that the store holds in `arc`, by key id, expired ones left out.
Result<std::map<Id, Version>> versions_in(Store& store, const Arc& arc, Time now);

}  // namespace chord
