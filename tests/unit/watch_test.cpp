// Watches between nodes: what listeners are told, and that they are told when something may be missing.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/five_nodes.hpp"

namespace chord {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = WatchEvent::Kind;

/// Listens at one node, and keeps what it hears: "set v", "deleted", "expired", "resync".
struct Listening {
    Listening(FiveNodes& nodes, std::size_t at, const std::optional<Version>& from = std::nullopt) : five(nodes) {
        five.world.turn(at, [&](Node& node) {
            const auto watch = node.watch(five.key, from, [this](const WatchEvent& event) { take(event); });
            REQUIRE(watch);
            id = *watch;
        });
        five.world.run_for(milliseconds(50));
    }
    void take(const WatchEvent& event) {
        // Rising, and nothing twice: what tests/sim asks of every listener.
        if (event.kind != Kind::resync && !after_resync) {
            CHECK((last < event.version || (event.kind == Kind::expired && last == event.version)));
        }
        after_resync = event.kind == Kind::resync;
        if (!after_resync) last = event.version;
        constexpr const char* kNames[] = {"set ", "deleted", "expired", "resync"};
        heard.push_back(kNames[static_cast<int>(event.kind)] + event.value);
    }
    bool waits_for(const std::string& what) {
        return five.world.run_until([&] { return !heard.empty() && heard.back() == what; }, seconds(60));
    }
    using Heard = std::vector<std::string>;

