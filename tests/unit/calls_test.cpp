// Calls: the schedule of retransmissions, what counts as an answer, the bounds.
#include "net/calls.hpp"

#include "tests/support/channel_side.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using Raw = std::vector<std::uint8_t>;

Endpoint endpoint(std::uint16_t port) {
    Endpoint made;
    made.ip[15] = 1;
    made.port = port;
    return made;
}

constexpr Time kStart{};
const Endpoint kPeer = endpoint(1);

Id id_of(std::uint64_t number) {
    return Id{{0, number << 20, 0, number}};
}

/// Calls over channels that are open to kPeer and endpoint(2).
struct Bench {
    RpcOptions options;
    testing::ChannelSide side{endpoint(9), test_identity(id_of(9))};
    testing::ChannelSide first{kPeer, test_identity(id_of(1))};
    testing::ChannelSide second{endpoint(2), test_identity(id_of(2))};
    RpcCounters counters;
    Messages messages{MessageOptions{}};
    Outbox outbox{side.channels, messages};
    OtherAddresses others;
    Calls calls;

    explicit Bench(RpcOptions chosen = {}) : options(chosen), calls(chosen, outbox, others, counters) {
        for (testing::ChannelSide* peer : {&first, &second}) {
            side.connect(
                peer->address, kStart,
                [this, peer](const Raw& datagram) { peer->receive(side.address, datagram, kStart); },
                [peer] { return peer->channels.take(); });
        }
    }

    /// The attempts of the requests that were sent since the last call.
    std::vector<int> attempts() {
        std::vector<int> sent;
        for (const Datagram& datagram : side.channels.take()) {
            if (!testing::is_handshake(datagram)) sent.push_back(datagram.label[1]);
        }
        return sent;
    }
};

Envelope response(std::uint64_t request_id, std::uint8_t attempt = 0) {
    Envelope made;
    made.kind = Kind::response;
    made.request_id = request_id;
    made.attempt = attempt;
    return made;
}

TEST_CASE("calls: four transmissions after 500, 1000 and 2000 ms, the end 3000 ms after the last") {
    Bench bench;
    REQUIRE(bench.calls.start(CallId{42}, kPeer, Raw{1}, {true, false}, kStart));
    CHECK_EQ(bench.attempts(), std::vector<int>{0});
    Time now = kStart;
    std::optional<Calls::Ended> ended;
    for (const int wait : {500, 1000, 2000, 3000}) {
        now += milliseconds(wait);
        CHECK(bench.calls.next_deadline() == now);
        CHECK_FALSE(bench.calls.expire_one(now - std::chrono::microseconds(1), ended));
        CHECK_FALSE(ended);
        CHECK(bench.calls.expire_one(now, ended));
    }
    REQUIRE(ended);
    CHECK(ended->id == CallId{42});
    CHECK(ended->error == Error::timeout);
    CHECK_EQ(bench.attempts(), std::vector<int>{1, 2, 3});
    CHECK(bench.calls.next_deadline() == kNever);
    CHECK_FALSE(bench.calls.expire_one(now + std::chrono::hours(1), ended));
    CHECK_EQ(bench.counters.retransmissions, 3U);
    CHECK_EQ(bench.counters.timeouts, 1U);
}

/// Where the transmissions of one call go, the first included, until it ends.
std::vector<std::uint16_t> ports_of_call(Bench& bench, const Callee& to, Time now) {
    REQUIRE(bench.calls.start(CallId{1}, to, Raw{1}, {true, false}, now));
    std::vector<std::uint16_t> ports;
    std::optional<Calls::Ended> ended;
    while (!ended) {
        for (const Datagram& datagram : bench.side.channels.take())
            if (!testing::is_handshake(datagram)) ports.push_back(datagram.to.port);
        CHECK(bench.calls.expire_one(bench.calls.next_deadline(), ended));
    }
    return ports;
}

using Ports = std::vector<std::uint16_t>;

