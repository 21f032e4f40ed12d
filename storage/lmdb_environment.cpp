#include "storage/lmdb_environment.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>

#include "storage/lmdb_file.hpp"
#include "storage/record_format.hpp"

namespace chord::storage {

namespace {

constexpr const char* kRecordsTable = "records";
constexpr const char* kMetaTable = "meta";
constexpr std::string_view kMagicName = "store.magic";
constexpr std::string_view kSchemaName = "store.schema";
constexpr std::string_view kNodeName = "store.node";
constexpr std::string_view kMagic = "chordd store";
constexpr std::uint32_t kSchema = 1;

constexpr unsigned kReadersMax = 4;  // the loop's, and the commit thread's count of what it wrote
constexpr std::uint64_t kPagesMin = 256;
constexpr std::uint64_t kReserveMin = 64;
constexpr std::uint64_t kReserveMax = 1024;
// A commit leaves fewer pages at the end of the file allocated and unwritten than it has writes, and a few of its
// own.
constexpr std::uint64_t kUnwrittenPerCommit = 16;
constexpr std::uint64_t kExtensionPages = 256;

OpenFault foreign(const std::string& path) {
    return {Error::foreign,
            path + " is an LMDB database, but not one of chordd; " + "move it away or choose another directory"};
}

std::string bytes_of(const Id& id) {
    const auto bytes = id.bytes();
    return {bytes.begin(), bytes.end()};
}

}  // namespace

TransactionPtr begin_transaction(MDB_env* env, unsigned flags, int& code) {
    MDB_txn* txn = nullptr;
    code = env == nullptr ? EIO : mdb_txn_begin(env, nullptr, flags, &txn);
    return TransactionPtr(code == 0 ? txn : nullptr);
}

std::variant<std::unique_ptr<LmdbEnvironment>, OpenFault> LmdbEnvironment::open(const LmdbOptions& options) {
    if (options.map_bytes < kMapBytesMin || options.map_bytes > kMapBytesMax) {
        return OpenFault{Error::too_big, "a store of " + std::to_string(options.map_bytes) + " bytes is impossible; " +
                                             "choose between " + std::to_string(kMapBytesMin) + " and " +
                                             std::to_string(kMapBytesMax)};
    }
    std::unique_ptr<LmdbEnvironment> environment(new LmdbEnvironment);
    environment->directory_ = options.directory;
    environment->path_ = options.directory + "/data.mdb";
    environment->node_ = options.node;
    environment->map_bytes_ = options.map_bytes;
    if (auto fault = environment->lock_directory(options)) return *fault;
    if (auto fault = environment->open_file(options.node)) return *fault;
    return environment;
}

LmdbEnvironment::~LmdbEnvironment() {
    close();
    if (lock_ >= 0) ::close(lock_);
}

void LmdbEnvironment::close() {
    if (env_ != nullptr) mdb_env_close(env_);
    env_ = nullptr;
}

/// One process to a directory. The file stays behind: removing it would race with the next opener.
std::optional<OpenFault> LmdbEnvironment::lock_directory(const LmdbOptions& options) {
    const std::string& directory = options.directory;
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
        return system_fault("make the directory", directory, errno, "make it, or choose another one");
    }
    const std::string path = directory + "/chordd.lock";
    lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock_ < 0) {
        return system_fault("open", path, errno, "give " + directory + " to the user of chordd or choose another one");
    }
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0) return std::nullopt;
    if (errno != EWOULDBLOCK) return system_fault("lock", path, errno, "put the store on a file system with locks");
    return OpenFault{Error::already_in_use,
                     directory + " is in use by another process; stop that one or choose another directory"};
}

