// Disk: a MemoryStore whose owner can crash and come back to what was committed, as a process does with LMDB: the
// tickets of each process start at 1. And Return: with which disk an owner comes back.
#pragma once

#include "storage/memory_store.hpp"

namespace chord::sim {

class Disk final : public Store {
public:
    explicit Disk(storage::MemoryStore::CommitMode mode) : store_(mode) {}

    /// Uncommitted writes are lost, and a new process opens the store.
    void crash() {
        store_.crash();
        before_ = last_;
    }
    /// Commits all writes so far.
    void commit() { store_.commit(); }
    std::vector<Commit> take_commits() {
        std::vector<Commit> commits = store_.take_commits();
        for (Commit& commit : commits) {
            commit.first -= before_;
            commit.last -= before_;
        }
        return commits;
    }
    std::size_t uncommitted() const { return store_.uncommitted(); }

    Result<std::optional<Record>> get(const Id& key_id) override { return store_.get(key_id); }
    Ticket put(const Id& key_id, const Record& record) override { return issued(store_.put(key_id, record)); }
    Ticket erase(const Id& key_id) override { return issued(store_.erase(key_id)); }
    Status scan(const Id& from, const Id& to, const Visitor& visit) override { return store_.scan(from, to, visit); }
    std::optional<Bytes> meta(std::string_view name) override { return store_.meta(name); }
    Ticket put_meta(std::string_view name, BytesView value) override { return issued(store_.put_meta(name, value)); }
    StoreStats stats() const override { return store_.stats(); }

private:
    Ticket issued(Ticket ticket) {
        last_ = ticket;
        return ticket - before_;
    }

    storage::MemoryStore store_;
    Ticket last_ = 0;
    Ticket before_ = 0;
};

/// How a device that was off comes back.
struct Return {
    enum class DiskFate : std::uint8_t {
        old,   // as it was when it went off
        lost,  // empty
        stale  // as it was at the last back_up(), node time included where the world has one; as old if none
    };
    DiskFate disk = DiskFate::old;
    bool moved = false;  // at a new address; what is sent to the old one reaches nobody
};

}  // namespace chord::sim