TEST_CASE("calls: the last two transmissions go to the node's other addresses") {
    Bench bench;
    const Callee node(kPeer, id_of(1));
    CHECK_EQ(ports_of_call(bench, node, kStart), Ports{1, 1, 1, 1});
    bench.others.tell(id_of(1), {kPeer, endpoint(11), endpoint(12)});
    const Time later = kStart + std::chrono::seconds(20);
    CHECK_EQ(ports_of_call(bench, node, later), Ports{1, 1, 11, 12});
    // Who is meant by the address alone has no other one.
    CHECK_EQ(ports_of_call(bench, kPeer, later + std::chrono::seconds(20)), Ports{1, 1, 1, 1});
    // An address that names no place is not waited for.
    bench.others.tell(id_of(1), {endpoint(11)});
    CHECK_EQ(ports_of_call(bench, Callee(kElsewhere, id_of(1)), later + std::chrono::seconds(40)),
             Ports{11, 11, 11, 11});
}

TEST_CASE("calls: where another address has answered, it is asked first, and measured as itself") {
    Bench bench;
    const Callee node(kPeer, id_of(1));
    bench.others.tell(id_of(1), {endpoint(11)});
    REQUIRE(bench.calls.start(CallId{1}, node, Raw{1}, {true, false}, kStart));
    std::optional<Calls::Ended> ended;
    CHECK(bench.calls.expire_one(kStart + milliseconds(500), ended));
    CHECK(bench.calls.expire_one(kStart + milliseconds(1500), ended));
    CHECK(bench.calls.finish(response(1, 2), endpoint(11), false, kStart + milliseconds(1507)) == CallId{1});
    CHECK(bench.calls.rtt(endpoint(11)) == milliseconds(7));
    CHECK_FALSE(bench.calls.rtt(kPeer));
    bench.attempts();
    CHECK_EQ(ports_of_call(bench, node, kStart + std::chrono::seconds(2)), Ports{11, 11, 1, 11});
    CHECK_EQ(ports_of_call(bench, node, kStart + std::chrono::minutes(2)), Ports{1, 1, 11, 11});
}

TEST_CASE("calls: an answer that only says which transmission it answers turns nothing towards another address") {
    Bench bench;
    const Callee node(kPeer, id_of(1));
    bench.others.tell(id_of(1), {endpoint(11)});  // anybody's
    REQUIRE(bench.calls.start(CallId{1}, node, Raw{1}, {true, false}, kStart));
    std::optional<Calls::Ended> ended;
    CHECK(bench.calls.expire_one(kStart + milliseconds(500), ended));
    CHECK(bench.calls.expire_one(kStart + milliseconds(1500), ended));
    CHECK(bench.calls.finish(response(1, 2), kPeer, false, kStart + milliseconds(1507)) == CallId{1});
    bench.attempts();
    CHECK_EQ(ports_of_call(bench, node, kStart + std::chrono::seconds(2)), Ports{1, 1, 11, 11});
}

