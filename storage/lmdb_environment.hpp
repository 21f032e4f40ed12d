// LmdbEnvironment: one directory with a database of chordd in it, locked for this process, and its two tables open.
// FORMAT.md says what lies in it. Nothing of records or tickets here.
//
// Invariants
//  1. Nothing is written to a directory whose data.mdb is not ours, belongs to another node or is of a later schema.
//  2. data.mdb appears by rename(), complete and synced: whatever stands under that name is whole or was damaged
//     later.
//  3. At every commit data.mdb is at least as long as the pages that its head tells of, so that a shorter one is
//     damage.
#pragma once

#include <lmdb.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "node/core/base/id.hpp"
#include "storage/open_fault.hpp"

namespace chord::storage {

inline constexpr std::uint64_t kMapBytesDefault = std::uint64_t{sizeof(void*) >= 8 ? 1024 : 256} << 20;
inline constexpr std::uint64_t kMapBytesMin = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kMapBytesMax = std::uint64_t{sizeof(void*) >= 8 ? 1024 * 1024 : 1024} << 20;

/// The most writes that share one commit.
inline constexpr std::size_t kBatchWritesMax = 512;

struct LmdbOptions {
    /// Made with mode 0700 if missing (its last component only).
    std::string directory;
    /// The node that the records belong to. It is written down at creation; another node is refused later.
    Id node;
    /// The most that the database may grow to, kMapBytesMin to kMapBytesMax.
    std::uint64_t map_bytes = kMapBytesDefault;
    /// Called from the commit thread when commits wait for take_commits(), and from within a put that is refused at
    /// once. May only schedule that call, not make it. May be empty.
    std::function<void()> wake;
};

class LmdbEnvironment {
public:
    static std::variant<std::unique_ptr<LmdbEnvironment>, OpenFault> open(const LmdbOptions& options);
    ~LmdbEnvironment();
    LmdbEnvironment(const LmdbEnvironment&) = delete;
    LmdbEnvironment& operator=(const LmdbEnvironment&) = delete;

    MDB_env* handle() const { return env_; }
    MDB_dbi records() const { return records_; }
    MDB_dbi meta() const { return meta_; }
    std::uint64_t page_size() const { return page_size_; }

    /// The pages that may be in use. Of them `pages_reserved` are for removing, for named values and for LMDB itself.
    std::uint64_t pages_max() const { return pages_max_; }
    std::uint64_t pages_reserved() const { return pages_reserved_; }

    /// pages_max(), or more when the file was larger already: the limit was lowered, and removing needs room beyond
    /// it.
    std::uint64_t pages_mapped() const { return pages_mapped_; }

    /// The pages that the database needs as `txn` sees it; all others are free or about to be.
    std::uint64_t pages_used(MDB_txn* txn) const;

    /// Makes the file long enough for a commit of `writes` (invariant 3) and, if there are `puts` among them,
    /// reserves blocks where the file system can, so that removing works on a full disk. `used` is pages_used().
    /// Returns an LMDB return code.
    int extend_file(std::size_t writes, std::uint64_t used, bool puts);

    /// The LMDB return code of a failed commit, made more exact where LMDB is vague.
    int cause_of(int code) const;

    /// After an error that LMDB takes for fatal: closes the database and opens it again. REQUIRES: no transaction is
    /// open. When it fails, handle() is nullptr and a later call may succeed.
    void reopen();

private:
    LmdbEnvironment() = default;

    OpenFault fault_of(int code) const;
    std::optional<OpenFault> lock_directory(const LmdbOptions& options);
    std::optional<OpenFault> create_file(const Id& node);
    std::optional<OpenFault> open_file(const Id& node);
    int open_tables(MDB_txn* txn, unsigned flags);
    std::optional<OpenFault> verify_identity(MDB_txn* txn, const Id& node);
    void close();

    std::string directory_;
    std::string path_;
    Id node_;
    std::uint64_t map_bytes_ = 0;
    int lock_ = -1;
    MDB_env* env_ = nullptr;
    MDB_dbi records_ = 0;
    MDB_dbi meta_ = 0;
    std::uint64_t page_size_ = 0;
    std::uint64_t pages_max_ = 0;
    std::uint64_t pages_reserved_ = 0;
    std::uint64_t pages_mapped_ = 0;
    std::uint64_t file_bytes_ = 0;
    std::uint64_t reserved_bytes_ = 0;  // of them in real blocks
};

/// Ends a transaction with its scope, unless it was committed.
struct AbortTransaction {
    void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
using TransactionPtr = std::unique_ptr<MDB_txn, AbortTransaction>;

/// A null pointer and LMDB's return code in `code` when it cannot be had.
TransactionPtr begin_transaction(MDB_env* env, unsigned flags, int& code);

inline MDB_val as_val(std::string_view bytes) {
    return {bytes.size(), const_cast<char*>(bytes.data())};
}
inline std::string_view as_view(const MDB_val& val) {
    return {static_cast<const char*>(val.mv_data), val.mv_size};
}

}  // namespace chord::storage
