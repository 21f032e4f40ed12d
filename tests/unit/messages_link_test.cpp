// Messages over simulated links in virtual time: what issue 4 demands of reliable messages. bench_message prints the
// same as figures.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/message_link.hpp"

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::LinkOptions;
using testing::message_bytes;
using testing::message_peer;
using testing::MessageWorld;

constexpr std::size_t kValue = 64 * 1024;

LinkOptions link(std::uint64_t bits_per_second, Duration rtt, std::uint32_t loss_per_mille) {
    LinkOptions options;
    options.bits_per_second = bits_per_second;
    options.delay = rtt / 2;
    options.loss_per_mille = loss_per_mille;
    options.queue_bytes = 32'000;
    return options;
}

MessageOptions large() {
    MessageOptions options;
    options.reassembly.message_bytes_max = kMessageBytesMax;
    options.reassembly.peer_bytes_max = 2 * kMessageBytesMax;
    options.queued_bytes_max = 16 * kMessageBytesMax;
    return options;
}

bool has_ended(const MessageWorld& world, std::size_t node, SendHandle handle) {
    return std::any_of(world.endings.begin(), world.endings.end(),
                       [&](const auto& each) { return each.node == node && each.ended.handle == handle; });
}

/// All messages sent have arrived whole and their senders know it.
void check_all_arrived(const MessageWorld& world, std::size_t count) {
    REQUIRE_EQ(world.endings.size(), count);
    for (const auto& each : world.endings) CHECK(each.ended.status.has_value());
    CHECK_EQ(world.arrivals.size(), count);
}

TEST_CASE("messages: 64 KiB over 100 kbit/s, 200 ms, 2 % loss reach 80 % of the link") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const LinkOptions one_way = link(100'000, milliseconds(200), 20);
        MessageWorld world(2, MessageOptions{}, one_way, one_way, seed);
        const auto value = message_bytes(kValue, seed);
        world.send(0, 1, value, Priority::foreground);
        REQUIRE(world.run(minutes(1), [&] { return !world.arrivals.empty(); }));
        CHECK_EQ(world.arrivals[0].message.bytes, value);
        const auto took = (world.now() - MessageWorld::kStart).count();
        const auto percent = 100 * static_cast<std::int64_t>(kValue) * 8'000'000 / 100'000 / took;
        CHECK_GE(percent, 80);  // of value alone; headers and repetitions are not counted
    }
}

TEST_CASE("messages: 1 MiB arrives, over a fast link, a slow one, and one with 5 % loss each way") {
    for (const LinkOptions& one_way : {link(100'000'000, milliseconds(1), 0), link(1'000'000, milliseconds(100), 10),
                                       link(10'000'000, milliseconds(40), 50), link(0, milliseconds(300), 0)}) {
        MessageWorld world(2, large(), one_way, one_way, 1);
        const auto bytes = message_bytes(kMessageBytesMax);
        const SendHandle handle = world.send(0, 1, bytes, Priority::foreground);
        REQUIRE(world.run(minutes(10), [&] { return has_ended(world, 0, handle); }));
        check_all_arrived(world, 1);
        CHECK_EQ(world.arrivals[0].message.bytes, bytes);
        CHECK_EQ(world.node(0).in_flight_bytes(), 0);
        CHECK_EQ(world.node(1).reassembly().held_bytes(), 0);
    }
}

