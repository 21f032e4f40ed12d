// Writer: carries out a write at the key's owner: decides the condition, assigns the version, stores, sends to the
// replicas in parallel, and acknowledges when W holders have it on disk (DESIGN 5).
//
// Invariants
//  1. Between the last look at the key and the store's put nothing else runs, so conditions are atomic at the owner.
//  2. No acknowledgement before as many holders as the write's level says, of which the owner is one, have it on disk.
//     That is lowered only to the size of the ring as last confirmed, never for want of answers.
//  3. A write that is asked for again is carried out once as long as one of its holders is asked and remembers it
//     (operation_log.hpp): whoever repeats a write says so, and the owner then asks the replicas.
#pragma once

#include <functional>

#include "node/core/context.hpp"
#include "node/core/data/arc_keeper.hpp"
#include "node/core/data/reader.hpp"
#include "node/core/data/records.hpp"

namespace chord {

class Writer {
public:
    static constexpr std::size_t kWritesMax = 4096;  // under way at once

    using Done = std::function<void(Result<WriteReply>)>;

    Writer(Context& context, Records& records, ArcKeeper& keeper, Reader& reader,
           std::function<void()> on_silent_replica)
        : context_(context),
          records_(records),
          keeper_(keeper),
          reader_(reader),
          on_silent_replica_(std::move(on_silent_replica)) {}

    /// Calls `done` once, and afterwards goes on to collect the answers of the slower replicas. Errors: not_owner,
    /// too_big, condition_failed, no_quorum, full, io, try_again, overloaded.
    Task<void> write(Write write, Done done);

    /// At a replica: answers through `reply` once the record is on disk.
    Task<void> replicate(Replicate replicate, std::function<void(Response)> reply);

private:
    // What of a write goes with its record to the holders.
    struct Sending {
        std::size_t needed = 1;  // holders
        OperationId operation = 0;
        WriteReply reply;
    };

    Task<std::optional<WriteOutcome>> recall(Id key, OperationId operation);
    bool holds(const Id& key, const Version& version);
    Task<void> confirm(Id key, Sending sending, Done& done);
    Task<std::optional<Version>> store_and_send(Record record, Sending sending, Done& done);

    Context& context_;
    Records& records_;
    ArcKeeper& keeper_;
    Reader& reader_;
    std::function<void()> on_silent_replica_;
    std::size_t under_way_ = 0;
};

}  // namespace chord
