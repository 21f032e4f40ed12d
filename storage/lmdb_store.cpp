#include "storage/lmdb_store.hpp"

#include <utility>

#include "node/core/base/check.hpp"
#include "storage/commits.hpp"
#include "storage/record_format.hpp"

namespace chord::storage {

namespace {

// What a pending write costs beside its key and value: its entries in the deque and in the overlay.
constexpr std::size_t kPendingOverheadBytes = 320;

// The core's names live beside the store's own ("store.magic" ...), FORMAT.md.
std::string stored_name(std::string_view name) {
    return "core." + std::string(name);
}

}  // namespace

/// A snapshot for as long as this lives; readings inside of it share it.
class LmdbStore::Reading {
public:
    explicit Reading(const LmdbStore& store) : store_(store) {
        if (store_.readings_++ > 0) return;
        if (store_.read_txn_ != nullptr) {
            code_ = mdb_txn_renew(store_.read_txn_);
        } else {
            store_.read_txn_ = begin_transaction(store_.environment_->handle(), MDB_RDONLY, code_).release();
        }
    }
    ~Reading() {
        if (--store_.readings_ == 0 && store_.read_txn_ != nullptr) mdb_txn_reset(store_.read_txn_);
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    /// LMDB's return code; txn() is good if it is 0.
    int code() const { return code_; }
    MDB_txn* txn() const { return store_.read_txn_; }

private:
    const LmdbStore& store_;
    int code_ = 0;
};

Result<std::unique_ptr<LmdbStore>> LmdbStore::open(const LmdbOptions& options, std::string& why) {
    auto environment = LmdbEnvironment::open(options);
    if (auto* fault = std::get_if<OpenFault>(&environment)) {
        why = std::move(fault->sentence);
        return fault->error;
    }
    auto& opened = std::get<std::unique_ptr<LmdbEnvironment>>(environment);
    return std::unique_ptr<LmdbStore>(new LmdbStore(std::move(opened), options.wake));
}

LmdbStore::LmdbStore(std::unique_ptr<LmdbEnvironment> environment, const std::function<void()>& wake)
    : environment_(std::move(environment)),
      wake_(wake),
      commit_thread_(std::make_unique<CommitThread>(*environment_, wake)) {}

LmdbStore::~LmdbStore() {
    commit_thread_.reset();
    if (read_txn_ != nullptr) mdb_txn_abort(read_txn_);
}

Result<std::optional<Record>> LmdbStore::get(const Id& key_id) {
    const auto pending = overlay_.find(key_id);
    if (pending != overlay_.end()) {
        const auto* put = std::get_if<PutRecord>(&pending->second.write->change);
        return put != nullptr ? std::optional(put->record) : std::nullopt;
    }
    const Reading reading(*this);
    if (reading.code() != 0) return error_of(reading.code());
    auto id = key_id.bytes();
    MDB_val key{id.size(), id.data()};
    MDB_val data{};
    const int code = mdb_get(reading.txn(), environment_->records(), &key, &data);
    if (code == MDB_NOTFOUND) return std::optional<Record>();
    if (code != 0) return error_of(code);
    auto record = decode_record(key_id, as_view(data));
    if (!record) {
        ++corrupt_records_;
        return record.error();
    }
    return std::optional(std::move(*record));
}

Ticket LmdbStore::put(const Id& key_id, const Record& record) {
    const std::size_t bytes = record.key.size() + record.value.size();
    if (const auto refusal = reason_to_refuse(record)) return refuse(*refusal);
    return submit(bytes, PutRecord{key_id, record});
}

Ticket LmdbStore::erase(const Id& key_id) {
    return submit(0, EraseRecord{key_id});
}

std::optional<Bytes> LmdbStore::meta(std::string_view name) {
    const std::string stored = stored_name(name);
    const auto pending = meta_overlay_.find(stored);
    if (pending != meta_overlay_.end()) return std::get<PutMeta>(pending->second.write->change).value;
    const Reading reading(*this);
    if (reading.code() != 0) return std::nullopt;
    MDB_val key = as_val(stored);
    MDB_val data{};
    if (mdb_get(reading.txn(), environment_->meta(), &key, &data) != 0) return std::nullopt;
    auto value = decode_meta(stored, as_view(data));
    if (!value) {
        ++corrupt_records_;
        return std::nullopt;
    }
    return std::move(*value);
}

Ticket LmdbStore::put_meta(std::string_view name, BytesView value) {
    if (const auto refusal = reason_to_refuse_meta(name, value)) return refuse(*refusal);
    return submit(name.size() + value.size(), PutMeta{stored_name(name), Bytes(value)});
}

Status LmdbStore::scan(const Id& from, const Id& to, const Visitor& visit) {
    const Reading reading(*this);
    if (reading.code() != 0) return error_of(reading.code());
    // Past the top of the ring the arc goes on at zero.
    const bool wraps = !(from < to);
    const auto first = scan_line(from, wraps ? std::nullopt : std::optional(to), visit);
    if (!first) return first.error();
    if (!wraps || !*first) return Success{};
    const auto second = scan_line(std::nullopt, to, visit);
    if (!second) return second.error();
    return Success{};
}

/// Visits the ids after `after` (nullopt: from zero) up to and with `last` (nullopt: to the top) in numeric order,
/// without wrapping: the union of snapshot and overlay. False when the visitor has had enough.
Result<bool> LmdbStore::scan_line(std::optional<Id> after, std::optional<Id> last, const Visitor& visit) {
    int code = 0;
    MDB_cursor* opened = nullptr;
    code = mdb_cursor_open(read_txn_, environment_->records(), &opened);
    if (code != 0) return error_of(code);
    const std::unique_ptr<MDB_cursor, void (*)(MDB_cursor*)> cursor(opened, mdb_cursor_close);

    auto start = after.value_or(Id{}).bytes();
    MDB_val key{start.size(), start.data()};
    MDB_val data{};
    const auto beyond = [&](const Id& id) { return last && *last < id; };
    std::optional<Id> on_disk;
    const auto step = [&](MDB_cursor_op move) {
        for (;; move = MDB_NEXT) {
            on_disk.reset();
            code = mdb_cursor_get(cursor.get(), &key, &data, move);
            if (code != 0) return;
            if (key.mv_size != Id::kBytes) {
                ++corrupt_records_;
                continue;
            }
            on_disk = Id::from_bytes(static_cast<const std::uint8_t*>(key.mv_data));
            if (on_disk != after) return;
        }
    };
    step(MDB_SET_RANGE);
    auto pending = after ? overlay_.upper_bound(*after) : overlay_.begin();

    for (;;) {
        const bool disk_left = on_disk && !beyond(*on_disk);
        const bool pending_left = pending != overlay_.end() && !beyond(pending->first);
        if (!disk_left && !pending_left) break;
        if (pending_left && (!disk_left || pending->first <= *on_disk)) {
            if (disk_left && pending->first == *on_disk) step(MDB_NEXT);
            if (const auto* put = std::get_if<PutRecord>(&pending->second.write->change)) {
                if (!visit(pending->first, head_of(put->record))) return false;
            }
            ++pending;
            continue;
        }
        if (const auto head = decode_head(as_view(data))) {
            if (!visit(*on_disk, *head)) return false;
        } else {
            ++corrupt_records_;
        }
        step(MDB_NEXT);
    }
    if (code != 0 && code != MDB_NOTFOUND) return error_of(code);
    return true;
}

StoreStats LmdbStore::stats() const {
    StoreStats stats;
    stats.map_bytes = environment_->pages_max() * environment_->page_size();
    stats.commits = commit_thread_->commits();
    stats.bytes_written = commit_thread_->bytes_written();
    stats.corrupt_records = corrupt_records_;
    const Reading reading(*this);
    if (reading.code() != 0) return stats;
    MDB_stat table{};
    if (mdb_stat(reading.txn(), environment_->records(), &table) == 0) stats.records = table.ms_entries;
    stats.used_bytes = environment_->pages_used(reading.txn()) * environment_->page_size();
    return stats;
}

std::vector<Commit> LmdbStore::take_commits() {
    collect();
    return std::exchange(results_, {});
}

void LmdbStore::drain() {
    do {
        collect();
    } while (commit_thread_->wait());
}

Ticket LmdbStore::submit(std::size_t bytes, decltype(Write::change) change) {
    bytes += kPendingOverheadBytes;
    if (pending_.size() >= kPendingWritesMax || pending_bytes_ + bytes > kPendingBytesMax) {
        return refuse(Error::overloaded);
    }
    const Ticket ticket = ++last_ticket_;
    pending_.push_back({ticket, bytes, std::nullopt, {ticket, std::move(change)}});
    pending_bytes_ += bytes;
    const Write& write = pending_.back().write;
    Newest& newest = newest_of(write);
    newest.write = &write;
    ++newest.pending;
    commit_thread_->submit(write);
    return ticket;
}

LmdbStore::Newest& LmdbStore::newest_of(const Write& write) {
    if (const auto* put = std::get_if<PutRecord>(&write.change)) return overlay_[put->id];
    if (const auto* meta = std::get_if<PutMeta>(&write.change)) return meta_overlay_[meta->name];
    return overlay_[std::get<EraseRecord>(write.change).id];
}

/// A ticket that fails without ever being submitted. It is told in its turn, after all that came before it.
Ticket LmdbStore::refuse(Error error) {
    // At the bound every refusal is for the same reason, so that they share one entry and the bound holds.
    if (pending_.size() >= kPendingWritesMax) error = Error::overloaded;
    const Ticket ticket = ++last_ticket_;
    if (!pending_.empty() && pending_.back().refused == error) {
        pending_.back().last = ticket;
    } else {
        pending_.push_back({ticket, 0, error, {}});
    }
    if (wake_) wake_();
    return ticket;
}

/// Moves what the commit thread has done from the overlay to results_.
void LmdbStore::collect() {
    if (commit_thread_->broken()) reopen();
    for (const Commit& done : commit_thread_->take()) {
        for (Ticket ticket = done.first; ticket <= done.last; ++ticket) {
            report_refused();
            CHORD_CHECK(!pending_.empty() && pending_.front().last == ticket);
            forget_oldest();
            append_result(results_, ticket, done.error);
            reported_ = ticket;
        }
    }
    report_refused();
}

void LmdbStore::reopen() {
    CHORD_CHECK(readings_ == 0);
    if (read_txn_ != nullptr) mdb_txn_abort(std::exchange(read_txn_, nullptr));
    environment_->reopen();
    commit_thread_->resume();
}

void LmdbStore::report_refused() {
    for (; !pending_.empty() && pending_.front().refused; pending_.pop_front()) {
        const Pending& run = pending_.front();
        results_.push_back({reported_ + 1, run.last, run.refused});
        reported_ = run.last;
    }
}

void LmdbStore::forget_oldest() {
    const Pending& oldest = pending_.front();
    Newest& newest = newest_of(oldest.write);
    CHORD_CHECK(newest.pending > 0);
    if (--newest.pending == 0) {
        if (const auto* meta = std::get_if<PutMeta>(&oldest.write.change)) {
            meta_overlay_.erase(meta->name);
        } else if (const auto* put = std::get_if<PutRecord>(&oldest.write.change)) {
            overlay_.erase(put->id);
        } else {
            overlay_.erase(std::get<EraseRecord>(oldest.write.change).id);
        }
    }
    pending_bytes_ -= oldest.bytes;
    pending_.pop_front();
}

}  // namespace chord::storage