TEST_CASE("messages: 5 % loss each way loses no message") {
    const LinkOptions one_way = link(10'000'000, milliseconds(40), 50);
    MessageWorld world(2, MessageOptions{}, one_way, one_way, 1);
    Rng rng(1);
    constexpr std::size_t kMessages = 2000;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < kMessages; ++i) {
        const Time began = world.now();
        const SendHandle handle = world.send(0, 1, message_bytes(1 + rng.below(16'000), i), Priority::foreground);
        REQUIRE(world.run(minutes(1), [&] { return has_ended(world, 0, handle); }));
        longest = std::max(longest, static_cast<std::size_t>((world.now() - began) / milliseconds(1)));
        world.arrivals.clear();
        CHECK(world.endings.back().ended.status.has_value());
        world.endings.clear();
    }
    CHECK_EQ(world.node(1).counters().delivered, kMessages);
    CHECK_LT(longest, 5000);
}

TEST_CASE(
    "messages: doubled, reordered and lost datagrams both ways, many peers both ways: each message once and whole") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        LinkOptions one_way = link(5'000'000, milliseconds(20), 100);
        one_way.doubled_per_mille = 100;
        one_way.jitter = milliseconds(15);
        MessageOptions options;
        options.in_flight_bytes_max = 60'000;
        MessageWorld world(5, options, one_way, one_way, seed);
        Rng rng(seed);
        std::map<std::pair<Peer, std::size_t>, std::vector<std::uint8_t>> sent;
        for (std::size_t i = 0; i < 40; ++i) {
            const std::size_t left = rng.below(4);
            const bool to_right = rng.chance(1, 2);
            const std::size_t from = to_right ? left : world.right();
            const std::size_t to = to_right ? world.right() : left;
            const std::size_t size = 1 + rng.below(30'000) * 2 + i % 2;
            const auto bytes = message_bytes(size, i);
            if (!sent.emplace(std::pair(message_peer(from), size), bytes).second) continue;
            world.send(from, to, bytes, rng.chance(1, 3) ? Priority::background : Priority::foreground);
        }
        REQUIRE(world.run(minutes(5), [&] { return world.endings.size() == sent.size(); }));
        check_all_arrived(world, sent.size());
        for (const auto& each : world.arrivals) {
            CHECK_EQ(each.message.bytes, sent.at({each.message.from, each.message.bytes.size()}));
        }
    }
}

/// Percent of what both send that the foreground gets while a background transfer, which had the link for itself, goes
/// on.
double share_of_foreground(std::uint64_t seed, std::size_t other, const LinkOptions& one_way, std::size_t bytes) {
    MessageWorld world(3, large(), one_way, one_way, seed);
    for (int i = 0; i < 4; ++i) world.send(0, 2, message_bytes(kMessageBytesMax), Priority::background);
    world.run(seconds(20));
    const auto before = world.node(0).counters().tx_background_bytes;
    REQUIRE_GT(before, one_way.bits_per_second / 8 * 20 * 6 / 10);  // it did use the link
    const SendHandle handle = world.send(other, 2, message_bytes(bytes), Priority::foreground);
    REQUIRE(world.run(minutes(10), [&] { return has_ended(world, other, handle); }));
    const auto background = static_cast<double>(world.node(0).counters().tx_background_bytes - before);
    const auto foreground = static_cast<double>(world.node(other).counters().tx_foreground_bytes);
    CHECK_GT(background, 0);  // and went on
    return 100 * foreground / (foreground + background);
}

TEST_CASE("messages: a background transfer yields 90 % and more to a foreground one") {
    CHECK_GE(share_of_foreground(1, 1, link(1'000'000, milliseconds(100), 0), 1 << 20), 90);  // of another node
    CHECK_GE(share_of_foreground(1, 1, link(100'000, milliseconds(200), 0), 4 * kValue), 90);
    CHECK_GE(share_of_foreground(1, 0, link(1'000'000, milliseconds(100), 0), 1 << 20), 90);  // of the same node
    CHECK_GE(share_of_foreground(1, 0, link(100'000, milliseconds(200), 0), kValue), 90);
    double sum = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        sum += share_of_foreground(seed, 1, link(100'000, milliseconds(200), 20), 4 * kValue);
    }
    CHECK_GE(sum / 10, 90);
}

TEST_CASE("messages: the background alone adds about 60 ms to the queue and fills the link") {
    const LinkOptions one_way = link(1'000'000, milliseconds(100), 0);
    MessageWorld world(2, large(), one_way, one_way, 1);
    for (int i = 0; i < 6; ++i) world.send(0, 1, message_bytes(kMessageBytesMax), Priority::background);
    world.run(seconds(10));
    (void)world.to_right.take_queues();
    const auto before = world.to_right.carried();
    world.run(seconds(30));
    CHECK_GE(world.to_right.carried() - before, 125'000 * 30 * 8 / 10);
    auto queues = world.to_right.take_queues();
    std::sort(queues.begin(), queues.end());
    CHECK_LE(queues[queues.size() * 95 / 100], milliseconds(60 + 10 + 10));  // its own time and one datagram's
}

TEST_CASE("messages: a receiver that forgot a message in a pause of the link gets it whole nevertheless") {
    LinkOptions one_way = link(1'000'000, milliseconds(50), 0);
    MessageOptions options;
    options.timeouts_max = 12;
    MessageWorld world(2, options, one_way, one_way, 1);
    const auto bytes = message_bytes(kValue);
    const SendHandle handle = world.send(0, 1, bytes, Priority::foreground);
    world.run(milliseconds(250));
    CHECK_GT(world.node(1).reassembly().held_bytes(), 0);
    world.to_right.options().loss_per_mille = 1000;
    world.run(seconds(8));
    CHECK_EQ(world.node(1).reassembly().held_bytes(), 0);
    world.to_right.options().loss_per_mille = 0;
    REQUIRE(world.run(minutes(1), [&] { return has_ended(world, 0, handle); }));
    check_all_arrived(world, 1);
    CHECK_EQ(world.arrivals[0].message.bytes, bytes);
    CHECK_GT(world.node(0).counters().forgotten, 0);
}

TEST_CASE("messages: a long outage is persistent congestion and leaves the least window; a short one is not") {
    const auto after = [](Duration outage) {
        const LinkOptions one_way = link(1'000'000, milliseconds(50), 0);
        MessageWorld world(2, large(), one_way, one_way, 1);
        const SendHandle handle = world.send(0, 1, message_bytes(kMessageBytesMax), Priority::foreground);
        world.run(seconds(2));
        world.to_right.options().loss_per_mille = 1000;
        world.run(outage);
        world.to_right.options().loss_per_mille = 0;
        const auto& counters = world.node(0).counters();
        (void)world.run(minutes(1), [&] { return counters.persistent_congestion > 0 || !world.endings.empty(); });
        const std::size_t window = world.node(0).path(message_peer(1))->window(Priority::foreground);
        REQUIRE(world.run(minutes(1), [&] { return has_ended(world, 0, handle); }));
        check_all_arrived(world, 1);
        return std::pair(counters.persistent_congestion, window);
    };
    CHECK_EQ(after(milliseconds(300)).first, 0);
    const auto [count, window] = after(seconds(4));
    CHECK_EQ(count, 1);
    CHECK_EQ(window, 2 * kBaseDatagramBytes);
}

TEST_CASE("messages: where even one datagram a round trip is too much the background sends them further apart") {
    const LinkOptions one_way = link(1'000'000, milliseconds(200), 0);
    MessageWorld world(2, large(), one_way, one_way, 1);
    for (int i = 0; i < 4; ++i) world.send(0, 1, message_bytes(kMessageBytesMax), Priority::background);
    world.run(seconds(5));
    world.to_right.options().delay += milliseconds(300);  // somebody's queue, for all that can be seen
    world.run(seconds(20));
    const auto before = world.node(0).counters().tx_fragments;
    world.run(seconds(20));
    const auto sent = world.node(0).counters().tx_fragments - before;
    CHECK_LE(sent, 20 / 2 + 1);  // spaced by four round trips of half a second
    CHECK_GE(sent, 20 / 3);
}

TEST_CASE("messages: short datagrams do not make the background take long ones for a queue") {
    const LinkOptions one_way = link(100'000, milliseconds(200), 0);
    MessageWorld world(2, MessageOptions{}, one_way, one_way, 1);
    const std::size_t payload = kBaseDatagramBytes - MessageOptions{}.datagram_overhead - kFragmentHeadBytes;
    const auto transfer = [&](std::size_t bytes) {
        const Time began = world.now();
        const SendHandle handle = world.send(0, 1, message_bytes(bytes), Priority::background);
        REQUIRE(world.run(minutes(5), [&] { return has_ended(world, 0, handle); }));
        return world.now() - began;
    };
    transfer(2 * payload + 10);  // its last datagram is 0.1 s faster than the others
    CHECK_LT(transfer(kValue), seconds(15));
}

TEST_CASE(
    "messages: the path MTU is found after the first message and used by the next; a black hole costs no message") {
    LinkOptions one_way = link(1'000'000, milliseconds(50), 0);
    one_way.udp_payload_max = 1420;
    MessageWorld world(2, MessageOptions{}, one_way, one_way, 1);
    const auto transfer = [&] {
        const SendHandle handle = world.send(0, 1, message_bytes(kValue), Priority::foreground);
        REQUIRE(world.run(minutes(1), [&] { return has_ended(world, 0, handle); }));
        CHECK(world.endings.back().ended.status.has_value());
        return world.now();
    };
    transfer();
    const auto fragments = world.node(0).counters().tx_fragments;
    CHECK_EQ(world.node(0).path(message_peer(1))->datagram_bytes(), 1200);
    world.run(seconds(30));
    CHECK_EQ(world.node(0).path(message_peer(1))->datagram_bytes(), 1400);
    CHECK_EQ(world.node(0).counters().probes, 5);  // 1280, 1400, three times 1472
    CHECK(world.node(0).next_deadline() - world.now() > seconds(1));
    CHECK_EQ(world.node(0).plaintext_bytes(message_peer(1)), 1368);
    transfer();
    CHECK_LT(world.node(0).counters().tx_fragments - fragments, fragments);

    world.to_right.options().udp_payload_max = 1250;
    const Time before = world.now();
    CHECK_LT(transfer() - before, seconds(15));
    CHECK_EQ(world.node(0).counters().black_holes, 1);
    CHECK_EQ(world.node(0).path(message_peer(1))->datagram_bytes(), 1200);
    CHECK_EQ(world.arrivals.size(), 3);
}

TEST_CASE("messages: numbers of messages and sequences wrap unnoticed") {
    const LinkOptions one_way = link(5'000'000, milliseconds(50), 30);
    MessageOptions options;
    options.first_message_id = 0xfffffffe;
    MessageWorld world(2, options, one_way, one_way, 1);
    for (std::size_t i = 0; i < 8; ++i) world.send(0, 1, message_bytes(kValue, i), Priority::foreground);
    REQUIRE(world.run(minutes(1), [&] { return world.endings.size() == 8; }));
    check_all_arrived(world, 8);
    CHECK_EQ(world.node(0).counters().drops_unexpected, 0);
    CHECK_EQ(world.node(0).counters().timeouts, 0);
}

TEST_CASE("messages: the background keeps its byte budget") {
    const LinkOptions one_way = link(0, milliseconds(10), 0);
    MessageOptions options;
    options.background_rate = {20'000, 5000};
    MessageWorld world(2, options, one_way, one_way, 1);
    for (int i = 0; i < 10; ++i) world.send(0, 1, message_bytes(kValue), Priority::background);
    world.run(seconds(10));
    const auto sent = world.node(0).counters().tx_background_bytes;
    CHECK_LE(sent, 205'000);
    CHECK_GE(sent, 190'000);
    CHECK_EQ(world.node(0).counters().timeouts, 0);
}

TEST_CASE("messages: sixteen senders at one receiver with little room all get through") {
    const LinkOptions one_way = link(10'000'000, milliseconds(20), 10);
    MessageOptions options;
    options.reassembly.node_bytes_max = 3 * kMessageBytesDefault;
    options.reassembly.peer_bytes_max = 2 * kMessageBytesDefault;
    MessageWorld world(17, options, one_way, one_way, 1);
    for (std::size_t i = 0; i < 16; ++i) world.send(i, 16, message_bytes(kValue, i), Priority::foreground);
    REQUIRE(world.run(minutes(2), [&] { return world.endings.size() == 16; }));
    check_all_arrived(world, 16);
}

TEST_CASE("messages: the same seed gives the same run") {
    const auto run = [](std::uint64_t seed) {
        const LinkOptions one_way = link(1'000'000, milliseconds(50), 50);
        MessageWorld world(3, MessageOptions{}, one_way, one_way, seed);
        for (std::size_t i = 0; i < 10; ++i) world.send(i % 2, 2, message_bytes(kValue), Priority::foreground);
        REQUIRE(world.run(minutes(5), [&] { return world.endings.size() == 10; }));
        return std::pair(world.now(), world.to_right.carried());
    };
    CHECK(run(7) == run(7));
    CHECK(run(7) != run(8));
}

}  // namespace
}  // namespace chord::net
