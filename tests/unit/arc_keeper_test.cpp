// ArcKeeper, through whole nodes: what settled() promises. It is said only when every replica has what the owner has.
// `chord_sim swarm` found each of these: keys lacked a copy in a ring where everybody was settled.
#include "node/core/data/arc_keeper.hpp"

#include <map>
#include <utility>

#include <doctest/doctest.h>

#include "node/core/base/hash.hpp"
#include "tests/support/node_world.hpp"

namespace chord {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kNodes = 5;

// Node 0 owns most of the ring; its replicas are nodes 1 and 2.
NodeWorld ring(std::size_t nodes = kNodes, const NodeOptions& options = {}) {
    NodeWorld world;
    world.options = options;
    for (std::size_t i = 0; i < nodes; ++i) {
        world.add(Id{{(i + 8) << 60, 0, 0, 0}});
        world.start(i, i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
    }
    REQUIRE(world.run_until([&] { return world.settled(); }));
    return world;
}

// The first key with this prefix that node 0 owns.
Bytes key_of_first(const NodeWorld& world, const Bytes& prefix) {
    for (int number = 0;; ++number) {
        const Bytes key = prefix + std::to_string(number);
        if (in_open_closed(key_id(key), world.peer(kNodes - 1).id, world.peer(0).id)) return key;
    }
}

TEST_CASE("arc_keeper: what the last replica alone knew reaches the replicas asked before it") {
    NodeWorld world = ring();
    const Bytes key = key_of_first(world, "late ");
    Record record;
    record.key = key;
    record.value = "only at node 3";
    record.version = {1, 1};
    world.store(3).put(key_id(key), record);
    world.kill(1);  // now nodes 2 and 3 are asked, in this order
    REQUIRE(world.run_until([&] { return world.node(0).ring().successors().front().id == world.peer(2).id; }));
    REQUIRE(world.run_until([&] { return world.settled(); }));
    CHECK(world.copies(key_id(key)) == 3);
}

TEST_CASE("arc_keeper: not settled for as long as a replica cannot be reached, not even while it is tried again") {
    NodeWorld world = ring();
    const Bytes key = key_of_first(world, "thin ");
    world.cut(0, 2);  // the others vouch for it, so it stays a replica
    REQUIRE(world.set(1, key, "at two of three"));
    REQUIRE(world.copies(key_id(key)) == 2);
    REQUIRE(world.run_until([&] { return !world.node(0).settled(); }, seconds(2)));
    CHECK_FALSE(world.run_until([&] { return world.node(0).settled() && world.copies(key_id(key)) < 3; }, minutes(5)));
    world.mend();
    REQUIRE(world.run_until([&] { return world.settled(); }));
    CHECK(world.copies(key_id(key)) == 3);
}

TEST_CASE("arc_keeper: a replica that names a version and never has it does not keep the others at work") {
    NodeWorld world = ring();
    const Bytes key = key_of_first(world, "bait ");
    REQUIRE(world.set(1, key, "the only version"));
    REQUIRE(world.run_until([&] { return world.settled(); }));
    int fetched = 0;
    world.lie(3, [&](const Peer& asker, const Request& request) -> std::optional<Response> {
        if (asker.id != world.peer(0).id) return std::nullopt;
        if (std::holds_alternative<SyncQuery>(request)) {
            return SyncReply{{}, {{key_id(key), {UINT64_MAX, 9}}}, true, SyncPlace::elsewhere};
        }
        if (std::holds_alternative<Fetch>(request)) {
            ++fetched;
            return ReadReply{*world.store(0).get(key_id(key)), true};
        }
        return std::nullopt;
    });
    world.kill(1);  // now nodes 2 and 3 are asked, in this order
    REQUIRE(world.run_until([&] { return fetched > 0; }));
    CHECK(world.run_until([&] { return world.node(0).settled(); }, minutes(1)));
    CHECK(fetched == 1);
}

// A ring of eight in which node 0 has to look for somebody that holds its whole arc, and where nobody says so but, if
// there is one, `holder`. It does not get over that by time.
struct Search {
    explicit Search(std::size_t successors, std::size_t holder = 0) : world(ring(kAll, options(successors))) {
        world.run_for(minutes(5));  // a change of neighbours would make it search anew
        for (std::size_t i = 1; i < kAll; ++i) {
            world.lie(i, [this, i, complete = i == holder](const Peer& asker, const Request& request) {
                return say(i, complete, asker, request);
            });
        }
    }
    static NodeOptions options(std::size_t successors) {
        NodeOptions options;
        options.successors = successors;
        options.join_patience = std::chrono::hours(1);
        return options;
    }
    std::optional<Response> say(std::size_t index, bool complete, const Peer& asker, const Request& request) {
        if (asker.id != world.peer(0).id) return std::nullopt;
        const auto* const sync = std::get_if<SyncQuery>(&request);
        if (sync && sync->to == asker.id) {
            ++asked[index];
            return SyncReply{{}, {}, complete, index == 1 ? SyncPlace::successor : SyncPlace::elsewhere};
        }
        // Once: node 1 has lost node 0 from before it, and may have taken writes for its arc.
        if (index == 1 && std::holds_alternative<StateQuery>(request) && !std::exchange(doubted, true)) {
            return StateReply{std::nullopt, world.node(1).ring().successors(), {}};
        }
        return std::nullopt;
    }

    static constexpr std::size_t kAll = 8;
    NodeWorld world;
    std::map<std::size_t, int> asked;  // about the arc of node 0
    bool doubted = false;
};

TEST_CASE("arc_keeper: a search in vain for a complete holder is not repeated while the neighbours are the same") {
    Search search(8);
    NodeWorld& world = search.world;
    REQUIRE(world.run_until([&] { return search.asked[7] > 0; }));
    world.run_for(minutes(5));
    CHECK_FALSE(world.node(0).settled());
    CHECK(search.asked[2] > 3);  // a replica, asked in each round
    for (const std::size_t further : {3U, 4U, 5U, 6U, 7U}) CHECK(search.asked[further] == 1);
}

TEST_CASE("arc_keeper: a search that meets a silent node is repeated, since that may be the complete one") {
    Search search(8, 5);
    NodeWorld& world = search.world;
    world.cut(0, 5);
    REQUIRE(world.run_until([&] { return search.asked[4] > 0; }));
    world.run_for(seconds(2));
    REQUIRE(search.asked[5] == 0);
    world.mend();
    CHECK(world.run_until([&] { return world.node(0).settled(); }, minutes(5)));
}

TEST_CASE("arc_keeper: a search that cannot learn who comes further on is repeated") {
    Search search(3, 4);
    NodeWorld& world = search.world;
    bool refuses = true;
    world.lie(3, [&](const Peer& asker, const Request& request) -> std::optional<Response> {
        if (refuses && std::holds_alternative<StateQuery>(request)) return Refusal{Error::busy, {}};
        return search.say(3, false, asker, request);
    });
    REQUIRE(world.run_until([&] { return search.asked[3] > 0; }));
    world.run_for(seconds(2));
    REQUIRE(search.asked[4] == 0);
    refuses = false;
    CHECK(world.run_until([&] { return world.node(0).settled(); }, minutes(5)));
}

TEST_CASE("arc_keeper: what was found beyond the replicas reaches the replicas") {
    NodeWorld world = ring();
    const Bytes key = key_of_first(world, "far ");
    Record record;
    record.key = key;
    record.value = "only at node 3";
    record.version = {1, 1};
    Id id = key_id(key);
    id.words[0] += 1;
    const std::size_t joiner = world.add(id);  // takes the key over, and is gone before it has it
    world.start(joiner, {0});
    REQUIRE(world.run_until([&] { return world.node(0).ring().predecessor()->id == id; }));
    world.kill(joiner);
    world.store(3).put(key_id(key), record);
    REQUIRE(world.run_until([&] { return world.node(0).ring().predecessor()->id == world.peer(kNodes - 1).id; }));
    REQUIRE(world.run_until([&] { return world.settled(); }));
    CHECK(world.copies(key_id(key)) == 4);  // node 3, the owner and its replicas
}

}  // namespace
}  // namespace chord
