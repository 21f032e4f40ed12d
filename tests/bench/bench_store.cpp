// What does the store cost above LMDB? Durable puts a second by how many are in flight, and gets a second, beside
// the same work done with LMDB alone, alternating in one run.
//
// Usage: bench_store DIRECTORY [RECORDS]    DIRECTORY is made, and what the two databases leave in it is removed.
#include <lmdb.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include "node/core/base/hash.hpp"
#include "node/core/base/rng.hpp"
#include "storage/lmdb_store.hpp"

using namespace chord;

namespace {

constexpr std::size_t kValueBytes = 100;
constexpr int kRepetitions = 3;
constexpr std::uint64_t kMapBytes = std::uint64_t{1} << 30;

double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void must(bool good, const char* what) {
    if (good) return;
    std::fprintf(stderr, "bench_store: %s failed\n", what);
    std::exit(1);
}

/// What this process has handed to write() so far; 0 where the kernel does not count.
std::uint64_t bytes_to_kernel() {
    std::ifstream stream("/proc/self/io");
    std::string name;
    std::uint64_t number = 0;
    while (stream >> name >> number) {
        if (name == "wchar:") return number;
    }
    return 0;
}

struct PlainLmdb {
    MDB_env* env = nullptr;
    MDB_dbi dbi = 0;

    explicit PlainLmdb(const std::string& directory) {
        ::mkdir(directory.c_str(), 0700);
        must(mdb_env_create(&env) == 0 && mdb_env_set_mapsize(env, kMapBytes) == 0, "mdb_env_create");
        must(mdb_env_open(env, directory.c_str(), MDB_NORDAHEAD, 0600) == 0, "mdb_env_open");
        put({}, 0);
    }
    ~PlainLmdb() { mdb_env_close(env); }
    PlainLmdb(const PlainLmdb&) = delete;
    PlainLmdb& operator=(const PlainLmdb&) = delete;

    void put(const std::vector<Id>& ids, char fill) {
        MDB_txn* txn = nullptr;
        must(mdb_txn_begin(env, nullptr, 0, &txn) == 0 && mdb_dbi_open(txn, nullptr, 0, &dbi) == 0, "mdb_txn_begin");
        // As many bytes as our record: header, key, value, checksum.
        std::string value(44 + 16 + kValueBytes, fill);
        for (const Id& id : ids) {
            auto bytes = id.bytes();
            MDB_val key{bytes.size(), bytes.data()};
            MDB_val data{value.size(), value.data()};
            must(mdb_put(txn, dbi, &key, &data, 0) == 0, "mdb_put");
        }
        must(mdb_txn_commit(txn) == 0, "mdb_txn_commit");
    }

    void get(const std::vector<Id>& ids) {
        std::size_t found = 0;
        for (const Id& id : ids) {
            MDB_txn* txn = nullptr;
            must(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn) == 0, "mdb_txn_begin");
            auto bytes = id.bytes();
            MDB_val key{bytes.size(), bytes.data()};
            MDB_val data{};
            must(mdb_get(txn, dbi, &key, &data) == 0, "mdb_get");
            found += std::string(static_cast<const char*>(data.mv_data), data.mv_size).size();
            mdb_txn_abort(txn);
        }
        must(found > 0, "mdb_get");
    }
};

Record record_of(const Id& id, char fill) {
    Record record;
    record.key = id.hex().substr(0, 16);
    record.value.assign(kValueBytes, fill);
    return record;
}

/// Writes the ids with `in_flight` of them on the way at any time, as that many waiting clients do.
void put(storage::LmdbStore& store, const std::vector<Id>& ids, std::size_t in_flight, char fill) {
    for (std::size_t next = 0; next < ids.size();) {
        for (std::size_t i = 0; i < in_flight && next < ids.size(); ++i, ++next) {
            store.put(ids[next], record_of(ids[next], fill));
        }
        store.drain();
        for (const Commit& commit : store.take_commits()) must(!commit.error, "put");
    }
}

std::vector<Id> some_of(const std::vector<Id>& ids, std::size_t count, Rng& rng) {
    std::vector<Id> chosen;
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(ids[rng.below(ids.size())]);
    return chosen;
}

