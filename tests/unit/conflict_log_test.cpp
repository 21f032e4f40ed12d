// ConflictLog: which pairs are concurrent, and the bounds of the list; Writer's base, seen through two owners.
#include "node/core/data/conflict_log.hpp"

#include <doctest/doctest.h>

#include "node/core/base/hash.hpp"
#include "tests/support/node_world.hpp"

namespace chord {
namespace {

Record record(std::uint64_t clock, std::uint64_t node, Version base, const Bytes& value) {
    Record made;
    made.key = "key";
    made.value = value;
    made.version = {clock, node};
    made.base = base;
    return made;
}

TEST_CASE("concurrent: the greater was written without knowledge of the smaller, by another owner") {
    const Record x = record(10, 1, {}, "x");
    CHECK(concurrent(x, record(20, 2, {}, "y")));
    CHECK(concurrent(x, record(20, 2, Version{9, 9}, "y")));
    CHECK_FALSE(concurrent(x, record(20, 2, x.version, "y")));       // took the key over with x
    CHECK_FALSE(concurrent(x, record(20, 2, Version{15, 3}, "y")));  // took it over with something later
    CHECK_FALSE(concurrent(x, record(20, 1, {}, "y")));              // one owner's own sequence
    CHECK_FALSE(concurrent(x, record(20, 2, {}, "x")));              // nothing is lost
    CHECK_FALSE(concurrent(x, record(20, 2, Version{20, 2}, "y")));  // an owner that could not know
    CHECK(concurrent(record(10, 1, Version{10, 1}, "x"), record(20, 2, {}, "y")));
    Record deleted = record(20, 2, {}, "");
    deleted.tombstone = true;
    CHECK(concurrent(record(10, 1, {}, ""), deleted));
}

TEST_CASE("conflict_log: a loser is listed once, under its latest winner") {
    ConflictLog log;
    CHECK(log.note(record(10, 1, {}, "x"), Version{20, 2}));
    CHECK_FALSE(log.note(record(10, 1, {}, "x"), Version{30, 3}));
    CHECK_FALSE(log.note(record(10, 1, {}, "x"), Version{25, 3}));
    REQUIRE(log.entries().size() == 1);
    CHECK(log.entries().front().winner == Version{30, 3});
    CHECK(log.note(record(11, 1, {}, "x"), Version{30, 3}));
}

TEST_CASE("conflict_log: the newest are kept") {
    ConflictLog log;
    for (std::uint64_t clock = 1; clock <= ConflictLog::kConflictsMax + 3; ++clock) {
        CHECK(log.note(record(clock, 1, {}, "x"), Version{1000, 2}));
    }
    REQUIRE(log.entries().size() == ConflictLog::kConflictsMax);
    CHECK(log.entries().front().loser.version.clock == 4);
    CHECK(log.entries().back().loser.version.clock == ConflictLog::kConflictsMax + 3);
}

Record held(NodeWorld& world, std::size_t node, BytesView key) {
    const Result<std::optional<Record>> found = world.store(node).get(key_id(key));
    REQUIRE(found);
    REQUIRE(found->has_value());
    return **found;
}

TEST_CASE("base: stays within one owner's sequence, and is the version found by the owner that takes over") {
    NodeWorld world;
    // The key's owner is the first node at or behind it: `later` at first, `earlier` once it has joined.
    const Id key = key_id("key");
    Id just_behind = key;
    just_behind.words[0] += std::uint64_t{1} << 32;
    Id further = key;
    further.words[0] += std::uint64_t{1} << 34;
    const std::size_t later = world.add(further);
    const std::size_t earlier = world.add(just_behind);
    world.start(later);
    REQUIRE(world.run_until([&] { return world.node(later).settled(); }));
    REQUIRE(world.set(later, "key", "1"));
    CHECK(held(world, later, "key").base == Version{});
    REQUIRE(world.set(later, "key", "2"));
    const Record second = held(world, later, "key");
    CHECK(second.base == Version{});

    world.start(earlier, {later});
    REQUIRE(world.run_until([&] { return world.node(earlier).settled() && world.node(later).settled(); }));
    REQUIRE(world.set(later, "key", "3"));
    const Record third = held(world, earlier, "key");
    CHECK(third.value == "3");
    CHECK(third.version.node == just_behind.words[0]);
    CHECK(third.base == second.version);
    REQUIRE(world.set(later, "key", "4"));
    CHECK(held(world, earlier, "key").base == second.version);
    CHECK(world.node(earlier).conflicts().empty());
    CHECK(world.node(later).conflicts().empty());
}

}  // namespace
}  // namespace chord
