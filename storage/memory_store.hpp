// MemoryStore: the deterministic twin of LmdbStore for tests and the simulator. No thread, no disk, no clock; what
// survives crash() is exactly what was committed.
//
// Invariants (beside those of Store)
//  1. The map shows every write at once; `undo_` holds, oldest first, what each uncommitted write replaced.
//  2. A commit covers every write so far. One that fails undoes them all, the newest first.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "node/core/data/store.hpp"

namespace chord::storage {

class MemoryStore final : public Store {
public:
    enum class CommitMode {
        at_once,     // each write is committed before the call returns
        on_request,  // writes wait for commit()
    };

    explicit MemoryStore(CommitMode mode = CommitMode::at_once) : mode_(mode) {}

    Result<std::optional<Record>> get(const Id& key_id) override;
    Ticket put(const Id& key_id, const Record& record) override;
    Ticket erase(const Id& key_id) override;
    Status scan(const Id& from, const Id& to, const Visitor& visit) override;
    std::optional<Bytes> meta(std::string_view name) override;
    Ticket put_meta(std::string_view name, BytesView value) override;
    /// map_bytes is a nominal 1 GiB: the only bound is the process's memory.
    StoreStats stats() const override;

    /// Commits everything written so far, or undoes it if fail_next_commit() was called.
    void commit();

    /// The results that were not taken yet, in ticket order.
    std::vector<Commit> take_commits();

    /// How many writes wait for commit().
    std::size_t uncommitted() const { return undo_.size(); }

    /// The power fails: every uncommitted write and every result not taken is gone. Tickets go on where they were.
    void crash();

    /// The record's bytes rot: get() is Error::corrupt until it is put again or erased.
    void corrupt(const Id& key_id) { rotten_.insert(key_id); }

    /// The next commit that covers a write fails with `error` and is undone.
    void fail_next_commit(Error error) { next_error_ = error; }

private:
    struct RecordBefore {
        Id id;
        std::optional<Record> record;
    };
    struct MetaBefore {
        std::string name;
        std::optional<Bytes> value;
    };
    struct Refused {
        Error error;
    };
    using Undo = std::variant<RecordBefore, MetaBefore, Refused>;

    Ticket written(Undo undo);
    std::optional<Record> replace(const Id& key_id, std::optional<Record> record);
    std::optional<Bytes> replace_meta(const std::string& name, std::optional<Bytes> value);
    void undo_all();

    CommitMode mode_;
    std::map<Id, Record> records_;
    std::map<std::string, Bytes, std::less<>> meta_;
    std::set<Id> rotten_;
    std::vector<Undo> undo_;
    std::vector<Commit> commits_;
    std::optional<Error> next_error_;
    Ticket last_ticket_ = 0;
    StoreStats stats_;
};

}  // namespace chord::storage
