// CommitThread: takes the writes that wait, all of them at once, and makes them durable with one commit. While one
// commit waits for the disk the next one's writes gather; nothing is ever delayed to wait for company.
//
// Invariants
//  1. Writes are committed in the order of submit(); take() yields each ticket's result exactly once, in that order.
//  2. A result is reported after the disk has confirmed it. A write that failed has left no trace in the database.
//  3. One write that does not fit fails alone; the others of its batch land.
//  4. Writes are read here until their result is taken, and belong to the submitter all the time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "node/core/data/store.hpp"
#include "storage/lmdb_environment.hpp"

namespace chord::storage {

struct PutRecord {
    Id id;
    Record record;
};
struct EraseRecord {
    Id id;
};
struct PutMeta {
    std::string name;
    Bytes value;
};

struct Write {
    Ticket ticket = 0;
    std::variant<PutRecord, EraseRecord, PutMeta> change;
};

class CommitThread {
public:
    /// `environment` must outlive the thread. `wake` is called from the thread after results were added.
    CommitThread(LmdbEnvironment& environment, std::function<void()> wake);
    /// Commits what was submitted, then ends.
    ~CommitThread();
    CommitThread(const CommitThread&) = delete;
    CommitThread& operator=(const CommitThread&) = delete;

    /// `write` stays where it is, unchanged, until its result is taken.
    void submit(const Write& write);

    /// The results that are ready, in ticket order.
    std::vector<Commit> take();

    /// LMDB takes some errors (a head that could not be written) for fatal. The thread then rests until the
    /// environment was opened again and resume() is called; if it could not be, the next batch fails and the thread
    /// rests again.
    bool broken();
    void resume();

    /// Blocks until take() has something to yield or the thread is broken. False, at once, when nothing is under way.
    bool wait();

    std::uint64_t commits() const { return commits_.load(std::memory_order_relaxed); }
    std::uint64_t bytes_written() const { return bytes_written_.load(std::memory_order_relaxed); }

private:
    using Batch = std::span<const Write* const>;

    struct Attempt {
        int code = 0;          // LMDB's; 0: committed
        std::size_t size = 0;  // the writes that were tried, the first ones of the batch
    };

    void run();
    std::vector<Commit> commit(Batch batch);
    Attempt attempt(Batch batch);
    int apply(MDB_txn* txn, const Write& write, bool& refused);
    bool has_room(MDB_txn* txn, MDB_val& key, std::size_t size) const;
    void count_commit(std::size_t number, std::uint64_t used_before);

    LmdbEnvironment& environment_;
    const std::function<void()> wake_;

    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable progress_;
    std::deque<const Write*> queue_;  // these five under mutex_
    std::vector<Commit> done_;
    std::size_t in_flight_ = 0;
    bool stopping_ = false;
    bool broken_ = false;

    std::vector<bool> refused_;  // of the attempt: the puts that found no room
    bool panicked_ = false;
    std::atomic<std::uint64_t> commits_{0};
    std::atomic<std::uint64_t> bytes_written_{0};
    std::thread thread_;
};

}  // namespace chord::storage
