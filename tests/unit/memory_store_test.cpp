#include "storage/memory_store.hpp"

#include <doctest/doctest.h>

#include "storage/record_format.hpp"
#include "tests/support/store_model.hpp"

namespace chord::storage {
namespace {

struct MemoryHarness {
    MemoryStore memory;

    explicit MemoryHarness(MemoryStore::CommitMode mode) : memory(mode) {}
    Store& store() { return memory; }
    std::vector<Commit> take() { return memory.take_commits(); }
    std::vector<Commit> settle() {
        memory.commit();
        return memory.take_commits();
    }
    void restart(bool cut) {
        if (!cut) memory.commit();
        memory.crash();
    }
    bool restart_loses_uncommitted() const { return memory_loses; }
    bool memory_loses = true;
};

Record record_of(std::string_view value) {
    Record record;
    record.key = "k";
    record.value = value;
    return record;
}

Bytes value_at(MemoryStore& store, const Id& id) {
    const auto record = store.get(id);
    REQUIRE(record.has_value());
    return record->has_value() ? (*record)->value : Bytes("nothing");
}

const Id kA{{1, 0, 0, 0}};
const Id kB{{2, 0, 0, 0}};

TEST_CASE("memory store behaves like std::map, commits on request") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        MemoryHarness harness(MemoryStore::CommitMode::on_request);
        test::run_store_model(harness, seed, 3000);
    }
}

TEST_CASE("memory store behaves like std::map, commits at once") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        MemoryHarness harness(MemoryStore::CommitMode::at_once);
        harness.memory_loses = false;
        test::run_store_model(harness, seed, 3000);
    }
}

TEST_CASE("a commit that fails undoes all it covers and nothing before it") {
    MemoryStore store(MemoryStore::CommitMode::on_request);
    store.put(kA, record_of("old"));
    store.put_meta("m", "old");
    store.commit();
    REQUIRE(store.take_commits().size() == 1);
    const auto before = store.stats();

    store.put(kA, record_of("new"));
    store.put(kA, record_of("newer"));
    store.put(kB, record_of("b"));
    store.put_meta("m", "new");
    store.erase(kA);
    CHECK(value_at(store, kA) == "nothing");
    CHECK(store.uncommitted() == 5);
    store.fail_next_commit(Error::full);
    store.commit();
    const auto commits = store.take_commits();
    REQUIRE(commits.size() == 1);
    CHECK(commits[0].first == 3);
    CHECK(commits[0].last == 7);
    CHECK(commits[0].error == Error::full);
    CHECK(value_at(store, kA) == "old");
    CHECK(value_at(store, kB) == "nothing");
    CHECK(store.meta("m") == "old");
    CHECK(store.stats().used_bytes == before.used_bytes);
    CHECK(store.stats().records == 1);

    store.put(kB, record_of("again"));
    store.commit();
    CHECK(!store.take_commits().at(0).error);
    CHECK(value_at(store, kB) == "again");
}

TEST_CASE("commits at once fail at once when told to") {
    MemoryStore store;
    store.put(kA, record_of("old"));
    store.fail_next_commit(Error::io);
    const Ticket failed = store.put(kA, record_of("new"));
    CHECK(value_at(store, kA) == "old");
    const auto commits = store.take_commits();
    REQUIRE(commits.size() == 2);
    CHECK(commits[1].first == failed);
    CHECK(commits[1].error == Error::io);
}

TEST_CASE("a crash loses what was not committed, and only that") {
    MemoryStore store(MemoryStore::CommitMode::on_request);
    store.put(kA, record_of("kept"));
    store.put_meta("clock", "1");
    store.commit();
    store.erase(kA);
    store.put(kB, record_of("lost"));
    store.put_meta("clock", "2");
    store.crash();
    CHECK(value_at(store, kA) == "kept");
    CHECK(value_at(store, kB) == "nothing");
    CHECK(store.meta("clock") == "1");
    CHECK(store.take_commits().empty());
    CHECK(store.uncommitted() == 0);
}

TEST_CASE("what is over the limits is refused in its turn") {
    MemoryStore store(MemoryStore::CommitMode::on_request);
    store.put(kA, record_of("a"));
    const Ticket refused = store.put(kB, record_of(Bytes(kValueBytesMax + 1, 'x')));
    store.put_meta("m", Bytes(kMetaValueBytesMax + 1, 'x'));
    store.commit();
    const auto commits = store.take_commits();
    REQUIRE(commits.size() == 2);
    CHECK(!commits[0].error);
    CHECK(commits[1].first == refused);
    CHECK(commits[1].last == refused + 1);
    CHECK(commits[1].error == Error::too_big);
    CHECK(value_at(store, kB) == "nothing");
    CHECK(!store.meta("m"));
}

}  // namespace
}  // namespace chord::storage