    FiveNodes& five;
    WatchId id{};
    Heard heard;
    Version last;
    bool after_resync = false;
};

using Heard = Listening::Heard;

void remove(FiveNodes& five, std::size_t at) {
    Write write;
    write.key = five.key;
    write.tombstone = true;
    REQUIRE(five.world.write(at, write));
}

TEST_CASE("a listener hears each change of its key once and in order, wherever it is made") {
    FiveNodes five;
    REQUIRE(five.world.set(0, five.key, "before"));
    Listening far(five, 0), owner(five, 2), replica(five, 4);
    REQUIRE(five.world.set(1, five.key, "a"));
    remove(five, 3);
    REQUIRE(five.world.set(2, five.key, "b"));
    Write fleeting = five.set("c");
    fleeting.ttl = seconds(2);
    REQUIRE(five.world.write(4, fleeting));
    five.world.run_for(seconds(30));
    REQUIRE(five.world.set(1, five.key, "d"));
    five.world.run_for(seconds(1));
    const Heard all{"set a", "deleted", "set b", "set c", "expired", "set d"};
    CHECK(far.heard == all);
    CHECK(owner.heard == all);
    CHECK(replica.heard == all);
    CHECK(far.last == five.held(2).version);
}

TEST_CASE("a watch goes on at the next owner, which says that something may be missing") {
    FiveNodes five;
    REQUIRE(five.world.set(0, five.key, "a"));
    Listening listening(five, 0);
    five.world.kill(2);
    REQUIRE(five.world.set(1, five.key, "b"));
    REQUIRE(listening.waits_for("set b"));
    CHECK(listening.heard == Heard{"resync", "set b"});
    REQUIRE(five.world.set(1, five.key, "c"));
    REQUIRE(listening.waits_for("set c"));
    CHECK(listening.heard == Heard{"resync", "set b", "set c"});
}

TEST_CASE("a change of owner is told even where nothing was missed") {
    FiveNodes five;
    REQUIRE(five.world.set(0, five.key, "a"));
    Listening listening(five, 0);
    five.world.kill(2);
    REQUIRE(listening.waits_for("resync"));
    five.world.run_for(seconds(60));
    CHECK(listening.heard == Heard{"resync"});
}

TEST_CASE("a joiner that takes the key over takes the watch over") {
    FiveNodes five;
    REQUIRE(five.world.set(0, five.key, "a"));
    Listening listening(five, 0);
    const std::size_t joiner = five.world.add(five.id);
    five.world.start(joiner, {0});
    REQUIRE(five.world.run_until([&] { return five.world.settled() && five.world.node(joiner).ring().owns(five.id); }));
    five.world.run_for(seconds(10));
    REQUIRE(five.world.set(1, five.key, "b"));
    REQUIRE(listening.waits_for("set b"));
    CHECK(listening.heard == Heard{"resync", "set b"});
    REQUIRE(five.world.set(1, five.key, "c"));
    REQUIRE(listening.waits_for("set c"));
}

TEST_CASE("who falls behind is told what stands, and that it is not all") {
    FiveNodes five;
    REQUIRE(five.world.set(0, five.key, "a"));
    Listening listening(five, 0);
    five.world.cut(0, 2);
    for (int i = 0; i < 5; ++i) REQUIRE(five.world.set(1, five.key, "few " + std::to_string(i)));
    five.world.mend();
    REQUIRE(listening.waits_for("set few 4"));
    CHECK(listening.heard == Heard{"set few 0", "set few 1", "set few 2", "set few 3", "set few 4"});
    five.world.cut(0, 2);
    for (int i = 0; i < 40; ++i) REQUIRE(five.world.set(1, five.key, "many " + std::to_string(i)));
    five.world.mend();
    REQUIRE(listening.waits_for("set many 39"));
    CHECK(listening.heard.size() == 7);
    CHECK(listening.heard[5] == "resync");
}

TEST_CASE("a watch from a version on hears what came after it") {
    FiveNodes five;
    const auto first = five.world.set(0, five.key, "a");
    REQUIRE(first);
    {
        Listening up_to_date(five, 0, first->version);
        five.world.run_for(seconds(20));
        CHECK(up_to_date.heard.empty());
        five.world.turn(0, [&](Node& node) { node.unwatch(up_to_date.id); });
    }
    REQUIRE(five.world.set(0, five.key, "b"));
    Listening behind(five, 0, first->version);
    REQUIRE(behind.waits_for("set b"));
    CHECK(behind.heard == Heard{"resync", "set b"});
    Listening from_nothing(five, 1, Version{});
    REQUIRE(from_nothing.waits_for("set b"));
}

TEST_CASE("after the last unwatch nothing is told, and nothing is sent any more") {
    FiveNodes five;
    REQUIRE(five.world.set(0, five.key, "a"));
    Listening listening(five, 0);
    five.world.turn(0, [&](Node& node) { node.unwatch(listening.id); });
    REQUIRE(five.world.set(1, five.key, "b"));
    five.world.run_for(seconds(1));
    CHECK(listening.heard.empty());
    std::size_t told = 0;
    five.world.lie(0, [&](const Peer&, const Request& request) -> std::optional<Response> {
        told += std::holds_alternative<Changed>(request) ? 1U : 0U;
        return std::nullopt;
    });
    REQUIRE(five.world.set(1, five.key, "c"));
    five.world.run_for(seconds(1));
    CHECK(told == 0);
}

TEST_CASE("a change that did not reach the owner's disk is not told") {
    FiveNodes five;
    REQUIRE(five.world.set(0, five.key, "a"));
    Listening listening(five, 0);
    five.world.store(2).fail_next_commit(Error::full);
    CHECK_FALSE(five.world.set(0, five.key, "b"));
    five.world.run_for(seconds(1));
    for (const std::string& heard : listening.heard) CHECK(heard != "set b");
}

TEST_CASE("who is no owner refuses, and a peer that is not watched at is believed nothing") {
    FiveNodes five;
    REQUIRE(five.world.set(0, five.key, "a"));
    Listening listening(five, 0);
    Changed lie{five.id, ChangeKind::set, Version{~std::uint64_t{0} >> 2, 1}, KeyState{}, true, "lie"};
    five.world.tell(0, five.world.peer(3), lie);
    five.world.run_for(seconds(1));
    CHECK(listening.heard.empty());
    REQUIRE(five.world.set(1, five.key, "b"));
    REQUIRE(listening.waits_for("set b"));
}

}  // namespace
}  // namespace chord