template <typename Work>
double rate(std::size_t count, const Work& work) {
    const double begin = seconds();
    work();
    return static_cast<double>(count) / (seconds() - begin);
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

void print_row(const char* what, const std::vector<double>& ours, const std::vector<double>& plain) {
    std::printf("| %-22s | %9.0f | %9.0f | %5.2f |\n", what, median(ours), median(plain), median(ours) / median(plain));
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2 || argc > 3) {
        std::fprintf(stderr, "usage: bench_store DIRECTORY [RECORDS]\n");
        return 2;
    }
    const std::string directory = argv[1];
    const std::size_t records = argc == 3 ? static_cast<std::size_t>(std::strtoul(argv[2], nullptr, 10)) : 20'000;
    must(records > 0, "reading RECORDS");
    ::mkdir(directory.c_str(), 0700);
    const std::string ours_path = directory + "/ours";
    const std::string plain_path = directory + "/plain";

    std::vector<Id> ids;
    for (std::size_t i = 0; i < records; ++i) ids.push_back(key_id(std::to_string(i)));
    {
        std::string why;
        auto opened =
            storage::LmdbStore::open({.directory = ours_path, .node = Id{}, .map_bytes = kMapBytes, .wake = {}}, why);
        if (!opened) {
            std::fprintf(stderr, "bench_store: %s\n", why.c_str());
            return 1;
        }
        storage::LmdbStore& store = **opened;
        PlainLmdb plain(plain_path);
        put(store, ids, 512, 'a');
        for (std::size_t i = 0; i < ids.size(); i += 512) {
            const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(i);
            plain.put({begin, begin + static_cast<std::ptrdiff_t>(std::min<std::size_t>(ids.size() - i, 512))}, 'a');
        }

        std::printf("%zu records of %zu bytes, medians of %d; a commit is synced to disk before the next\n\n", records,
                    kValueBytes, kRepetitions);
        std::printf("| a second               | the store |      LMDB | ratio |\n|---|---|---|---|\n");
        Rng rng(1);
        for (const std::size_t in_flight : std::initializer_list<std::size_t>{1, 4, 16, 50, 200, 500}) {
            std::vector<double> ours_rates;
            std::vector<double> plain_rates;
            for (int repetition = 0; repetition < kRepetitions; ++repetition) {
                const auto chosen = some_of(ids, in_flight * (in_flight < 50 ? 500 : 100), rng);
                ours_rates.push_back(rate(chosen.size(), [&] { put(store, chosen, in_flight, 'b'); }));
                plain_rates.push_back(rate(chosen.size(), [&] {
                    for (std::size_t i = 0; i < chosen.size(); i += in_flight) {
                        const auto begin = chosen.begin() + static_cast<std::ptrdiff_t>(i);
                        plain.put({begin, begin + static_cast<std::ptrdiff_t>(in_flight)}, 'b');
                    }
                }));
            }
            print_row(("puts, " + std::to_string(in_flight) + " in flight").c_str(), ours_rates, plain_rates);
        }
        std::vector<double> ours_rates;
        std::vector<double> plain_rates;
        for (int repetition = 0; repetition < kRepetitions; ++repetition) {
            const auto chosen = some_of(ids, 200'000, rng);
            ours_rates.push_back(rate(chosen.size(), [&] {
                for (const Id& id : chosen) must(store.get(id).has_value(), "get");
            }));
            plain_rates.push_back(rate(chosen.size(), [&] { plain.get(chosen); }));
        }
        print_row("gets, checksum verified", ours_rates, plain_rates);
        std::vector<double> views;
        views.push_back(rate(200'000, [&] {
            for (int i = 0; i < 200'000; ++i) must(store.stats().records == records, "stats");
        }));
        std::vector<double> heads;
        heads.push_back(rate(records, [&] {
            std::size_t seen = 0;
            const auto count = [&](const Id&, const RecordHead&) { return ++seen <= records; };
            must(store.scan(Id{}, Id{}, count).has_value() && seen == records, "scan");
        }));
        std::printf("\nstats() %.0f a second, heads scanned %.0f a second\n", views[0], heads[0]);

        const std::uint64_t counted_before = store.stats().bytes_written;
        const std::uint64_t measured_before = bytes_to_kernel();
        put(store, some_of(ids, 1600, rng), 16, 'c');
        const std::uint64_t counted = store.stats().bytes_written - counted_before;
        std::printf("bytes written by 100 commits of 16: counted %llu, by the kernel's count %llu\n",
                    static_cast<unsigned long long>(counted),
                    static_cast<unsigned long long>(bytes_to_kernel() - measured_before));
    }
    std::error_code ignored;
    std::filesystem::remove_all(ours_path, ignored);
    std::filesystem::remove_all(plain_path, ignored);
    return 0;
}
