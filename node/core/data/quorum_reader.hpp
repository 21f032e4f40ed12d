// QuorumReader: reads a key from several of its holders at once and takes the newest of what they have, so that a write
// acknowledged at a level that intersects this one is seen whatever has become of the owner. Who has less gets it.
//
// The owner is asked for the record, the others for its version only; the record is fetched from one of them when that
// is newer. Nobody's silence counts as an answer.
#pragma once

#include "node/core/context.hpp"
#include "node/core/data/reader.hpp"
#include "node/core/data/records.hpp"

namespace chord {

class QuorumReader {
public:
    QuorumReader(Context& context, Records& records, Reader& reader)
        : context_(context), records_(records), reader_(reader) {}

    /// From `needed` of the holders that `route` leads to, tombstones included. Errors: no_quorum (fewer answered),
    /// not_owner, try_again.
    Task<Result<Found>> read(Id key, Route route, std::size_t needed, Time deadline);

private:
    struct Poll;

    Task<void> ask_owner_for_more(Poll& poll);
    Task<Status> collect(Id key, Poll& poll, std::size_t needed, Time deadline);
    Task<void> read_here(Id key, Poll& poll, std::size_t index);
    Task<Status> fetch_best(Id key, Poll& poll);
    void repair(Id key, const Poll& poll);

    Context& context_;
    Records& records_;
    Reader& reader_;
};

}  // namespace chord
