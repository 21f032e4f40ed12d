// Levels, conditions and repeated writes, between nodes.
#include <doctest/doctest.h>

#include <string>

#include "node/core/base/hash.hpp"
#include "tests/support/five_nodes.hpp"

namespace chord {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Kills the owner when two nodes have the record and the client does not know yet.
void lose_owner_after_the_write(FiveNodes& five, Write write) {
    five.begin(std::move(write));
    REQUIRE(five.world.run_until([&] { return five.world.copies(five.id) == 2; }));
    REQUIRE_FALSE(five.result);
    five.world.kill(2);
    REQUIRE(five.world.run_until([&] { return five.result.has_value(); }));
}

TEST_CASE("a write whose owner dies before it answers is carried out once") {
    FiveNodes five;
    lose_owner_after_the_write(five, five.set("v", Condition::if_absent));
    REQUIRE(*five.result);
    CHECK_FALSE((*five.result)->existed);
    CHECK(five.held(3).version == (*five.result)->version);
    CHECK((*five.result)->version.node == five.world.peer(2).id.words[0]);  // written by the one that died
    CHECK(five.world.value(1, five.key) == "v");
}

TEST_CASE("the next owner finds out from its replica what became of a write") {
    FiveNodes five;
    five.world.lie(3, [](const Peer&, const Request& request) -> std::optional<Response> {
        if (std::holds_alternative<Replicate>(request)) return Refusal{Error::overloaded, {}};
        return std::nullopt;
    });
    five.begin(five.set("v", Condition::if_absent));
    REQUIRE(five.world.run_until([&] { return five.world.copies(five.id) == 2; }));
    five.world.lie(3, {});
    five.world.kill(2);
    REQUIRE(five.world.run_until([&] { return five.result.has_value(); }));
    REQUIRE(*five.result);
    CHECK_FALSE((*five.result)->existed);
    CHECK((*five.result)->version.node == five.world.peer(2).id.words[0]);
    CHECK(five.world.value(1, five.key) == "v");
}

TEST_CASE("a refusal after an attempt without an answer says no more than that nothing is known") {
    FiveNodes five;
    five.world.lie(2, [&](const Peer&, const Request& request) -> std::optional<Response> {
        if (std::holds_alternative<Write>(request)) five.world.kill(2);
        return std::nullopt;
    });
    five.begin(five.set("v", Condition::if_absent));
    REQUIRE(five.world.run_until([&] { return !five.world.alive(2); }));
    five.world.cut(0, 3);
    REQUIRE(five.world.set(1, five.key, "another's"));
    REQUIRE_FALSE(five.result);
    five.world.mend();
    REQUIRE(five.world.run_until([&] { return five.result.has_value(); }));
    CHECK(five.result->error() == Error::timeout);
    CHECK(five.world.value(1, five.key) == "another's");
}

TEST_CASE("what was written over a write that is asked for again stays") {
    FiveNodes five;
    five.begin(five.set("first"));
    REQUIRE(five.world.run_until([&] { return five.world.copies(five.id) == 2; }));
    five.world.kill(2);
    five.world.cut(0, 3);  // another writes before this one finds the next owner
    REQUIRE(five.world.set(1, five.key, "second"));
    REQUIRE_FALSE(five.result);
    five.world.mend();
    REQUIRE(five.world.run_until([&] { return five.result.has_value(); }));
    CHECK(*five.result);
    CHECK(five.world.value(1, five.key) == "second");
}

TEST_CASE("a condition on the value or on the version holds at the owner") {
    FiveNodes five;
    const auto first = five.world.write(0, five.set("v1"));
    REQUIRE(first);
    Write write = five.set("v2", Condition::if_equal);
    write.expected_value = hash256({"other"});
    CHECK(five.world.write(0, write).error() == Error::condition_failed);
    write.expected_value = hash256({"v1"});
    const auto second = five.world.write(0, write);
    REQUIRE(second);
    Write versioned = five.set("v3", Condition::if_version);
    versioned.expected_version = first->version;
    CHECK(five.world.write(0, versioned).error() == Error::condition_failed);
    versioned.expected_version = second->version;
    CHECK(five.world.write(0, versioned));
    versioned.key = five.key + " that is not there";
    CHECK(five.world.write(0, versioned).error() == Error::condition_failed);
    versioned.expected_version = Version{};
    CHECK(five.world.write(0, versioned));
}

TEST_CASE("a write is acknowledged at its level or not at all") {
    FiveNodes five;
    five.world.lie(3, [](const Peer&, const Request& request) -> std::optional<Response> {
        if (std::holds_alternative<Replicate>(request)) return Refusal{Error::full, {}};
        return std::nullopt;
    });
    Write write = five.set("v");
    write.level = Level::all;
    CHECK(five.world.write(0, write).error() == Error::no_quorum);
    write.level = Level::quorum;
    const auto written = five.world.write(0, write);
    REQUIRE(written);
    CHECK(written->copies == 2);
    five.world.lie(4, [](const Peer&, const Request& request) -> std::optional<Response> {
        if (std::holds_alternative<Replicate>(request)) return Refusal{Error::full, {}};
        return std::nullopt;
    });
    CHECK(five.world.write(0, write).error() == Error::no_quorum);
    write.level = Level::one;
    const auto alone = five.world.write(0, write);
    REQUIRE(alone);
    CHECK(alone->copies == 1);
}

TEST_CASE("a quorum read takes the newest and gives it to who has less") {
    FiveNodes five;
    REQUIRE(five.world.set(0, five.key, "old"));
    five.world.run_for(seconds(1));
    const Version newer = five.plant(4, "new");
    CHECK(five.read(0, {})->record->value == "old");
    CHECK(five.read(3, {.level = Level::one})->record->value == "old");
    CHECK(five.read(4, {.level = Level::one})->record->value == "new");
    const auto found = five.read(0, {.level = Level::all});
    REQUIRE(found);
    REQUIRE(found->record);
    CHECK(found->record->value == "new");
    CHECK(found->served_by == five.world.peer(4));
    CHECK(found->answers == 3);
    CHECK(found->agree == 1);
    REQUIRE(five.world.run_until([&] { return five.held(2).version == newer && five.held(3).version == newer; },
                                 seconds(1)));
    CHECK(five.read(0, {.level = Level::all})->agree == 3);
    CHECK(five.read(2, {.level = Level::quorum})->record->value == "new");
    CHECK(five.read(4, {.level = Level::quorum})->record->value == "new");
}

TEST_CASE("a quorum read does without a silent owner, and not without a majority") {
    FiveNodes five;
    REQUIRE(five.world.set(0, five.key, "v"));
    five.world.run_for(seconds(1));
    five.world.freeze(2, true);
    CHECK(five.read(0, {.level = Level::quorum})->record->value == "v");
    five.world.freeze(2, false);
    five.world.run_for(seconds(60));
    for (const std::size_t index : {3U, 4U}) {
        five.world.lie(index, [](const Peer&, const Request& request) -> std::optional<Response> {
            if (std::holds_alternative<HeadQuery>(request)) return Refusal{Error::io, {}};
            return std::nullopt;
        });
    }
    CHECK(five.read(0, {.level = Level::quorum}).error() == Error::no_quorum);
    CHECK(five.read(0, {.level = Level::standard})->record->value == "v");
}

TEST_CASE("a read does not fall behind what its asker has seen") {
    FiveNodes five;
    REQUIRE(five.world.set(0, five.key, "old"));
    five.world.run_for(seconds(1));
    const Version newer = five.plant(3, "new");
    const auto found = five.read(0, {.at_least = newer});
    REQUIRE(found);
    CHECK(found->record->value == "new");
    Version unheard_of = newer;
    ++unheard_of.clock;
    CHECK(five.read(0, {.at_least = unheard_of}).error() == Error::try_again);
    const Time ended = five.world.now();
    CHECK(five.read(0, {.at_least = unheard_of, .at_least_until = ended}));
}

TEST_CASE("copies are counted where they are on disk") {
    FiveNodes five;
    const auto written = five.world.set(0, five.key, "v");
    REQUIRE(written);
    const auto copies = [&](std::size_t at, std::size_t wanted) {
        std::optional<Result<std::size_t>> counted;
        five.world.turn(at, [&](Node& node) {
            node.await_copies(five.key, written->version, wanted, seconds(2), [&](auto one) { counted.emplace(one); });
        });
        CHORD_CHECK(five.world.run_until([&] { return counted.has_value(); }));
        return **counted;
    };
    CHECK(copies(0, 2) == 2);
    CHECK(copies(3, 2) == 2);  // itself one of them
    five.world.store(4).erase(five.id);
    CHECK(copies(0, 2) == 1);
    CHECK(copies(0, 1) == 1);
}

}  // namespace
}  // namespace chord