std::optional<OpenFault> LmdbEnvironment::open_file(const Id& node) {
    auto inspected = inspect_lmdb_file(path_);
    if (auto* fault = std::get_if<OpenFault>(&inspected)) return *fault;
    auto file = std::get<std::optional<LmdbFile>>(inspected);
    if (!file) {
        if (auto fault = create_file(node)) return fault;
        inspected = inspect_lmdb_file(path_);
        if (auto* fault = std::get_if<OpenFault>(&inspected)) return *fault;
        file = std::get<std::optional<LmdbFile>>(inspected);
        if (!file) return system_fault("find", path_, ENOENT, "");
    }
    page_size_ = file->page_size;
    pages_max_ = std::max(map_bytes_ / page_size_, kPagesMin);
    pages_reserved_ = std::clamp(pages_max_ / 16, kReserveMin, kReserveMax);
    pages_mapped_ = std::max(pages_max_, file->pages + pages_reserved_);
    file_bytes_ = file->pages * page_size_;
    reserved_bytes_ = 0;

    int code = mdb_env_create(&env_);
    if (code == 0) code = mdb_env_set_maxdbs(env_, 2);
    if (code == 0) code = mdb_env_set_maxreaders(env_, kReadersMax);
    if (code == 0) code = mdb_env_set_mapsize(env_, static_cast<std::size_t>(pages_mapped_ * page_size_));
    // NOTLS: reader slots belong to transactions. NORDAHEAD: hashed keys have no neighbours worth reading.
    if (code == 0) code = mdb_env_open(env_, directory_.c_str(), MDB_NOTLS | MDB_NORDAHEAD, 0600);
    if (code != 0) return fault_of(code);
    TransactionPtr txn = begin_transaction(env_, MDB_RDONLY, code);
    if (!txn) return fault_of(code);
    code = open_tables(txn.get(), 0);
    if (code == MDB_NOTFOUND || code == MDB_INCOMPATIBLE) return foreign(path_);
    if (code != 0) return fault_of(code);
    if (auto fault = verify_identity(txn.get(), node)) return fault;
    code = mdb_txn_commit(txn.release());  // keeps the table handles
    if (code != 0) return fault_of(code);
    return std::nullopt;
}

/// Builds the empty database under another name and renames it, so that a power cut leaves all of it or nothing.
std::optional<OpenFault> LmdbEnvironment::create_file(const Id& node) {
    const std::string path = path_ + ".new";
    const std::string lock_path = path + "-lock";
    ::unlink(path.c_str());  // left by a power cut; the directory is locked, nobody else is building one
    int code = mdb_env_create(&env_);
    if (code == 0) code = mdb_env_set_maxdbs(env_, 2);
    if (code == 0) code = mdb_env_open(env_, path.c_str(), MDB_NOSUBDIR | MDB_NOTLS, 0600);
    if (code == 0) {
        if (TransactionPtr txn = begin_transaction(env_, 0, code)) {
            const auto put = [&](std::string_view name, std::string_view value) {
                const Bytes stored = encode_meta(name, value);
                MDB_val key = as_val(name);
                MDB_val data = as_val(stored);
                if (code == 0) code = mdb_put(txn.get(), meta_, &key, &data, 0);
            };
            Bytes schema;
            put_u32(schema, kSchema);
            code = open_tables(txn.get(), MDB_CREATE);
            put(kMagicName, kMagic);
            put(kSchemaName, schema);
            put(kNodeName, bytes_of(node));
            if (code == 0) code = mdb_txn_commit(txn.release());
        }
    }
    if (code == 0) code = mdb_env_sync(env_, 1);
    close();
    ::unlink(lock_path.c_str());
    if (code == 0 && ::rename(path.c_str(), path_.c_str()) != 0) code = errno;
    if (code == 0) {
        const int directory = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (directory < 0 || ::fsync(directory) != 0) code = errno;
        if (directory >= 0) ::close(directory);
    }
    if (code == 0) return std::nullopt;
    return system_fault("make a database in", directory_, code, "make room or give it to the user of chordd");
}

int LmdbEnvironment::open_tables(MDB_txn* txn, unsigned flags) {
    const int code = mdb_dbi_open(txn, kMetaTable, flags, &meta_);
    return code != 0 ? code : mdb_dbi_open(txn, kRecordsTable, flags, &records_);
}

