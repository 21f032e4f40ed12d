#include "node/core/node.hpp"

#include <doctest/doctest.h>

#include <string>

#include "node/core/base/hash.hpp"
#include "tests/support/node_world.hpp"

namespace chord {
namespace {

using std::chrono::seconds;

Id point(std::uint64_t top) {
    return Id{{top << 56, 0, 0, 0}};
}

// Whether the first `count` nodes all list each other, with their data where it belongs.
bool is_ring(NodeWorld& world, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const RingState& ring = world.node(i).ring();
        if (ring.successors().size() != count - 1 || (count > 1 && !ring.predecessor())) return false;
    }
    return world.settled();
}

// Nodes at 0x10, 0x20, …, each seeded with the first.
void grow(NodeWorld& world, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t index = world.add(point(0x10 * (i + 1)));
        world.start(index, index == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
        REQUIRE(world.run_until([&] { return is_ring(world, i + 1); }));
    }
}

std::string key(int i) {
    return "key-" + std::to_string(i);
}

// A key that nobody writes in these tests, in the arc (from, owner].
std::string key_owned_by(const Id& owner, const Id& from) {
    for (int i = 0;; ++i) {
        const std::string name = "never written " + std::to_string(i);
        if (in_open_closed(key_id(name), from, owner)) return name;
    }
}

TEST_CASE("a node that knows nobody is a ring of one at once, and works") {
    NodeWorld world;
    grow(world, 1);
    CHECK(world.node(0).phase() == Phase::solo);
    CHECK(world.value(0, "k") == "(none)");
    const auto written = world.set(0, "k", "v");
    REQUIRE(written);
    CHECK(written->copies == 1);
    CHECK(world.value(0, "k") == "v");
}

TEST_CASE("five nodes form one ring and every node reads what any wrote") {
    NodeWorld world;
    grow(world, 5);
    for (std::size_t i = 0; i < 5; ++i) {
        REQUIRE(world.node(i).ring().predecessor());
        CHECK(world.node(i).ring().predecessor()->id == world.peer((i + 4) % 5).id);
        CHECK(world.node(i).ring().successors().size() == 4);
        CHECK(world.node(i).ring().successors().front().id == world.peer((i + 1) % 5).id);
    }
    for (int i = 0; i < 50; ++i) {
        const auto written = world.set(static_cast<std::size_t>(i) % 5, key(i), "v" + std::to_string(i));
        REQUIRE(written);
        CHECK(written->copies >= 2);
    }
    for (int i = 0; i < 50; ++i) {
        CHECK(world.value(static_cast<std::size_t>(i + 3) % 5, key(i)) == "v" + std::to_string(i));
    }
}

TEST_CASE("joins, crashes and returns move only what they must, and every key regains its R copies") {
    NodeWorld world;
    grow(world, 6);
    for (int i = 0; i < 100; ++i) REQUIRE(world.set(0, key(i), "v"));
    REQUIRE(world.run_until([&] { return world.settled(); }));
    world.kill(3);
    world.run_for(seconds(30));
    REQUIRE(world.run_until([&] { return world.settled(); }));
    for (int i = 0; i < 100; ++i) {
        CHECK(world.copies(key_id(key(i))) >= 3);
        CHECK(world.value(1, key(i)) == "v");
    }
    const std::size_t joined = world.add(point(0x35));
    world.start(joined, {0});
    REQUIRE(world.run_until([&] { return world.settled(); }));
    for (int i = 0; i < 100; ++i) CHECK(world.value(joined, key(i)) == "v");
    // The joiner took over its arc and the copies of two more, not everything.
    CHECK(world.store(joined).stats().records < 100);
}

TEST_CASE("a reader never hears 'none' for a key that exists, however many join in one gap at once") {
    NodeWorld world;
    grow(world, 3);
    for (int i = 0; i < 60; ++i) REQUIRE(world.set(0, key(i), "v"));
    for (std::uint64_t i = 0; i < 8; ++i) {
        world.start(world.add(point(0x21 + i)), {0});
    }
    for (int i = 0; i < 60; ++i) CHECK(world.value(static_cast<std::size_t>(i) % 3, key(i)) == "v");
    REQUIRE(world.run_until([&] { return world.settled(); }));
    for (int i = 0; i < 60; ++i) CHECK(world.value(3 + static_cast<std::size_t>(i) % 8, key(i)) == "v");
}

TEST_CASE("in a ring no larger than R, a silent owner's keys are read from the others at once") {
    for (const std::size_t size : {2U, 3U}) {
        NodeWorld world;
        grow(world, size);
        const Bytes key = key_owned_by(world.peer(size - 1).id, world.peer(size - 2).id);
        REQUIRE(world.set(0, key, "v"));
        REQUIRE(world.run_until([&] { return world.settled(); }));
        world.kill(size - 1);
        for (std::size_t reader = 0; reader + 1 < size; ++reader) {
            const Time asked = world.now();
            CHECK(world.value(reader, key) == "v");
            CHECK(world.now() - asked < seconds(1));  // long before the owner counts as gone
        }
    }
}

TEST_CASE("in a ring of two whose other half crashed, writes are refused and absence is not asserted") {
    NodeWorld world;
    grow(world, 2);
    REQUIRE(world.set(0, "k", "v"));
    world.kill(1);
    const auto refused = world.set(0, "other", "v");
    REQUIRE(!refused);
    CHECK(refused.error() == Error::no_quorum);
    CHECK(world.value(0, "k") == "v");
    // Of its own arc the survivor knows everything; of the other's it has only what was replicated to it.
    CHECK(world.value(0, key_owned_by(world.peer(0).id, world.peer(1).id)) == "(none)");
    CHECK(world.value(0, key_owned_by(world.peer(1).id, world.peer(0).id)) == text(Error::try_again));
}

TEST_CASE("in a ring of two whose other half left in order, the one that stays works alone") {
    NodeWorld world;
    grow(world, 2);
    REQUIRE(world.set(0, "k", "v"));
    bool left = false;
    world.turn(1, [&](Node& node) { node.leave([&](auto) { left = true; }); });
    REQUIRE(world.run_until([&] { return left; }));
    world.kill(1);
    REQUIRE(world.run_until([&] { return world.node(0).phase() == Phase::solo; }));
    const auto written = world.set(0, "k2", "v2");
    REQUIRE(written);
    CHECK(world.value(0, "k") == "v");
    CHECK(world.value(0, "none") == "(none)");
}

TEST_CASE("a leaver hands its arc to R others before it goes") {
    NodeWorld world;
    grow(world, 5);
    for (int i = 0; i < 100; ++i) REQUIRE(world.set(0, key(i), "v"));
    REQUIRE(world.run_until([&] { return world.settled(); }));
    std::vector<Id> owned;
    for (int i = 0; i < 100; ++i) {
        if (world.node(2).ring().owns(key_id(key(i)))) owned.push_back(key_id(key(i)));
    }
    REQUIRE(!owned.empty());
    bool left = false;
    world.turn(2, [&](Node& node) { node.leave([&](auto) { left = true; }); });
    REQUIRE(world.run_until([&] { return left; }));
    world.kill(2);
    for (const Id& id : owned) CHECK(world.copies(id) >= 3);
    for (int i = 0; i < 100; ++i) CHECK(world.value(4, key(i)) == "v");
}

TEST_CASE("a write that one replica has newer gets a version above it: no clock can hide a write") {
    NodeWorld world;
    grow(world, 3);
    REQUIRE(world.set(0, "k", "from the future"));
    world.wall = WallMs{0};  // every device boots in 1970
    REQUIRE(world.set(1, "k", "now"));
    CHECK(world.value(2, "k") == "now");
}

TEST_CASE("a ring that is still growing takes writes and answers reads") {
    NodeWorld world;
    for (std::size_t i = 0; i < 8; ++i) {
        world.start(world.add(point(0x1d * (i + 1) % 256)),
                    i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
        for (int k = 0; k < 20; ++k) {
            const std::string name = key(static_cast<int>(i) * 20 + k);
            const auto written = world.set(static_cast<std::size_t>(k) % (i + 1), name, name);
            if (!written)
                MESSAGE(i, " ", k, " ", std::string(text(written.error())), " at ",
                        world.now().time_since_epoch().count());
            CHECK(written);
        }
        for (int k = 0; k < static_cast<int>(i) * 20 + 20; ++k) {
            CHECK(world.value(static_cast<std::size_t>(k) % (i + 1), key(k)) == key(k));
        }
    }
}

TEST_CASE("an owner that was suspended does not answer for its arc from before") {
    NodeWorld world;
    grow(world, 5);
    const std::string name = key_owned_by(world.peer(2).id, world.peer(1).id);
    REQUIRE(world.set(0, name, "before"));
    world.freeze(2, true);
    world.run_for(seconds(60));
    REQUIRE(world.set(0, name, "meanwhile"));
    world.freeze(2, false);
    REQUIRE(world.run_until([&] { return is_ring(world, 5); }));
    for (std::size_t i = 0; i < 5; ++i) CHECK(world.value(i, name) == "meanwhile");
    Write write;
    write.key = name;
    write.value = "taken twice";
    write.condition = Condition::if_absent;
    const auto second = world.write(2, write);
    REQUIRE(!second);
    CHECK(second.error() == Error::condition_failed);
}

TEST_CASE("a record that cannot be read is an error, not an absence") {
    NodeWorld world;
    grow(world, 1);
    REQUIRE(world.set(0, "k", "v"));
    world.store(0).corrupt(key_id("k"));
    CHECK(world.value(0, "k") == text(Error::corrupt));
}

TEST_CASE("a node that left does not hold up those that start again") {
    NodeWorld world;
    grow(world, 2);
    bool left = false;
    world.turn(0, [&](Node& node) { node.leave([&](auto) { left = true; }); });
    REQUIRE(world.run_until([&] { return left; }));
    const std::size_t joiner = world.add(point(0x50));
    world.start(joiner, {0});
    CHECK(world.run_until([&] { return world.node(joiner).phase() != Phase::joining; }));
}

TEST_CASE("conditions are decided at the owner") {
    NodeWorld world;
    grow(world, 3);
    Write write;
    write.key = "lock";
    write.value = "a";
    write.condition = Condition::if_absent;
    REQUIRE(world.write(0, write));
    const auto second = world.write(1, write);
    REQUIRE(!second);
    CHECK(second.error() == Error::condition_failed);
    write.condition = Condition::if_present;
    write.value = "b";
    REQUIRE(world.write(2, write));
    CHECK(world.value(0, "lock") == "b");
    write.key = "absent";
    const auto third = world.write(2, write);
    REQUIRE(!third);
    CHECK(third.error() == Error::condition_failed);
}

TEST_CASE("two conditional writes at once: one wins") {
    NodeWorld world;
    grow(world, 4);
    int won = 0, lost = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        Write write;
        write.key = "lock";
        write.value = std::to_string(i);
        write.condition = Condition::if_absent;
        world.turn(i, [&](Node& node) { node.write(write, [&](auto reply) { ++(reply ? won : lost); }); });
    }
    REQUIRE(world.run_until([&] { return won + lost == 4; }));
    CHECK(won == 1);
}

TEST_CASE("deletes replicate, and a replica that missed one learns of it") {
    NodeWorld world;
    grow(world, 4);
    REQUIRE(world.set(0, "k", "v"));
    Write remove;
    remove.key = "k";
    remove.tombstone = true;
    const auto removed = world.write(1, remove);
    REQUIRE(removed);
    CHECK(removed->existed);
    CHECK(world.value(2, "k") == "(none)");
    CHECK(world.copies(key_id("k")) == 0);
    const auto again = world.write(3, remove);
    REQUIRE(again);
    CHECK(!again->existed);
}

TEST_CASE("a lifetime ends on every node, and the record is gone from the store") {
    NodeWorld world;
    grow(world, 3);
    Write write;
    write.key = "k";
    write.value = "v";
    write.ttl = seconds(5);
    REQUIRE(world.write(0, write));
    world.run_for(seconds(4));
    CHECK(world.value(1, "k") == "v");
    world.run_for(seconds(2));
    for (std::size_t i = 0; i < 3; ++i) CHECK(world.value(i, "k") == "(none)");
    world.run_for(seconds(120));
    for (std::size_t i = 0; i < 3; ++i) CHECK(world.store(i).stats().records == 0);
}

TEST_CASE("nodes that find only each other let the smallest id begin, and become one ring") {
    NodeWorld world;
    for (std::size_t i = 0; i < 6; ++i) world.add(point(0x10 * (i + 1)));
    for (std::size_t i = 0; i < 6; ++i) world.start(i, {(i + 1) % 6, (i + 2) % 6});
    REQUIRE(world.run_until([&] { return is_ring(world, 6); }));
}

// Two processes with one identity nudged each other through their successor without end.
TEST_CASE("a predecessor that speaks from another address is not told of itself") {
    NodeWorld world;
    grow(world, 3);
    int nudged = 0;
    world.lie(2, [&](const Peer&, const Request& request) {
        nudged += std::holds_alternative<Nudge>(request) ? 1 : 0;
        return std::optional<Response>();
    });
    Peer elsewhere = world.peer(2);
    elsewhere.address.port = 999;
    world.tell(0, elsewhere, Notify{true});
    CHECK(world.node(0).ring().predecessor() == elsewhere);
    world.run_for(seconds(1));
    CHECK(nudged == 0);
}

TEST_CASE("two rings that hear of each other become one and keep both sides' data") {
    NodeWorld world;
    for (std::size_t i = 0; i < 8; ++i) {
        world.add(point(0x10 * (i + 1)));
        world.start(i, i < 2 ? std::vector<std::size_t>{} : std::vector<std::size_t>{i % 2});
        world.run_for(seconds(1));
    }
    REQUIRE(world.run_until([&] { return world.settled(); }));
    REQUIRE(world.set(0, "even", "e"));
    REQUIRE(world.set(1, "odd", "o"));
    const std::size_t bridge = world.add(point(0xf0));
    world.start(bridge, {0, 1});
    REQUIRE(world.run_until([&] { return is_ring(world, 9); }, std::chrono::minutes(60)));
    for (std::size_t i = 0; i < 9; ++i) {
        CHECK(world.value(i, "even") == "e");
        CHECK(world.value(i, "odd") == "o");
    }
}

TEST_CASE("limits are errors, not crashes") {
    NodeWorld world;
    grow(world, 1);
    const auto long_value = world.set(0, "k", std::string(kValueBytesMax + 1, 'x'));
    REQUIRE(!long_value);
    CHECK(long_value.error() == Error::too_big);
    const auto long_key = world.set(0, std::string(kKeyBytesMax + 1, 'x'), "v");
    REQUIRE(!long_key);
    CHECK(long_key.error() == Error::too_big);
    CHECK(world.value(0, std::string(kKeyBytesMax + 1, 'x')) == text(Error::too_big));
}

TEST_CASE("a store that is full says so and loses nothing") {
    NodeWorld world;
    grow(world, 1);
    REQUIRE(world.set(0, "k", "v"));
    world.store(0).fail_next_commit(Error::full);
    const auto refused = world.set(0, "k", "w");
    REQUIRE(!refused);
    CHECK(refused.error() == Error::full);
    CHECK(world.value(0, "k") == "v");
    CHECK(world.set(0, "k", "x"));
}

}  // namespace
}  // namespace chord