TEST_CASE("calls: a peer that claims to be at work on what it has not got yet changes nothing") {
    for (const Kind kind : {Kind::working, Kind::coming}) {
        Bench bench;
        REQUIRE(bench.calls.start(CallId{1}, Callee(kPeer, id_of(1)), Raw(50'000, 1),
                                  {false, false, Priority::background}, kStart));
        Envelope claim = response(1);
        claim.kind = kind;
        CHECK(bench.calls.extend(claim, kStart) == CallId{1});
        CHECK(bench.calls.next_deadline() == kNever);
    }
}

TEST_CASE("calls: a peer that is working is asked again ever less often, and given up when it falls silent") {
    Bench bench;
    REQUIRE(bench.calls.start(CallId{1}, kPeer, Raw{1}, {true, false}, kStart));
    CHECK(bench.calls.finish(response(1), kPeer, false, kStart + milliseconds(2)) == CallId{1});
    Time now = kStart + std::chrono::seconds(1);
    REQUIRE(bench.calls.start(CallId{2}, kPeer, Raw{1}, {false, false}, now));
    std::optional<Calls::Ended> ended;
    for (const int pause : {50, 100, 200, 200, 200, 200}) {
        now += milliseconds(pause);
        CHECK(bench.calls.next_deadline() == now);
        CHECK(bench.calls.expire_one(now, ended));
        CHECK_FALSE(ended);
        bench.calls.extend(response(2), now);
    }
    for (int silent = 0; silent < 4; ++silent) {
        CHECK_FALSE(ended);
        now += milliseconds(200);
        CHECK(bench.calls.expire_one(now, ended));
    }
    REQUIRE(ended);
    CHECK(ended->id == CallId{2});
}

TEST_CASE("calls: a measured path shortens the schedule to the floor") {
    Bench bench;
    REQUIRE(bench.calls.start(CallId{1}, kPeer, Raw{1}, {true, false}, kStart));
    CHECK(bench.calls.finish(response(1), kPeer, false, kStart + milliseconds(2)) == CallId{1});
    CHECK(bench.calls.rtt(kPeer) == milliseconds(2));
    const Time now = kStart + std::chrono::seconds(1);
    REQUIRE(bench.calls.start(CallId{2}, kPeer, Raw{1}, {true, false}, now));
    CHECK(bench.calls.next_deadline() == now + milliseconds(50));
    std::optional<Calls::Ended> ended;
    CHECK(bench.calls.expire_one(now + milliseconds(50), ended));
    CHECK(bench.calls.next_deadline() == now + milliseconds(150));
}

TEST_CASE("calls: the echoed attempt says which transmission was answered") {
    Bench bench;
    std::optional<Calls::Ended> ended;
    REQUIRE(bench.calls.start(CallId{1}, kPeer, Raw{1}, {true, false}, kStart));
    CHECK(bench.calls.expire_one(kStart + milliseconds(500), ended));
    CHECK(bench.calls.finish(response(1, 1), kPeer, false, kStart + milliseconds(510)) == CallId{1});
    CHECK(bench.calls.rtt(kPeer) == milliseconds(10));

    REQUIRE(bench.calls.start(CallId{2}, endpoint(2), Raw{1}, {true, false}, kStart + milliseconds(510)));
    CHECK(bench.calls.expire_one(kStart + milliseconds(1010), ended));
    CHECK(bench.calls.finish(response(2, 0), kPeer, false, kStart + milliseconds(1020)) == CallId{2});
    CHECK(bench.calls.rtt(endpoint(2)) == milliseconds(510));
}

TEST_CASE("calls: only the right id and an attempt that was made count, and tell who was asked") {
    Bench bench;
    REQUIRE(bench.calls.start(CallId{1}, kPeer, Raw{1}, {true, false}, kStart));
    REQUIRE(bench.calls.start(CallId{2}, endpoint(2), Raw{1}, {true, false}, kStart));
    CHECK(bench.calls.asked(response(1))->address == kPeer);
    CHECK(bench.calls.asked(response(2))->address == endpoint(2));
    CHECK_FALSE(bench.calls.asked(response(3)));
    CHECK_FALSE(bench.calls.asked(response(1, 1)));
    std::optional<Calls::Ended> ended;
    CHECK(bench.calls.expire_one(kStart + milliseconds(500), ended));
    CHECK(bench.calls.asked(response(1, 1))->address == kPeer);
    CHECK_FALSE(bench.calls.asked(response(1, 2)));
    CHECK(bench.calls.finish(response(1), kPeer, false, kStart) == CallId{1});
    CHECK_FALSE(bench.calls.asked(response(1)));
    CHECK(bench.calls.finish(response(2), kPeer, false, kStart) == CallId{2});
    CHECK(bench.calls.next_deadline() == kNever);
}

TEST_CASE("calls: what else measured the path shortens the schedule too, and an unprompt answer does not") {
    Bench bench;
    REQUIRE(bench.calls.start(CallId{1}, kPeer, Raw{1}, {false, false}, kStart));
    CHECK(bench.calls.finish(response(1), kPeer, false, kStart + milliseconds(7)) == CallId{1});
    CHECK_FALSE(bench.calls.rtt(kPeer));
    bench.calls.reached(Peer{Id{}, kPeer}, milliseconds(40), kStart);
    CHECK(bench.calls.rtt(kPeer) == milliseconds(40));
    REQUIRE(bench.calls.start(CallId{2}, kPeer, Raw{1}, {true, false}, kStart));
    CHECK(bench.calls.next_deadline() == kStart + milliseconds(40 + 4 * 20));
}

TEST_CASE("calls: what waited for a handshake has all its tries once the channel is open, and that once only") {
    Bench bench;
    REQUIRE(bench.calls.start(CallId{1}, kPeer, Raw{1}, {true, true}, kStart));
    REQUIRE(bench.calls.start(CallId{2}, endpoint(2), Raw{1}, {true, true}, kStart));
    std::optional<Calls::Ended> ended;
    const Time third = kStart + milliseconds(500 + 1000);
    while (bench.calls.expire_one(third, ended)) CHECK_FALSE(ended);
    const Time open = third + milliseconds(100);
    bench.calls.reached(Peer{Id{}, kPeer}, milliseconds(100), open);
    std::vector<Time> tries;
    for (Time now = open; !ended && now < open + std::chrono::minutes(1); now = bench.calls.next_deadline()) {
        const std::uint64_t before = bench.counters.retransmissions;
        while (!ended && bench.calls.expire_one(now, ended)) {
            if (ended && ended->id == CallId{2}) ended.reset();  // whom nobody has reached
        }
        if (bench.counters.retransmissions > before) tries.push_back(now);
        bench.calls.reached(Peer{Id{}, kPeer}, std::nullopt, now);  // again and again: nothing changes
    }
    REQUIRE(ended);
    CHECK(ended->id == CallId{1});
    CHECK_GE(tries.size(), 3);
    CHECK(tries.front() == open + milliseconds(100 + 4 * 50));
    CHECK(bench.calls.rtt(kPeer) == milliseconds(100));
}

TEST_CASE("calls: no more than calls_max, and room again after one has ended") {
    RpcOptions options;
    options.calls_max = 2;
    options.first_request_id = 100;
    Bench bench(options);
    CHECK(bench.calls.start(CallId{1}, kPeer, Raw{1}, {true, false}, kStart));
    CHECK(bench.calls.start(CallId{2}, kPeer, Raw{1}, {true, false}, kStart));
    CHECK_FALSE(bench.calls.start(CallId{3}, kPeer, Raw{1}, {true, false}, kStart));
    CHECK_EQ(bench.attempts().size(), 2);
    CHECK(bench.calls.finish(response(101), kPeer, false, kStart) == CallId{2});
    CHECK(bench.calls.start(CallId{4}, kPeer, Raw{1}, {true, false}, kStart));
}

TEST_CASE("calls: an answer that comes while the long request is still being sent ends that too") {
    Bench bench;
    REQUIRE(bench.calls.start(CallId{1}, Callee(kPeer, id_of(1)), Raw(50'000, 1), {false, false}, kStart));
    CHECK_GT(bench.messages.waiting_bytes(), 50'000);
    CHECK(bench.calls.next_deadline() == kNever);  // net/message sees to it
    CHECK(bench.calls.finish(response(1), kPeer, false, kStart) == CallId{1});
    CHECK_EQ(bench.messages.waiting_bytes(), 0);
    for (const MessageEvent& each : bench.messages.take_events()) {
        const auto& ended = std::get<MessageEnded>(each);
        CHECK_FALSE(bench.calls.on_sent(ended.handle, ended.status, kStart));
    }
}

}  // namespace
}  // namespace chord::net
