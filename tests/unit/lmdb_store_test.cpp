#include "storage/lmdb_store.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "node/core/base/hash.hpp"
#include "storage/record_format.hpp"
#include "tests/support/store_model.hpp"

namespace chord::storage {
namespace {

const Id kNode{{0xabcdef0123456789, 0, 0, 1}};

/// A new directory, in memory where there is such a place: these tests ask what is right, not how long the disk takes.
class StoreDir {
public:
    StoreDir() {
        path_ = (::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : std::filesystem::temp_directory_path().string()) +
                "/chordd-test-XXXXXX";
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
    }
    ~StoreDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    StoreDir(const StoreDir&) = delete;
    StoreDir& operator=(const StoreDir&) = delete;

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

LmdbOptions options_for(const StoreDir& dir, std::uint64_t map_bytes = std::uint64_t{64} << 20) {
    return {.directory = dir.path() + "/store", .node = kNode, .map_bytes = map_bytes, .wake = {}};
}

std::unique_ptr<LmdbStore> open_store(const LmdbOptions& options) {
    std::string why;
    auto store = LmdbStore::open(options, why);
    INFO(why);
    REQUIRE(store.has_value());
    return std::move(*store);
}

struct LmdbHarness {
    StoreDir dir;
    std::unique_ptr<LmdbStore> lmdb = open_store(options_for(dir));

