// LmdbStore: the Store on disk. Reads and bookkeeping happen on the caller's thread and never wait for the disk's
// writes; a thread of its own commits.
//
// All of it is called from one thread, the loop's, apart from the commit thread inside.
//
// Invariants (beside those of Store)
//  1. What a caller sees is the newest committed snapshot with `overlay_` over it: each write whose result was not
//     taken yet. A write leaves the overlay with its result; if it landed, the next snapshot shows it, and if not,
//     none does.
//  2. `pending_` holds the writes of the overlay and the refused tickets in order; it is bounded by
//     kPendingWritesMax and kPendingBytesMax, beyond which put() gets a ticket that fails with Error::overloaded.
//  3. A damaged record is reported and counted, never changed by the store.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/core/data/store.hpp"
#include "storage/commit_thread.hpp"
#include "storage/lmdb_environment.hpp"

namespace chord::storage {

inline constexpr std::size_t kPendingWritesMax = 8192;
inline constexpr std::size_t kPendingBytesMax = std::size_t{4} << 20;

class LmdbStore final : public Store {
public:
    /// Opens the store in `options.directory`, or makes it. On an error `why` is one sentence for the operator.
    /// Errors: already_in_use (another process), foreign (not ours, or another node's), newer_schema, corrupt (cut
    /// short), io, full, too_big (map_bytes out of bounds). Nothing is overwritten in any of these cases.
    static Result<std::unique_ptr<LmdbStore>> open(const LmdbOptions& options, std::string& why);

    /// Everything written is committed first; results that were not taken are lost.
    ~LmdbStore() override;

    Result<std::optional<Record>> get(const Id& key_id) override;
    Ticket put(const Id& key_id, const Record& record) override;
    Ticket erase(const Id& key_id) override;
    /// A record whose head cannot be read is passed over and counted: to reconciliation it is missing, so that a
    /// replica heals it.
    Status scan(const Id& from, const Id& to, const Visitor& visit) override;
    std::optional<Bytes> meta(std::string_view name) override;
    Ticket put_meta(std::string_view name, BytesView value) override;
    /// Constant time. `records` and `used_bytes` are as of the last commit; `bytes_written` counts the pages that
    /// LMDB wrote, not what the file system and the device add.
    StoreStats stats() const override;

    /// The results since the last call, in ticket order.
    std::vector<Commit> take_commits();

    /// Blocks until every write so far is committed or undone; take_commits() then yields the results.
    void drain();

private:
    struct Pending {
        Ticket last = 0;  // a run of refused tickets is one entry
        std::size_t bytes = 0;
        std::optional<Error> refused;  // never submitted; waits for its turn to be told
        Write write;
    };
    struct Newest {
        const Write* write = nullptr;
        std::size_t pending = 0;  // writes to this id or name, this one included
    };
    class Reading;

    LmdbStore(std::unique_ptr<LmdbEnvironment> environment, const std::function<void()>& wake);

    Ticket submit(std::size_t bytes, decltype(Write::change) change);
    Ticket refuse(Error error);
    Newest& newest_of(const Write& write);
    void collect();
    void reopen();
    void report_refused();
    void forget_oldest();
    Result<bool> scan_line(std::optional<Id> after, std::optional<Id> last, const Visitor& visit);

    std::unique_ptr<LmdbEnvironment> environment_;
    std::function<void()> wake_;
    std::deque<Pending> pending_;  // a deque, so that the commit thread's pointers into it stay good
    std::size_t pending_bytes_ = 0;
    std::map<Id, Newest> overlay_;
    std::map<std::string, Newest, std::less<>> meta_overlay_;
    std::vector<Commit> results_;
    Ticket last_ticket_ = 0;
    Ticket reported_ = 0;  // the last one in results_ or in what was taken
    std::uint64_t corrupt_records_ = 0;
    // The read transaction is kept for its reader slot and renewed by each reading; without a reading it holds no
    // pages.
    mutable MDB_txn* read_txn_ = nullptr;
    mutable int readings_ = 0;                     // a visitor may read too
    std::unique_ptr<CommitThread> commit_thread_;  // last: ends before what it uses
};

}  // namespace chord::storage
