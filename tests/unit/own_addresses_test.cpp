// Own addresses and meetings: what a node tells of itself, and what it does with an address that turns up.
#include <doctest/doctest.h>

#include <map>

#include "tests/support/node_world.hpp"

namespace chord {
namespace {

using std::chrono::seconds;

Id point(std::uint64_t top) {
    return Id{{top << 56, 0, 0, 0}};
}

Endpoint place(std::uint16_t port) {
    Endpoint made;
    made.ip[0] = 0xfd;
    made.port = port;
    return made;
}

/// A settled ring of so many nodes, and what each was told by others of their addresses.
struct Told {
    NodeWorld world;
    std::map<std::size_t, std::vector<std::vector<Endpoint>>> heard;

    explicit Told(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            world.add(point(0x10 * (i + 1)));
            world.start(i, i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
            world.lie(i, [this, i](const Peer&, const Request& request) -> std::optional<Response> {
                if (const auto* also_at = std::get_if<AlsoAt>(&request)) heard[i].push_back(also_at->addresses);
                return std::nullopt;
            });
        }
        REQUIRE(world.run_until([&] {
            for (std::size_t i = 0; i < count; ++i)
                if (world.node(i).ring().successors().size() != count - 1) return false;
            return world.settled();
        }));
    }
    void set(std::size_t index, std::vector<Endpoint> addresses) {
        world.turn(index, [&](Node& node) { node.set_addresses(std::move(addresses)); });
        world.run_for(seconds(10));
    }
};

TEST_CASE("own addresses: a node with one says nothing; of several each neighbour is told once") {
    Told ring(3);
    ring.set(0, {place(1)});
    CHECK(ring.heard.empty());
    ring.set(0, {place(1), place(2)});
    CHECK_EQ(ring.heard.size(), 2);
    for (const std::size_t neighbor : {1U, 2U}) {
        REQUIRE_EQ(ring.heard[neighbor].size(), 1);
        CHECK((ring.heard[neighbor][0] == std::vector{place(1), place(2)}));
    }
    ring.set(0, {place(1), place(2)});
    CHECK_EQ(ring.heard[1].size(), 1);
}

TEST_CASE("own addresses: when some go away, or more come than fit, the neighbours hear what is left") {
    Told ring(2);
    ring.set(0, {place(1), place(2)});
    ring.set(0, {place(2)});
    REQUIRE_EQ(ring.heard[1].size(), 2);
    CHECK((ring.heard[1][1] == std::vector{place(2)}));
    ring.set(0, {place(1), place(2), place(3), place(4), place(5)});
    CHECK((ring.heard[1].back() == std::vector{place(1), place(2), place(3), place(4)}));
}

TEST_CASE("own addresses: who becomes a neighbour later is told too") {
    Told ring(1);
    ring.set(0, {place(1), place(2)});
    const std::size_t index = ring.world.add(point(0x90));
    bool told = false;
    ring.world.lie(index, [&](const Peer&, const Request& request) -> std::optional<Response> {
        told = told || std::holds_alternative<AlsoAt>(request);
        return std::nullopt;
    });
    ring.world.start(index, {0});
    CHECK(ring.world.run_until([&] { return told; }, seconds(60)));
}

TEST_CASE("meeting: two rings of one that hear of each other become one") {
    NodeWorld world;
    for (const std::uint64_t top : {0x10U, 0x90U}) world.start(world.add(point(top)));
    REQUIRE(world.node(0).phase() == Phase::solo);
    REQUIRE(world.node(1).phase() == Phase::solo);
    CHECK_FALSE(world.node(0).knows(point(0x90)));
    world.turn(0, [&](Node& node) { node.meet(world.peer(1).address); });
    CHECK(world.run_until(
        [&] { return world.node(0).phase() == Phase::member && world.node(1).phase() == Phase::member; }, seconds(5)));
    CHECK(world.node(0).knows(point(0x90)));
}

TEST_CASE("meeting: who may be met is waited for before a node begins alone, and joined through") {
    NodeWorld world;
    world.start(world.add(point(0x10)));
    world.options.meeting_patience = seconds(2);
    const std::size_t joiner = world.add(point(0x90));
    world.start(joiner);
    world.run_for(seconds(1));
    CHECK(world.node(joiner).phase() == Phase::joining);
    world.turn(joiner, [&](Node& node) { node.meet(world.peer(0).address); });
    CHECK(world.run_until([&] { return world.node(joiner).phase() == Phase::member; }, seconds(2)));
    CHECK_EQ(world.counter(joiner, "merges"), 0);

    const std::size_t lonely = world.add(point(0xa0));
    world.start(lonely);
    CHECK(world.run_until([&] { return world.node(lonely).phase() == Phase::solo; }, seconds(4)));
}

TEST_CASE("meeting: an address that stays silent is asked once while a node joins") {
    NodeWorld world;
    const std::size_t silent = world.add(point(0x10));
    world.start(silent);
    std::size_t asked = 0;
    world.lie(silent, [&](const Peer&, const Request&) -> std::optional<Response> {
        ++asked;
        world.freeze(silent, true);  // hears it and says nothing
        return std::nullopt;
    });
    world.options.meeting_patience = seconds(5);
    const std::size_t joiner = world.add(point(0x90));
    world.start(joiner);
    world.turn(joiner, [&](Node& node) { node.meet(world.peer(silent).address); });
    world.run_for(seconds(1));
    world.freeze(silent, false);
    world.run_for(seconds(3));
    CHECK_EQ(asked, 1);
}

}  // namespace
}  // namespace chord