    Store& store() { return *lmdb; }
    std::vector<Commit> take() { return lmdb->take_commits(); }
    std::vector<Commit> settle() {
        lmdb->drain();
        return lmdb->take_commits();
    }
    void restart(bool) {
        lmdb.reset();
        lmdb = open_store(options_for(dir));
    }
    // A store that is ended in an orderly way commits first.
    bool restart_loses_uncommitted() const { return false; }
};

Record record_of(Bytes value) {
    Record record;
    record.key = "k";
    record.value = std::move(value);
    return record;
}

Id id_of(std::uint64_t number) {
    return key_id(std::to_string(number));
}

Bytes value_at(Store& store, const Id& id) {
    const auto record = store.get(id);
    REQUIRE(record.has_value());
    return record->has_value() ? (*record)->value : Bytes("nothing");
}

/// The results by ticket, after all writes were settled; index 0 is ticket `first`.
std::vector<std::optional<Error>> settled(LmdbStore& store, Ticket first) {
    store.drain();
    std::vector<std::optional<Error>> results;
    for (const Commit& commit : store.take_commits()) {
        REQUIRE(commit.first == first + results.size());
        results.insert(results.end(), commit.last - commit.first + 1, commit.error);
    }
    return results;
}

TEST_CASE("lmdb store behaves like std::map") {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        LmdbHarness harness;
        test::run_store_model(harness, seed, 2000);
    }
}

TEST_CASE("records, values and counts survive a restart; only one file of records is there") {
    StoreDir dir;
    {
        auto store = open_store(options_for(dir));
        store->put(id_of(1), record_of("one"));
        store->put_meta("peers", "somebody");
    }
    auto store = open_store(options_for(dir));
    CHECK(value_at(*store, id_of(1)) == "one");
    CHECK(store->meta("peers") == "somebody");
    CHECK(!store->meta("magic"));
    CHECK(store->stats().records == 1);
    CHECK(store->stats().map_bytes == std::uint64_t{64} << 20);
    const std::string path = options_for(dir).directory;
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0700U);
    for (const auto& file : std::filesystem::directory_iterator(path)) {
        CAPTURE(file.path().string());
        REQUIRE(::stat(file.path().c_str(), &status) == 0);
        CHECK((status.st_mode & 0777U) == 0600U);
    }
}

TEST_CASE("a write is visible before its commit and many share one") {
    StoreDir dir;
    auto store = open_store(options_for(dir));
    for (std::uint64_t i = 0; i < 2000; ++i) {
        CHECK(store->put(id_of(i), record_of(std::to_string(i))) == i + 1);
        CHECK(value_at(*store, id_of(i)) == std::to_string(i));
    }
    const auto results = settled(*store, 1);
    CHECK(results.size() == 2000);
    CHECK(store->stats().commits < 200);
    CHECK(store->stats().commits >= 1);
    CHECK(store->stats().records == 2000);
    CHECK(store->stats().bytes_written > 2000 * 40);
    CHECK(store->take_commits().empty());
}

TEST_CASE("wake comes for every result, also for a refused ticket") {
    StoreDir dir;
    std::atomic<int> wakes{0};
    LmdbOptions options = options_for(dir);
    options.wake = [&] { ++wakes; };
    auto store = open_store(options);
    store->put(id_of(1), record_of(Bytes(kValueBytesMax + 1, 'x')));
    CHECK(wakes == 1);
    const auto refused = store->take_commits();
    REQUIRE(refused.size() == 1);
    CHECK(refused[0].error == Error::too_big);
    store->put(id_of(1), record_of("fits"));
    store->drain();
    store.reset();
    CHECK(wakes >= 2);
}

TEST_CASE("beyond the bound a ticket fails as overloaded, in its turn") {
    StoreDir dir;
    auto store = open_store(options_for(dir));
    constexpr std::uint64_t kWrites = 3 * kPendingWritesMax;
    for (std::uint64_t i = 0; i < kWrites; ++i) store->put(id_of(i), record_of(std::to_string(i)));
    const auto results = settled(*store, 1);
    REQUIRE(results.size() == kWrites);
    std::uint64_t failed = 0;
    for (std::uint64_t i = 0; i < kWrites; ++i) {
        if (results[i]) {
            CHECK(results[i] == Error::overloaded);
            ++failed;
        }
        CHECK(value_at(*store, id_of(i)) == (results[i] ? "nothing" : std::to_string(i)));
    }
    CHECK(failed > 0);
    CHECK(kWrites - failed >= kPendingWritesMax / 2);
    store->put(id_of(0), record_of("room again"));
    CHECK(settled(*store, kWrites + 1) == std::vector<std::optional<Error>>{std::nullopt});
}

// ---------------------------------------------------------------------------------------------------------- full store

TEST_CASE("a full store says full, reads go on, removing works and room comes back") {
    StoreDir dir;
    auto store = open_store(options_for(dir, kMapBytesMin));
    std::map<std::uint64_t, Bytes> model;
    Ticket first = 1;
    const auto fill = [&](std::uint64_t from) {
        std::vector<std::uint64_t> numbers;
        for (std::uint64_t i = from; i < from + 1500; ++i) {
            store->put(id_of(i), record_of(Bytes(700, static_cast<char>('a' + i % 26))));
            numbers.push_back(i);
        }
        const auto results = settled(*store, first);
        REQUIRE(results.size() == numbers.size());
        first += results.size();
        std::size_t full = 0;
        for (std::size_t i = 0; i < results.size(); ++i) {
            if (!results[i]) {
                model[numbers[i]] = Bytes(700, static_cast<char>('a' + numbers[i] % 26));
                continue;
            }
            CHECK(results[i] == Error::full);
            ++full;
        }
        return full;
    };
    const auto check_all = [&](std::uint64_t end) {
        for (std::uint64_t i = 0; i < end; ++i) {
            const auto found = model.find(i);
            REQUIRE(value_at(*store, id_of(i)) == (found == model.end() ? Bytes("nothing") : found->second));
        }
        CHECK(store->stats().records == model.size());
    };
    CHECK(fill(0) > 300);
    const std::size_t held = model.size();
    CHECK(held > 400);  // of 1 MiB, with a quarter of it in reserve
    check_all(1500);
    CHECK(store->stats().used_bytes <= kMapBytesMin);

    // A tombstone is smaller than what it replaces, named values are small: both land.
    Record tombstone = record_of("");
    tombstone.tombstone = true;
    for (std::uint64_t i = 0; i < 20; ++i) {
        const std::uint64_t number = model.begin()->first + i;
        if (model.count(number) == 0) continue;
        store->put(id_of(number), tombstone);
        model[number] = "";
    }
    store->put_meta("clock", "12345");
    for (const auto& result : settled(*store, first)) {
        CHECK(!result);
        ++first;
    }
    check_all(1500);

    // Removing one by one, from a full store; then room for as many again. Repeated, so that the reserve cannot leak.
    for (std::uint64_t round = 1; round <= 3; ++round) {
        CHECK(fill(1500 * round) > 0);
        for (auto it = model.begin(); it != model.end(); it = model.erase(it)) {
            store->erase(id_of(it->first));
            if (it->first % 3 == 0) store->drain();
        }
        for (const auto& result : settled(*store, first)) {
            CHECK(!result);
            ++first;
        }
        CHECK(store->stats().records == 0);
        CHECK(fill(1500 * (round + 10)) > 300);
        CHECK(model.size() >= held * 9 / 10);
    }
    check_all(1500 * 16);
    store.reset();
    store = open_store(options_for(dir, kMapBytesMin));
    check_all(1500 * 16);
}

TEST_CASE("a limit lowered below what is held refuses puts and lets things be removed") {
    StoreDir dir;
    {
        auto store = open_store(options_for(dir));
        for (std::uint64_t i = 0; i < 3000; ++i) store->put(id_of(i), record_of(Bytes(900, 'x')));
        CHECK(settled(*store, 1).back() == std::nullopt);
    }
    auto store = open_store(options_for(dir, kMapBytesMin));
    CHECK(value_at(*store, id_of(5)).size() == 900);
    store->put(id_of(3000), record_of("x"));
    CHECK(settled(*store, 1).at(0) == Error::full);
    for (std::uint64_t i = 0; i < 3000; ++i) store->erase(id_of(i));
    for (const auto& result : settled(*store, 2)) CHECK(!result);
    store->put(id_of(3000), record_of("x"));
    CHECK(settled(*store, 3002).at(0) == std::nullopt);
}

/// No file of this process may grow beyond `bytes` meanwhile: the fullest of disks, where not even a hole fits.
class FileSizeLimit {
public:
    explicit FileSizeLimit(std::uint64_t bytes) {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        const rlimit limit{bytes, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    }
    ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

private:
    rlimit before_{};
};

TEST_CASE("a full disk: what fits lands, the rest says full and is undone, and room helps at once") {
    StoreDir dir;
    const LmdbOptions options = options_for(dir);
    auto store = open_store(options);
    std::vector<std::optional<Error>> results;
    const auto put_all = [&](Ticket first) {
        for (std::uint64_t i = 0; i < 2500; ++i) store->put(id_of(i), record_of(Bytes(900, 'x')));
        results = settled(*store, first);
        REQUIRE(results.size() == 2500);
    };
    {
        const FileSizeLimit limit(std::uint64_t{2} << 20);
        put_all(1);
        std::size_t landed = 0;
        for (std::uint64_t i = 0; i < 2500; ++i) {
            if (results[i]) CHECK(results[i] == Error::full);
            if (!results[i]) ++landed;
            REQUIRE(value_at(*store, id_of(i)).size() == (results[i] ? 7 : 900));
        }
        CHECK(landed > 600);
        CHECK(landed < 2300);
        for (std::uint64_t i = 0; i < 2500; ++i) store->erase(id_of(i));
        const auto erased = settled(*store, 2501);
        for (std::uint64_t i = 0; i < 2500; ++i) {
            if (erased[i]) CHECK(erased[i] == Error::full);
            REQUIRE(value_at(*store, id_of(i)).size() == (erased[i] && !results[i] ? 900 : 7));
        }
    }
    put_all(5001);
    for (const auto& result : results) CHECK(!result);
    store.reset();
    CHECK(open_store(options)->stats().records == 2500);
}

TEST_CASE("writes that cancel each other leave a file that is whole") {
    StoreDir dir;
    const LmdbOptions options = options_for(dir);
    for (std::uint64_t round = 0; round < 20; ++round) {
        auto store = open_store(options);
        store->put(id_of(round), record_of("kept"));
        for (std::uint64_t i = 100; i < 350; ++i) store->put(id_of(i), record_of(Bytes(1000, 'x')));
        for (std::uint64_t i = 100; i < 350; ++i) store->erase(id_of(i));
        for (const auto& result : settled(*store, 1)) REQUIRE(!result);
        store.reset();
        store = open_store(options);
        CHECK(store->stats().records == round + 1);
    }
}

// ------------------------------------------------------------------------------------------------ the disk says no

/// Makes LMDB's writes fail: its descriptor of the data file (that of the head, if `head`) becomes a read-only one.
class DeadDisk {
public:
    DeadDisk(const std::string& path, bool head) {
        for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
            const int number = std::stoi(entry.path().filename().string());
            std::error_code error;
            const bool ours = std::filesystem::read_symlink(entry.path(), error) == std::filesystem::path(path);
            if (ours && ((::fcntl(number, F_GETFL) & O_DSYNC) != 0) == head) target_ = number;
        }
        REQUIRE(target_ >= 0);
        saved_ = ::dup(target_);
        const int read_only = ::open(path.c_str(), O_RDONLY);
        REQUIRE(::dup2(read_only, target_) == target_);
        ::close(read_only);
    }
    /// Only for a descriptor that LMDB has not closed meanwhile.
    void repair() { REQUIRE(::dup2(saved_, target_) == target_); }
    ~DeadDisk() { ::close(saved_); }
    DeadDisk(const DeadDisk&) = delete;
    DeadDisk& operator=(const DeadDisk&) = delete;

private:
    int target_ = -1;
    int saved_ = -1;
};

TEST_CASE("a disk that refuses data: the write is undone, reads go on, and writes too once it is well") {
    StoreDir dir;
    auto store = open_store(options_for(dir));
    store->put(id_of(1), record_of("old"));
    CHECK(settled(*store, 1).at(0) == std::nullopt);
    DeadDisk disk(options_for(dir).directory + "/data.mdb", false);
    store->put(id_of(1), record_of("new"));
    store->put_meta("m", "new");
    CHECK(value_at(*store, id_of(1)) == "new");
    for (const auto& result : settled(*store, 2)) CHECK(result == Error::io);
    CHECK(value_at(*store, id_of(1)) == "old");
    CHECK(!store->meta("m"));
    disk.repair();
    store->put(id_of(1), record_of("newer"));
    CHECK(settled(*store, 4).at(0) == std::nullopt);
    CHECK(value_at(*store, id_of(1)) == "newer");
}

TEST_CASE("a disk that refuses LMDB's head, fatal to LMDB, is not fatal to the store") {
    StoreDir dir;
    auto store = open_store(options_for(dir));
    store->put(id_of(1), record_of("old"));
    CHECK(settled(*store, 1).at(0) == std::nullopt);
    {
        const DeadDisk disk(options_for(dir).directory + "/data.mdb", true);
        store->put(id_of(1), record_of("new"));
        CHECK(settled(*store, 2).at(0) == Error::io);
    }
    CHECK(value_at(*store, id_of(1)) == "old");
    store->put(id_of(1), record_of("newer"));
    CHECK(settled(*store, 3).at(0) == std::nullopt);
    CHECK(value_at(*store, id_of(1)) == "newer");
}

// ------------------------------------------------------------------------------------------------------------- crashes

/// Writes until it is killed, and says on `out` how far the commits have come.
[[noreturn]] void write_until_killed(const LmdbOptions& options, int out, Ticket begin) {
    std::string why;
    auto store = LmdbStore::open(options, why);
    if (!store) ::_exit(1);
    Rng rng(begin);
    Ticket number = begin;
    for (;;) {
        for (std::uint64_t i = rng.below(40); i > 0; --i, ++number) {
            const Bytes value = std::to_string(number);
            (*store)->put(number % 4 == 0 ? id_of(0) : id_of(number), record_of(value));
        }
        for (const Commit& commit : (*store)->take_commits()) {
            const Ticket reported = begin + commit.last - 1;
            if (commit.error || ::write(out, &reported, sizeof reported) != sizeof reported) ::_exit(2);
        }
        if (rng.chance(1, 3)) (*store)->drain();
    }
}

TEST_CASE("what was reported as committed survives kill -9") {
    StoreDir dir;
    Ticket begin = 4;
    for (int round = 0; round < 20; ++round) {
        INFO("round " << round);
        int pipe_ends[2];
        REQUIRE(::pipe(pipe_ends) == 0);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::close(pipe_ends[0]);
            write_until_killed(options_for(dir), pipe_ends[1], begin);
        }
        ::close(pipe_ends[1]);
        Ticket reported = 0;
        Rng rng(static_cast<std::uint64_t>(round));
        for (std::uint64_t reports = 1 + rng.below(30); reports > 0; --reports) {
            REQUIRE(::read(pipe_ends[0], &reported, sizeof reported) == sizeof reported);
        }
        ::kill(child, SIGKILL);
        while (::read(pipe_ends[0], &reported, sizeof reported) == sizeof reported) {
        }
        ::close(pipe_ends[0]);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));

        auto store = open_store(options_for(dir));
        Ticket newest_hot = 0;
        for (Ticket number = 4; number <= reported; ++number) {
            if (number % 4 == 0) {
                newest_hot = number;
            } else if (number >= begin) {
                REQUIRE(value_at(*store, id_of(number)) == std::to_string(number));
            }
        }
        REQUIRE(std::stoull(value_at(*store, id_of(0))) >= newest_hot);
        begin = (reported + 4000) / 4 * 4;
    }
}

