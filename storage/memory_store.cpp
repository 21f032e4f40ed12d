#include "storage/memory_store.hpp"

#include <utility>

#include "storage/commits.hpp"
#include "storage/record_format.hpp"

namespace chord::storage {

namespace {

constexpr std::uint64_t kNominalMapBytes = std::uint64_t{1} << 30;

std::uint64_t bytes_on_disk(const Record& record) {
    return Id::kBytes + kRecordOverheadBytes + record.key.size() + record.value.size();
}

}  // namespace

Result<std::optional<Record>> MemoryStore::get(const Id& key_id) {
    if (rotten_.contains(key_id)) return Error::corrupt;
    const auto found = records_.find(key_id);
    if (found == records_.end()) return std::optional<Record>();
    return std::optional<Record>(found->second);
}

Ticket MemoryStore::put(const Id& key_id, const Record& record) {
    if (const auto refusal = reason_to_refuse(record)) return written(Refused{*refusal});
    stats_.bytes_written += bytes_on_disk(record);
    return written(RecordBefore{key_id, replace(key_id, record)});
}

Ticket MemoryStore::erase(const Id& key_id) {
    return written(RecordBefore{key_id, replace(key_id, std::nullopt)});
}

Status MemoryStore::scan(const Id& from, const Id& to, const Visitor& visit) {
    const auto walk = [&](auto it, const auto end) {
        for (; it != end; ++it) {
            if (!visit(it->first, head_of(it->second))) return false;
        }
        return true;
    };
    if (from < to) {
        walk(records_.upper_bound(from), records_.upper_bound(to));
    } else if (walk(records_.upper_bound(from), records_.end())) {
        walk(records_.begin(), records_.upper_bound(to));
    }
    return Success{};
}

std::optional<Bytes> MemoryStore::meta(std::string_view name) {
    const auto found = meta_.find(name);
    if (found == meta_.end()) return std::nullopt;
    return found->second;
}

Ticket MemoryStore::put_meta(std::string_view name, BytesView value) {
    if (const auto refusal = reason_to_refuse_meta(name, value)) return written(Refused{*refusal});
    stats_.bytes_written += name.size() + value.size();
    std::string key(name);
    auto before = replace_meta(key, Bytes(value));
    return written(MetaBefore{std::move(key), std::move(before)});
}

StoreStats MemoryStore::stats() const {
    StoreStats stats = stats_;
    stats.records = records_.size();
    stats.map_bytes = kNominalMapBytes;
    return stats;
}

void MemoryStore::commit() {
    if (undo_.empty()) return;
    const std::optional<Error> error = std::exchange(next_error_, std::nullopt);
    Ticket ticket = last_ticket_ - undo_.size();
    for (const Undo& undo : undo_) {
        const auto* refused = std::get_if<Refused>(&undo);
        append_result(commits_, ++ticket, refused != nullptr ? refused->error : error);
    }
    if (error) {
        undo_all();
    } else {
        ++stats_.commits;
        undo_.clear();
    }
}

std::vector<Commit> MemoryStore::take_commits() {
    return std::exchange(commits_, {});
}

void MemoryStore::crash() {
    undo_all();
    commits_.clear();
    next_error_.reset();
}

Ticket MemoryStore::written(Undo undo) {
    undo_.push_back(std::move(undo));
    ++last_ticket_;
    if (mode_ == CommitMode::at_once) commit();
    return last_ticket_;
}

/// Puts `record` (nullopt: nothing) in the place of what is under `key_id`, which is returned.
std::optional<Record> MemoryStore::replace(const Id& key_id, std::optional<Record> record) {
    rotten_.erase(key_id);
    std::optional<Record> before;
    const auto found = records_.find(key_id);
    if (found != records_.end()) {
        stats_.used_bytes -= bytes_on_disk(found->second);
        before = std::move(found->second);
    }
    if (record) {
        stats_.used_bytes += bytes_on_disk(*record);
        records_.insert_or_assign(key_id, std::move(*record));
    } else if (found != records_.end()) {
        records_.erase(found);
    }
    return before;
}

std::optional<Bytes> MemoryStore::replace_meta(const std::string& name, std::optional<Bytes> value) {
    std::optional<Bytes> before;
    const auto found = meta_.find(name);
    if (found != meta_.end()) before = std::move(found->second);
    if (value) {
        meta_.insert_or_assign(name, std::move(*value));
    } else if (found != meta_.end()) {
        meta_.erase(found);
    }
    return before;
}

void MemoryStore::undo_all() {
    for (; !undo_.empty(); undo_.pop_back()) {
        if (auto* record = std::get_if<RecordBefore>(&undo_.back())) {
            replace(record->id, std::move(record->record));
        } else if (auto* meta = std::get_if<MetaBefore>(&undo_.back())) {
            replace_meta(meta->name, std::move(meta->value));
        }
    }
}

}  // namespace chord::storage
