// Values through a slow line: 100 kbit/s, 200 ms and 2 % loss unless a test says otherwise (issue 4).
#include "tests/sim/slow_line.hpp"

#include "node/core/base/hash.hpp"

#include <doctest/doctest.h>

namespace chord::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr double kGoal = 0.8, kYieldGoal = 0.9;

std::unique_ptr<SlowLine> start(const SlowLineOptions& options) {
    std::unique_ptr<SlowLine> line = SlowLine::start(options);
    REQUIRE(line);
    return line;
}

/// One asker, and all holders of its keys, behind the line.
SlowLineOptions site(std::uint64_t seed) {
    SlowLineOptions options;
    options.seed = seed;
    options.far = 3;
    return options;
}

TEST_CASE("slow line: values fill it, one after the other and three at once, and each crosses once") {
    for (const std::size_t at_once : {1U, 3U}) {
        const auto line = start(site(11));  // in which an announcement is lost
        const auto keys = line->keys_of(line->successor_of(0), 6 * at_once);
        const std::uint64_t changes = line->counters("neighbor_changes");
        const SlowLine::Rate written = line->write(0, keys, at_once);
        CHECK_EQ(written.failed, 0);
        CHECK_GE(written.values, kGoal);
        const std::uint64_t before = line->counter(0, "messages_delivered");
        const SlowLine::Rate read = line->read(0, keys, at_once);
        CHECK_EQ(read.failed, 0);
        CHECK_GE(read.values, kGoal);
        // None was asked of the replicas too, and none served twice.
        CHECK_EQ(line->counter(0, "messages_delivered") - before, keys.size());
        CHECK_EQ(line->counters("neighbor_changes"), changes);
        CHECK_EQ(line->counters("evictions"), 0);
    }
}

TEST_CASE("slow line: a ring of two, each holding everything") {
    SlowLineOptions options;
    options.seed = 2;
    const auto line = start(options);
    const auto keys = line->keys_of(1, 12);
    const SlowLine::Rate written = line->write(0, keys, 3);  // there, and back to the asker as a replica
    CHECK_EQ(written.failed, 0);
    const SlowLine::Rate read = line->read(0, keys, 1);
    CHECK_EQ(read.failed, 0);
    CHECK_GE(read.values, kGoal);
    CHECK_EQ(line->counters("evictions"), 0);
}

TEST_CASE("slow line: a queue of 5 s is not filled; nobody runs out of time, and the ring stays as it was") {
    SlowLineOptions options = site(1);
    options.line.queue_bytes = 64'000;
    options.line.loss_per_mille = 0;
    const auto line = start(options);
    const auto keys = line->keys_of(line->successor_of(0), 12);
    const std::uint64_t changes = line->counters("neighbor_changes");
    for (const SlowLine::Rate& rate : {line->write(0, keys, 3), line->read(0, keys, 3)}) {
        CHECK_EQ(rate.failed, 0);
        CHECK_GE(rate.values, kGoal);
    }
    CHECK_EQ(line->counters("neighbor_changes"), changes);
    CHECK_EQ(line->counters("path_faults"), 0);
    CHECK_EQ(line->counters("evictions"), 0);
}

TEST_CASE("slow line: values of 1 MiB") {
    SlowLineOptions options = site(3);
    options.value_bytes = 1 << 20;
    const auto line = start(options);
    const auto keys = line->keys_of(line->successor_of(0), 2);
    for (const SlowLine::Rate& rate : {line->write(0, keys, 1), line->read(0, keys, 1)}) {
        CHECK_EQ(rate.failed, 0);
        CHECK_GE(rate.values, kGoal);
    }
    CHECK_EQ(line->counters("evictions"), 0);
}

TEST_CASE("slow line: an owner that dies in the middle of its answer; the replicas have it") {
    const auto line = start(site(4));
    const std::size_t owner = line->successor_of(0);
    const auto keys = line->keys_of(owner, 1);
    REQUIRE_EQ(line->write(0, keys, 1).failed, 0);
    std::optional<bool> right;
    World& world = line->world();
    world.with_client(0, [&](Client& client) {
        client.get(keys[0], [&](const Result<std::optional<Record>>& read) { right = read && *read; });
    });
    world.run_for(seconds(4));
    CHECK_FALSE(right);
    world.kill(owner);
    REQUIRE(world.run_until([&] { return right.has_value(); }, minutes(2)));
    CHECK(*right);
}

TEST_CASE("slow line: a node that has lost its disk fills it in the background, which yields to clients") {
    SlowLineOptions options;
    options.seed = 5;
    const auto line = start(options);
    World& world = line->world();
    const auto keys = line->keys_of(0, 24);
    REQUIRE_EQ(line->write(0, keys, 4).failed, 0);
    world.run_for(minutes(2));
    world.kill(1);
    world.run_for(seconds(30));
    world.restart(1, Return{.disk = Return::DiskFate::lost});
    const std::uint64_t evictions = line->counters("evictions");
    const auto background = [&] { return line->counters("message_background_bytes"); };
    REQUIRE(world.run_until([&] { return world.ideal() && background() > 20'000; }, minutes(5)));
    const std::uint64_t before[] = {background(), line->counters("message_foreground_bytes")};
    const SlowLine::Rate read = line->read(1, {keys.begin(), keys.begin() + 6}, 1);
    CHECK_EQ(read.failed, 0);
    CHECK_GE(read.values, kGoal * kYieldGoal);
    const auto theirs = static_cast<double>(background() - before[0]);
    const auto ours = static_cast<double>(line->counters("message_foreground_bytes") - before[1]);
    CHECK_GT(theirs, 0);
    CHECK_GE(ours / (ours + theirs), kYieldGoal);
    CHECK_FALSE(world.settled());
    CHECK(world.run_until([&] { return world.settled(); }, minutes(10)));  // and goes on afterwards
    CHECK_EQ(line->counters("evictions"), evictions);
    for (const std::string& key : keys) {
        CHECK(world.held(1, key_id(key)));
    }
}

TEST_CASE("slow line: the same seed gives the same trace, another one another") {
    const auto hash = [](std::uint64_t seed) {
        const auto line = start(site(seed));
        line->write(0, line->keys_of(line->successor_of(0), 2), 2);
        return line->world().trace_hash();
    };
    const std::uint64_t first = hash(6);
    CHECK_EQ(first, hash(6));
    CHECK_NE(first, hash(7));
}

}  // namespace
}  // namespace chord::sim