std::optional<OpenFault> LmdbEnvironment::verify_identity(MDB_txn* txn, const Id& node) {
    const auto read = [&](std::string_view name) -> std::optional<Bytes> {
        MDB_val key = as_val(name);
        MDB_val data{};
        if (mdb_get(txn, meta_, &key, &data) != 0) return std::nullopt;
        const auto value = decode_meta(name, as_view(data));
        return value ? std::optional(*value) : std::nullopt;
    };
    const auto magic = read(kMagicName);
    const auto schema = read(kSchemaName);
    const auto owner = read(kNodeName);
    if (!magic || *magic != kMagic) return foreign(path_);
    if (!schema || schema->size() != 4 || read_u32(*schema, 0) == 0) {
        return OpenFault{Error::corrupt,
                         path_ + " has lost its schema version; restore it, or move it away to start empty"};
    }
    if (read_u32(*schema, 0) > kSchema) {
        return OpenFault{Error::newer_schema, path_ + " has schema " + std::to_string(read_u32(*schema, 0)) +
                                                  " and this chordd knows up to " + std::to_string(kSchema) +
                                                  "; install the later chordd that wrote it, or move the file away"};
    }
    if (!owner || owner->size() != Id::kBytes) {
        return OpenFault{Error::corrupt, path_ + " has lost its node id; restore it, or move it away to start empty"};
    }
    if (*owner != bytes_of(node)) {
        const Id other = Id::from_bytes(reinterpret_cast<const std::uint8_t*>(owner->data()));
        return OpenFault{Error::foreign,
                         path_ + " belongs to node " + other.short_hex() + ", not to this node " + node.short_hex() +
                             ": the network key or the file 'identity' is not the one it was made with. "
                             "Put that one back; or, to enter another ring, start with an empty "
                             "state directory"};
    }
    return std::nullopt;
}

OpenFault LmdbEnvironment::fault_of(int code) const {
    return system_fault("open the database", path_, code, "restore it, or move it away to start empty");
}

std::uint64_t LmdbEnvironment::pages_used(MDB_txn* txn) const {
    std::uint64_t pages = 2;                                                 // the two heads
    for (const MDB_dbi table : {MDB_dbi{0}, MDB_dbi{1}, records_, meta_}) {  // 0 and 1: free pages, table names
        MDB_stat stat{};
        if (mdb_stat(txn, table, &stat) != 0) continue;
        pages += stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
    }
    return pages;
}

int LmdbEnvironment::extend_file(std::size_t writes, std::uint64_t used, bool puts) {
    MDB_envinfo info{};
    mdb_env_info(env_, &info);
    const std::uint64_t map_bytes = pages_mapped_ * page_size_;
    const std::uint64_t pages = writes + kUnwrittenPerCommit;
    const std::uint64_t length = std::min((info.me_last_pgno + 1 + pages) * page_size_, map_bytes);
    const std::uint64_t reserve = puts ? std::min((used + pages + kReserveMin) * page_size_, map_bytes) : 0;
    if (length <= file_bytes_ && reserve <= reserved_bytes_) return 0;
    int file = -1;
    struct stat status {};
    int code = mdb_env_get_fd(env_, &file);
    if (code == 0 && ::fstat(file, &status) != 0) code = errno;
    if (code != 0) return code;
    file_bytes_ = static_cast<std::uint64_t>(status.st_size);

    const std::uint64_t step = kExtensionPages * page_size_;
    for (const std::uint64_t wanted : {std::min(std::max(length, reserve) + step, map_bytes), reserve}) {
        if (wanted <= reserved_bytes_) break;
        code = ::fallocate(file, 0, 0, static_cast<off_t>(wanted)) == 0 ? 0 : errno;
        if (code == EOPNOTSUPP || code == ENOSYS) code = 0;  // then a file that is long enough has to do
        if (code != 0) continue;
        reserved_bytes_ = wanted;
        break;
    }
    file_bytes_ = ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
    if (reserve > reserved_bytes_) return code;
    // Where blocks are short a hole will do: LMDB has free pages in the file to write to.
    if (length > file_bytes_ && ::ftruncate(file, static_cast<off_t>(length)) != 0) return errno;
    file_bytes_ = std::max(file_bytes_, length);
    return 0;
}

/// LMDB says EIO for a write that a full disk cut short.
int LmdbEnvironment::cause_of(int code) const {
    struct statvfs disk {};
    if (code != EIO || ::statvfs(directory_.c_str(), &disk) != 0) return code;
    return disk.f_bavail * disk.f_frsize < kUnwrittenPerCommit * page_size_ ? ENOSPC : code;
}

void LmdbEnvironment::reopen() {
    close();
    if (open_file(node_)) close();
}

}  // namespace chord::storage
