#include "storage/commit_thread.hpp"

#include <csignal>

#include <algorithm>
#include <cstring>
#include <utility>

#include "storage/commits.hpp"
#include "storage/record_format.hpp"

namespace chord::storage {

namespace {

// How many writes may share a commit when room is short. A write copies the page it changes and at times a
// neighbour, a commit some more; and LMDB keeps three generations apart (being written, current, readable by a
// transaction that began before), so that what a commit frees is of use only to the one after next.
constexpr std::uint64_t kPagesPerWrite = 6;
constexpr std::uint64_t kPagesPerCommit = 24;

std::size_t writes_for(std::uint64_t pages_free) {
    if (pages_free < kPagesPerCommit + kPagesPerWrite) return 1;
    return static_cast<std::size_t>(
        std::min<std::uint64_t>((pages_free - kPagesPerCommit) / kPagesPerWrite, kBatchWritesMax));
}

}  // namespace

CommitThread::CommitThread(LmdbEnvironment& environment, std::function<void()> wake)
    : environment_(environment), wake_(std::move(wake)) {
    // Signals are the main thread's; a new thread inherits the mask.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

CommitThread::~CommitThread() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
}

void CommitThread::submit(const Write& write) {
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back(&write);
    }
    work_.notify_one();
}

std::vector<Commit> CommitThread::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(done_, {});
}

bool CommitThread::broken() {
    const std::lock_guard lock(mutex_);
    return broken_;
}

void CommitThread::resume() {
    {
        const std::lock_guard lock(mutex_);
        broken_ = false;
    }
    work_.notify_one();
}

bool CommitThread::wait() {
    std::unique_lock lock(mutex_);
    progress_.wait(lock, [this] { return !done_.empty() || broken_ || (queue_.empty() && in_flight_ == 0); });
    return !done_.empty() || broken_;
}

void CommitThread::run() {
    std::unique_lock lock(mutex_);
    std::vector<const Write*> batch;
    for (;;) {
        work_.wait(lock, [this] { return stopping_ || (!queue_.empty() && !broken_); });
        if (queue_.empty() || broken_) return;
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), kBatchWritesMax));
        batch.assign(queue_.begin(), end);
        queue_.erase(queue_.begin(), end);
        in_flight_ = batch.size();
        lock.unlock();
        const std::vector<Commit> results = commit(batch);
        lock.lock();
        done_.insert(done_.end(), results.begin(), results.end());
        in_flight_ = 0;
        broken_ = std::exchange(panicked_, false);
        progress_.notify_all();
        lock.unlock();
        if (wake_) wake_();
        lock.lock();
    }
}

/// Commits the batch in as few transactions as its room allows: one, as long as there is plenty.
std::vector<Commit> CommitThread::commit(Batch batch) {
    std::vector<Commit> results;
    std::size_t size_max = batch.size();
    while (!batch.empty()) {
        const Attempt tried = attempt(batch.first(std::min(size_max, batch.size())));
        if (tried.code != 0 && error_of(tried.code) == Error::full && tried.size > 1) {
            size_max = tried.size / 2;  // so that those that do fit land
            continue;
        }
        for (std::size_t i = 0; i < tried.size; ++i) {
            std::optional<Error> error;
            if (tried.code != 0) {
                error = error_of(tried.code);
            } else if (refused_[i]) {
                error = Error::full;
            }
            append_result(results, batch[i]->ticket, error);
        }
        batch = batch.subspan(tried.size);
    }
    return results;
}

