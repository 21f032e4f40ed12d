// FailureDetector, through whole nodes: who is given up, and who is not although it is silent.
#include "node/core/ring/failure_detector.hpp"

#include <functional>

#include <doctest/doctest.h>

#include "node/core/ring/maintenance.hpp"
#include "tests/support/node_world.hpp"

namespace chord {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Id spot(std::uint64_t number) {
    return Id{{number << 56, 0, 0, 0}};
}

// Node i at the i-th of `count` equally distant places, and the ring settled.
NodeWorld ring_of(std::size_t count, const NodeOptions& options = {}) {
    NodeWorld world;
    world.options = options;
    for (std::size_t i = 0; i < count; ++i) {
        world.add(spot(16 * (i + 1)));
        world.start(i, i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
    }
    REQUIRE(world.run_until([&] { return world.settled(); }));
    world.run_for(minutes(1));
    return world;
}

bool is_next(NodeWorld& world, std::size_t node, std::size_t successor) {
    const RingState& ring = world.node(node).ring();
    return !ring.alone() && ring.successors().front().id == world.peer(successor).id;
}

bool is_before(NodeWorld& world, std::size_t node, std::size_t predecessor) {
    const auto& before = world.node(node).ring().predecessor();
    return before && before->id == world.peer(predecessor).id;
}

TEST_CASE("failure_detector: a successor that others reach is kept, whatever the path to it does") {
    NodeWorld world = ring_of(5);
    world.cut(1, 2);
    for (int i = 0; i < 20; ++i) {
        world.run_for(seconds(30));
        CHECK(is_next(world, 1, 2));
        CHECK(is_before(world, 2, 1));
    }
    CHECK(world.counter(1, "path_faults") > 0);
    CHECK(world.counter(1, "evictions") == 0);
    CHECK(world.counter(2, "evictions") == 0);
}

TEST_CASE("failure_detector: across a broken path the ring still takes in and gives up other nodes") {
    NodeWorld world = ring_of(5);
    world.cut(1, 2);
    world.run_for(minutes(2));
    const std::size_t between = world.add(spot(16 * 2 + 8));
    world.start(between, {0});
    CHECK(world.run_until([&] { return is_next(world, 1, between) && is_before(world, 2, between); }, minutes(2)));
    world.kill(between);
    CHECK(world.run_until([&] { return is_next(world, 1, 2) && is_before(world, 2, 1); }, minutes(3)));
}

TEST_CASE("failure_detector: a joiner that does not reach its successor is made known by a witness") {
    NodeWorld world = ring_of(5);
    const std::size_t joiner = world.add(spot(16 * 2 + 8));
    world.cut(joiner, 2);
    world.start(joiner, {0});
    CHECK(world.run_until([&] { return is_next(world, joiner, 2) && is_before(world, 2, joiner); }, minutes(5)));
    CHECK(world.run_until([&] { return is_next(world, 1, joiner); }, minutes(5)));
    world.run_for(minutes(5));
    CHECK(is_next(world, joiner, 2));
    CHECK(is_before(world, 2, joiner));
    CHECK(is_next(world, 1, joiner));
}

TEST_CASE("failure_detector: a node that nobody reaches is given up, and taken back when it speaks again") {
    NodeWorld world = ring_of(5);
    world.freeze(2, true);
    CHECK(world.run_until([&] { return is_next(world, 1, 3) && is_before(world, 3, 1); }, minutes(1)));
    CHECK(world.counter(1, "evictions") == 1);
    world.freeze(2, false);
    CHECK(world.run_until([&] { return is_next(world, 1, 2) && is_before(world, 3, 2); }, minutes(1)));
    CHECK(world.counter(1, "refutations") + world.counter(3, "refutations") > 0);
}

TEST_CASE("failure_detector: of two nodes that lose each other, nobody is left to ask") {
    NodeWorld world = ring_of(2);
    world.kill(1);
    CHECK(world.run_until([&] { return world.node(0).ring().alone(); }, minutes(1)));
}

// The path from node 1 to node 2 was broken for a moment, and node 1 goes on to ask and tell through a witness for an
// hour. Returns which node that is.
std::size_t with_a_witness(NodeWorld& world) {
    world.cut(1, 2);
    REQUIRE(world.run_until([&] { return world.counter(1, "path_faults") > 0; }));
    world.mend();
    std::optional<std::size_t> witness;
    for (const std::size_t other : {0U, 3U, 4U}) {
        world.lie(other, [&, other](const Peer& asker, const Request& request) -> std::optional<Response> {
            const auto* const asked = std::get_if<Witness>(&request);
            if (asked && asker.id == world.peer(1).id && asked->peer.id == world.peer(2).id) witness = other;
            return std::nullopt;
        });
    }
    world.run_for(minutes(1));
    for (const std::size_t other : {0U, 3U, 4U}) world.lie(other, nullptr);
    REQUIRE(witness);
    return *witness;
}

NodeOptions long_memory() {
    NodeOptions options;
    options.path_fault_for = std::chrono::hours(1);
    return options;
}

// Calls `on_notify` whenever node 2 is notified by node 1 itself, with its query or without.
void watch_notifies(NodeWorld& world, std::function<void()> on_notify) {
    world.lie(2, [&world, on_notify = std::move(on_notify)](const Peer& asker, const Request& request) {
        const auto* const query = std::get_if<StateQuery>(&request);
        const bool notifies = std::holds_alternative<Notify>(request) || (query && query->notify);
        if (notifies && asker.id == world.peer(1).id) on_notify();
        return std::optional<Response>();
    });
}

// `chord_sim walk --messages --r 2 --seed 7 --index 562`: the neighbour heard nothing until the path was tried again.
TEST_CASE("failure_detector: when the witness has left, the neighbour itself is told") {
    NodeWorld world = ring_of(5, long_memory());
    const std::size_t witness = with_a_witness(world);
    bool left = false;
    world.turn(witness, [&](Node& node) { node.leave([&](auto) { left = true; }); });
    REQUIRE(world.run_until([&] { return left; }));
    world.kill(witness);
    world.run_for(minutes(1));
    int notified = 0;
    watch_notifies(world, [&] { ++notified; });
    world.run_for(minutes(5));
    CHECK(notified > 10);
}

TEST_CASE("failure_detector: a witness that leaves while it is asked is asked no more, and nothing is lost with it") {
    for (const bool before_the_state : {true, false}) {
        CAPTURE(before_the_state);
        NodeWorld world = ring_of(5, long_memory());
        const std::size_t witness = with_a_witness(world);
        int refused = 0, notified = 0;
        watch_notifies(world, [&] { ++notified; });
        world.lie(witness, [&](const Peer& asker, const Request& request) -> std::optional<Response> {
            const auto* const asked = std::get_if<Witness>(&request);
            if (!asked || asker.id != world.peer(1).id || (!before_the_state && !asked->notify)) return std::nullopt;
            ++refused;
            return Refusal{Error::shutting_down, {}};
        });
        REQUIRE(world.run_until([&] { return refused > 0; }, minutes(1)));
        REQUIRE(notified == 0);
        world.run_for(milliseconds(100));  // long before the next round
        CHECK(notified == 1);
        world.run_for(minutes(5));
        CHECK(refused == 1);
    }
}

// A member that hears of one thing only.
struct Deaf final : Network {
    void call(CallId, const Callee&, Request, Priority) override { ++calls; }
    void reply(ReplyToken, Response response) override { answer = std::move(response); }
    void set_member(bool) override {}
    std::optional<Duration> rtt(const Endpoint&) const override { return measured; }

    explicit Deaf(const Peer& self) {
        NodeOptions options;
        options.self = self;
        node.emplace(options, store, *this, 1);
    }
    void ask(const Peer& from, Request request) {
        node->begin_turn(now, WallMs{});
        node->on_request(Inbound{from, true, std::move(request), ReplyToken{1}});
    }
    void wait(Duration duration) {
        now += duration;
        node->begin_turn(now, WallMs{});
        node->tick();
    }
    std::optional<Error> refusal() const {
        const auto* refusal = answer ? std::get_if<Refusal>(&*answer) : nullptr;
        return refusal ? std::optional(refusal->error) : std::nullopt;
    }

    std::optional<Duration> measured;
    std::optional<Response> answer;
    std::size_t calls = 0;
    Time now{};
    storage::MemoryStore store;
    std::optional<Node> node;
};

TEST_CASE("failure_detector: a witness is not asked about itself or about its asker, and asks a few only") {
    NodeWorld world = ring_of(3);
    const auto refused = [&](const Witness& witness) {
        Deaf member(world.peer(0));
        member.ask(world.peer(1), witness);
        return member.refusal();
    };
    CHECK(refused(Witness{world.peer(0), std::nullopt}) == Error::bad_message);
    CHECK(refused(Witness{world.peer(1), Notify{}}) == Error::bad_message);
    CHECK_FALSE(refused(Witness{world.peer(2), std::nullopt}));  // it asks
}

// `chord_sim experiment mass-failure`, seed 1: asked about a dead node, the witness was silent for so long that its
// asker passed over the witness as well, which owned the key.
TEST_CASE("failure_detector: a witness answers in the asker's time, however slow its own path is") {
    NodeWorld world = ring_of(3);
    const Duration patience = NodeOptions().witness_patience;
    for (const std::optional<Duration> rtt : {std::optional<Duration>(), std::optional<Duration>(patience)}) {
        Deaf member(world.peer(0));
        member.measured = rtt;
        member.ask(world.peer(1), Witness{world.peer(2), std::nullopt});
        member.wait(patience / 2);
        CHECK_FALSE(member.answer);
        member.wait(patience - patience / 2);
        CHECK(member.refusal() == Error::timeout);
    }
}

TEST_CASE("failure_detector: vouches for many strangers are looked into a few at a time") {
    NodeWorld world = ring_of(3);
    Deaf member(world.peer(0));
    const std::size_t before = member.calls;
    for (std::uint64_t i = 1; i <= 100; ++i) {
        Peer stranger = world.peer(2);
        stranger.id.words[3] = i;
        member.ask(world.peer(1), Vouch{stranger, Notify{}});
    }
    CHECK(member.calls - before == Maintenance::kVouchesMax);
}

TEST_CASE("failure_detector: a hail of nudges brings few rounds") {
    NodeWorld world = ring_of(3);
    const std::uint64_t before = world.counter(0, "stabilizations");
    for (int i = 0; i < 1'000; ++i) {
        world.tell(0, world.peer(1), Nudge{});
        world.run_for(milliseconds(1));
    }
    CHECK(world.counter(0, "stabilizations") - before >= 5);
    CHECK(world.counter(0, "stabilizations") - before <= 12);
}

TEST_CASE("local_health: patience grows with refutations and late timers, and comes back") {
    LocalHealth health;
    CHECK(health.factor() == 1);
    for (int i = 0; i < 20; ++i) health.refuted();
    CHECK(health.factor() == LocalHealth::kScoreMax + 1);
    for (int i = 0; i < 20; ++i) health.confirmed();
    CHECK(health.factor() == 1);
    health.timer_ran(Time{}, Time{} + LocalHealth::kLate - Duration(1));
    CHECK(health.factor() == 1);
    health.timer_ran(Time{}, Time{} + LocalHealth::kLate);
    CHECK(health.factor() == 2);
}

}  // namespace
}  // namespace chord