// ----------------------------------------------------------------------------------------------------------- bad files

struct Refusal {
    Error error;
    std::string why;
};

Refusal refusal_of(const LmdbOptions& options) {
    std::string why;
    const auto store = LmdbStore::open(options, why);
    REQUIRE(!store.has_value());
    CHECK(why.find(options.directory) != std::string::npos);
    CHECK(why.find('\n') == std::string::npos);
    CHECK(why.back() != '.');
    return {store.error(), why};
}

Bytes contents(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    REQUIRE(stream.is_open());
    return Bytes(std::istreambuf_iterator<char>(stream), {});
}

void write_file(const std::string& path, BytesView bytes) {
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    REQUIRE(stream.good());
}

/// A store with some records, closed.
std::string make_store(const LmdbOptions& options, std::uint64_t records = 200) {
    auto store = open_store(options);
    for (std::uint64_t i = 0; i < records; ++i) store->put(id_of(i), record_of("value-" + std::to_string(i)));
    store->drain();
    return options.directory + "/data.mdb";
}

TEST_CASE("files that are not a store are refused and left as they are") {
    StoreDir dir;
    const LmdbOptions options = options_for(dir);
    const std::string path = make_store(options);
    const Bytes good = contents(path);
    const auto with = [&](std::size_t offset, BytesView bytes) {
        Bytes bad = good;
        bad.replace(offset, bytes.size(), bytes);
        return bad;
    };
    Bytes noise(100'000, '\0');
    Rng rng(1);
    for (char& byte : noise) byte = static_cast<char>(rng.below(256));

    constexpr std::size_t kMagicAt = sizeof(std::size_t) + 8;
    const std::vector<std::pair<std::string, Bytes>> foreign = {
        {"empty", ""},
        {"one byte", "x"},
        {"text", "This is not a database.\n"},
        {"zeros", Bytes(65536, '\0')},
        {"noise", noise},
        {"half a page", good.substr(0, 2000)},
        {"one page", good.substr(0, 4096)},
        {"other magic", with(kMagicAt, "abcd")},
        {"other byte order", with(kMagicAt, std::string("\xbe\xef\xc0\xde", 4))},
        {"later lmdb", with(kMagicAt + 4, std::string("\x02\0\0\0", 4))},
        {"no page size", with(kMagicAt + 8 + 2 * sizeof(std::size_t), std::string(4, '\0'))},
        {"odd page size", with(kMagicAt + 8 + 2 * sizeof(std::size_t), std::string("\x01\x10\0\0", 4))},
        {"second head damaged", with(4096 + kMagicAt, "abcd")},
    };
    for (const auto& file : foreign) {
        CAPTURE(file.first);
        const Bytes& bytes = file.second;
        write_file(path, bytes);
        const Refusal refusal = refusal_of(options);
        CAPTURE(refusal.why);
        CHECK(refusal.error == Error::foreign);
        CHECK(contents(path) == bytes);
    }

    write_file(path, good);
    CHECK(value_at(*open_store(options), id_of(7)) == "value-7");
}

TEST_CASE("a store that was cut short is refused as corrupt, at every page") {
    StoreDir dir;
    const LmdbOptions options = options_for(dir);
    const std::string path = make_store(options, 2000);
    const Bytes good = contents(path);
    std::size_t refused = 0;
    bool shorter = true;
    for (std::size_t size = 3 * 4096; size < good.size(); size += 4096 + 17) {
        write_file(path, BytesView(good).substr(0, size));
        std::string why;
        const auto store = LmdbStore::open(options, why);
        if (!store) {
            CHECK(shorter);
            CHECK(store.error() == Error::corrupt);
            ++refused;
        } else {
            shorter = false;  // only the unused tail is missing: everything is there
            REQUIRE(value_at(**store, id_of(size % 2000)).substr(0, 6) == "value-");
        }
    }
    CHECK(refused > 20);
}

TEST_CASE("an LMDB database of another program is refused and left as it is") {
    StoreDir dir;
    const LmdbOptions options = options_for(dir);
    REQUIRE(::mkdir(options.directory.c_str(), 0700) == 0);
    const std::string path = options.directory + "/data.mdb";
    for (const char* table : {static_cast<const char*>(nullptr), "records", "meta"}) {
        MDB_env* env = nullptr;
        REQUIRE(mdb_env_create(&env) == 0);
        mdb_env_set_maxdbs(env, 4);
        REQUIRE(mdb_env_open(env, options.directory.c_str(), 0, 0600) == 0);
        MDB_txn* txn = nullptr;
        MDB_dbi dbi = 0;
        REQUIRE(mdb_txn_begin(env, nullptr, 0, &txn) == 0);
        REQUIRE(mdb_dbi_open(txn, table, table != nullptr ? MDB_CREATE : 0, &dbi) == 0);
        MDB_val key = as_val("meta");
        MDB_val data = as_val("theirs");
        REQUIRE(mdb_put(txn, dbi, &key, &data, 0) == 0);
        REQUIRE(mdb_txn_commit(txn) == 0);
        mdb_env_close(env);
        const Bytes before = contents(path);
        const Refusal refusal = refusal_of(options);
        CAPTURE(refusal.why);
        CHECK(refusal.error == Error::foreign);
        CHECK(contents(path) == before);
        std::filesystem::remove(path);
    }
}

/// Changes one of the store's own values behind its back.
void set_own_value(const LmdbOptions& options, std::string_view name, const std::optional<Bytes>& stored) {
    MDB_env* env = nullptr;
    REQUIRE(mdb_env_create(&env) == 0);
    mdb_env_set_maxdbs(env, 2);
    REQUIRE(mdb_env_open(env, options.directory.c_str(), 0, 0600) == 0);
    MDB_txn* txn = nullptr;
    MDB_dbi dbi = 0;
    REQUIRE(mdb_txn_begin(env, nullptr, 0, &txn) == 0);
    REQUIRE(mdb_dbi_open(txn, "meta", 0, &dbi) == 0);
    MDB_val key = as_val(name);
    MDB_val data = as_val(stored ? BytesView(*stored) : BytesView());
    REQUIRE((stored ? mdb_put(txn, dbi, &key, &data, 0) : mdb_del(txn, dbi, &key, nullptr)) == 0);
    REQUIRE(mdb_txn_commit(txn) == 0);
    mdb_env_close(env);
}

TEST_CASE("a later schema, a lost one, another node's store") {
    StoreDir dir;
    LmdbOptions options = options_for(dir);
    make_store(options);

    LmdbOptions stranger = options;
    stranger.node.words[0] = 0x1111111122222222;
    const Refusal other = refusal_of(stranger);
    CHECK(other.error == Error::foreign);
    CHECK(other.why.find("belongs to node abcdef01") != std::string::npos);
    CHECK(other.why.find("11111111") != std::string::npos);

    set_own_value(options, "store.schema", encode_meta("store.schema", std::string("\x02\0\0\0", 4)));
    const Refusal later = refusal_of(options);
    CHECK(later.error == Error::newer_schema);
    CHECK(later.why.find("has schema 2") != std::string::npos);

    set_own_value(options, "store.schema", Bytes("rot"));
    CHECK(refusal_of(options).error == Error::corrupt);
    set_own_value(options, "store.schema", encode_meta("store.schema", std::string("\x01\0\0\0", 4)));
    CHECK(value_at(*open_store(options), id_of(3)) == "value-3");
    set_own_value(options, "store.node", std::nullopt);
    CHECK(refusal_of(options).error == Error::corrupt);
    set_own_value(options, "store.magic", std::nullopt);
    CHECK(refusal_of(options).error == Error::foreign);
}

TEST_CASE("one process to a directory") {
    StoreDir dir;
    const LmdbOptions options = options_for(dir);
    auto store = open_store(options);
    const Refusal second = refusal_of(options);
    CHECK(second.error == Error::already_in_use);
    CHECK(second.why.find("in use by another process") != std::string::npos);
    store->put(id_of(1), record_of("still works"));
    CHECK(settled(*store, 1).at(0) == std::nullopt);
    store.reset();
    CHECK(value_at(*open_store(options), id_of(1)) == "still works");
}

/// Root may do everything; to see the refusals of others, be somebody else for a while.
struct AsNobody {
    AsNobody() { root = ::geteuid() == 0 && ::seteuid(65534) == 0; }
    ~AsNobody() {
        if (root) REQUIRE(::seteuid(0) == 0);
    }
    bool root = false;
};

TEST_CASE("directories and files that may not be used") {
    StoreDir dir;
    REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
    LmdbOptions options = options_for(dir);
    const std::string path = make_store(options);
    REQUIRE(::chmod(options.directory.c_str(), 0555) == 0);
    std::filesystem::remove(options.directory + "/chordd.lock");
    {
        const AsNobody nobody;
        const Refusal refusal = refusal_of(options);
        CHECK(refusal.error == Error::io);
        CHECK(refusal.why.find("Permission denied") != std::string::npos);
    }
    REQUIRE(::chmod(options.directory.c_str(), 0777) == 0);
    REQUIRE(::chmod(path.c_str(), 0000) == 0);
    {
        const AsNobody nobody;
        const Refusal refusal = refusal_of(options);
        CHECK(refusal.error == Error::io);
        CHECK(refusal.why.find("data.mdb: Permission denied") != std::string::npos);
    }
    REQUIRE(::chmod(path.c_str(), 0600) == 0);

    LmdbOptions missing = options;
    missing.directory = dir.path() + "/no/such";
    CHECK(refusal_of(missing).error == Error::io);
    LmdbOptions file = options;
    file.directory = path;
    CHECK(refusal_of(file).error == Error::io);
    LmdbOptions folder = options;
    folder.directory = dir.path() + "/folder";
    std::filesystem::create_directories(folder.directory + "/data.mdb");
    CHECK(refusal_of(folder).error == Error::foreign);
    LmdbOptions small = options;
    small.map_bytes = 4096;
    std::string why;
    const auto refused = LmdbStore::open(small, why);
    REQUIRE(!refused.has_value());
    CHECK(refused.error() == Error::too_big);
    CHECK(why.find("4096") != std::string::npos);
}

TEST_CASE("what a power cut left of a half-made store does not matter") {
    StoreDir dir;
    const LmdbOptions options = options_for(dir);
    REQUIRE(::mkdir(options.directory.c_str(), 0700) == 0);
    write_file(options.directory + "/data.mdb.new", "half");
    write_file(options.directory + "/lock.mdb", "garbage");
    auto store = open_store(options);
    store->put(id_of(1), record_of("fine"));
    CHECK(settled(*store, 1).at(0) == std::nullopt);
    CHECK(!std::filesystem::exists(options.directory + "/data.mdb.new"));
}

TEST_CASE("a damaged record is reported and counted, left alone, and heals when it is put again") {
    StoreDir dir;
    const LmdbOptions options = options_for(dir);
    const std::string path = make_store(options);
    Bytes bytes = contents(path);
    // Old copies of the page may lie in the file too.
    for (std::size_t at = bytes.find("value-77"); at != Bytes::npos; at = bytes.find("value-77", at + 1)) {
        bytes[at] = 'V';
    }
    write_file(path, bytes);
    auto store = open_store(options);
    CHECK(store->get(id_of(77)).error() == Error::corrupt);
    CHECK(store->get(id_of(77)).error() == Error::corrupt);
    CHECK(store->stats().corrupt_records == 2);
    CHECK(value_at(*store, id_of(78)) == "value-78");
    std::size_t visited = 0;
    REQUIRE(store->scan(Id{}, Id{}, [&](const Id&, const RecordHead&) { return ++visited < 1000; }).has_value());
    CHECK(visited == 200);
    store.reset();
    CHECK(contents(path) == bytes);

    store = open_store(options);
    store->put(id_of(77), record_of("healed"));
    CHECK(settled(*store, 1).at(0) == std::nullopt);
    CHECK(value_at(*store, id_of(77)) == "healed");
}

}  // namespace
}  // namespace chord::storage