CommitThread::Attempt CommitThread::attempt(Batch batch) {
    Attempt tried{0, batch.size()};
    MDB_env* env = environment_.handle();
    TransactionPtr txn = begin_transaction(env, 0, tried.code);
    if (txn) {
        const std::uint64_t used = environment_.pages_used(txn.get());
        const std::uint64_t mapped = environment_.pages_mapped();
        tried.size = std::min(batch.size(), writes_for(mapped - std::min(used, mapped)));
        const Batch now = batch.first(tried.size);
        const bool puts = std::any_of(now.begin(), now.end(), [](const Write* write) {
            return std::holds_alternative<PutRecord>(write->change);
        });
        tried.code = environment_.extend_file(now.size(), used, puts);
        refused_.assign(tried.size, false);
        for (std::size_t i = 0; i < tried.size && tried.code == 0; ++i) {
            bool refused = false;
            tried.code = apply(txn.get(), *batch[i], refused);
            refused_[i] = refused;
        }
        const std::size_t number = mdb_txn_id(txn.get());
        if (tried.code == 0) tried.code = mdb_txn_commit(txn.release());
        if (tried.code == 0) count_commit(number, used);
        txn.reset();
    }
    if (tried.code != 0) {
        tried.code = environment_.cause_of(tried.code);
        int code = 0;
        begin_transaction(env, MDB_RDONLY, code);
        panicked_ = env == nullptr || code == MDB_PANIC;
    }
    return tried;
}

int CommitThread::apply(MDB_txn* txn, const Write& write, bool& refused) {
    if (const auto* put = std::get_if<PutRecord>(&write.change)) {
        const auto id = put->id.bytes();
        const Bytes bytes = encode_record(put->id, put->record);
        MDB_val key{id.size(), const_cast<std::uint8_t*>(id.data())};
        MDB_val data = as_val(bytes);
        refused = !has_room(txn, key, bytes.size());
        return refused ? 0 : mdb_put(txn, environment_.records(), &key, &data, 0);
    }
    if (const auto* meta = std::get_if<PutMeta>(&write.change)) {
        const Bytes bytes = encode_meta(meta->name, meta->value);
        MDB_val key = as_val(meta->name);
        MDB_val data = as_val(bytes);
        return mdb_put(txn, environment_.meta(), &key, &data, 0);
    }
    const auto id = std::get<EraseRecord>(write.change).id.bytes();
    MDB_val key{id.size(), const_cast<std::uint8_t*>(id.data())};
    const int code = mdb_del(txn, environment_.records(), &key, nullptr);
    return code == MDB_NOTFOUND ? 0 : code;
}

/// Whether a record of `size` bytes may be put: outside of the reserve always, inside only in the place of a larger
/// one, so that a tombstone finds room when nothing else does.
bool CommitThread::has_room(MDB_txn* txn, MDB_val& key, std::size_t size) const {
    if (environment_.pages_used(txn) + environment_.pages_reserved() <= environment_.pages_max()) return true;
    MDB_val before{};
    return mdb_get(txn, environment_.records(), &key, &before) == 0 && before.mv_size >= size;
}

/// LMDB writes each page that a transaction touched once, as a copy, and lists the originals as free under the
/// transaction's number: pages written = pages gained + pages freed, and one head.
void CommitThread::count_commit(std::size_t number, std::uint64_t used_before) {
    int code = 0;
    const TransactionPtr txn = begin_transaction(environment_.handle(), MDB_RDONLY, code);
    if (!txn || mdb_txn_id(txn.get()) != number) return;  // one that changes nothing is not written
    commits_.fetch_add(1, std::memory_order_relaxed);
    std::uint64_t pages = 1 + environment_.pages_used(txn.get());
    MDB_cursor* cursor = nullptr;
    if (mdb_cursor_open(txn.get(), 0, &cursor) == 0) {
        MDB_val key{};
        MDB_val data{};
        std::size_t transaction = 0;
        std::size_t freed = 0;
        if (mdb_cursor_get(cursor, &key, &data, MDB_LAST) == 0 && key.mv_size == sizeof transaction &&
            data.mv_size >= sizeof freed) {
            std::memcpy(&transaction, key.mv_data, sizeof transaction);
            std::memcpy(&freed, data.mv_data, sizeof freed);
            if (transaction == number) pages += freed;
        }
        mdb_cursor_close(cursor);
    }
    if (pages > used_before) {
        bytes_written_.fetch_add((pages - used_before) * environment_.page_size(), std::memory_order_relaxed);
    }
}

}  // namespace chord::storage
