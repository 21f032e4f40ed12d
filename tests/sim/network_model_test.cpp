// The parts of the network model, one by one.
#include "tests/sim/network_model.hpp"

#include <doctest/doctest.h>

namespace chord::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kDevices = 200;

Time at(Duration since_start) {
    return Time{} + since_start;
}

NetworkModel model(const NetworkConditions& conditions, std::uint64_t seed = 1) {
    return NetworkModel(conditions, seed);
}

std::size_t arrivals(NetworkModel& network, std::size_t from, std::size_t to, Time now = Time{}) {
    return network.send(from, to, 100, now).count;
}

std::uint64_t stopped(const NetworkModel& network, NetworkModel::Part part) {
    return network.stopped()[static_cast<std::size_t>(part)];
}

// Ordered pairs of distinct devices that nothing passes.
std::size_t dead_pairs(NetworkModel& network, Time now = Time{}) {
    std::size_t dead = 0;
    for (std::size_t a = 0; a < kDevices; ++a) {
        for (std::size_t b = 0; b < kDevices; ++b) {
            dead += a != b && arrivals(network, a, b, now) == 0 ? 1U : 0U;
        }
    }
    return dead;
}

TEST_CASE("network: without faults each datagram arrives once, within latency ± jitter") {
    NetworkModel network = model({});
    for (std::size_t i = 0; i < 1000; ++i) {
        const NetworkModel::Copies copies = network.send(i, i + 1, 1400, Time{});
        REQUIRE(copies.count == 1);
        CHECK(copies.delays[0] >= milliseconds(10));
        CHECK(copies.delays[0] <= milliseconds(30));
    }
}

TEST_CASE("network: a cut made by hand stops one way of one pair until it is mended") {
    NetworkModel network = model({});
    network.cut(3, 7);
    CHECK(arrivals(network, 3, 7) == 0);
    CHECK(arrivals(network, 7, 3) == 1);
    CHECK(dead_pairs(network) == 1);
    CHECK(stopped(network, NetworkModel::Part::cut_pairs) == 2);
    network.mend();
    CHECK(arrivals(network, 3, 7) == 1);
}

TEST_CASE("network: loss, duplicates and reordering come as often as they should") {
    NetworkConditions conditions;
    conditions.loss = 100'000;
    conditions.duplicate = 200'000;
    conditions.reorder = 300'000;
    NetworkModel network = model(conditions);
    std::size_t lost = 0, twice = 0, late = 0;
    constexpr std::size_t kSent = 100'000;
    for (std::size_t i = 0; i < kSent; ++i) {
        const NetworkModel::Copies copies = network.send(0, 1, 100, Time{});
        lost += copies.count == 0 ? 1U : 0U;
        twice += copies.count == 2 ? 1U : 0U;
        late += copies.count > 0 && copies.delays[0] > milliseconds(30) ? 1U : 0U;
    }
    CHECK(lost > kSent * 97 / 1000);
    CHECK(lost < kSent * 103 / 1000);
    CHECK(stopped(network, NetworkModel::Part::loss) == lost);
    CHECK(twice > (kSent - lost) * 195 / 1000);
    CHECK(twice < (kSent - lost) * 205 / 1000);
    // Nine in ten of the delayed ones are later than every other: 20 of 220 ms overlap.
    CHECK(late > (kSent - lost) * 25 / 100);
    CHECK(late < (kSent - lost) * 30 / 100);
}

TEST_CASE("network: what is larger than the MTU vanishes, and is counted") {
    NetworkConditions conditions;
    conditions.mtu = 1280;
    NetworkModel network = model(conditions);
    CHECK(network.send(0, 1, 1280, Time{}).count == 1);
    CHECK(network.send(0, 1, 1281, Time{}).count == 0);
    CHECK(stopped(network, NetworkModel::Part::mtu) == 1);
}

TEST_CASE("network: a one-way cut leaves the way back") {
    NetworkConditions conditions;
    conditions.one_way = 100'000;
    NetworkModel network = model(conditions);
    std::size_t one_way = 0, both_ways = 0;
    for (std::size_t a = 0; a < kDevices; ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            const bool there = arrivals(network, a, b) > 0, back = arrivals(network, b, a) > 0;
            one_way += there != back ? 1U : 0U;
            both_ways += !there && !back ? 1U : 0U;
        }
    }
    // 19,900 pairs: 18 % in one way, 1 % in both.
    CHECK(one_way > 3'300);
    CHECK(one_way < 3'900);
    CHECK(both_ways < 300);
}

TEST_CASE("network: cut pairs are cut both ways, for good, in the share asked for, and differ from seed to seed") {
    NetworkConditions conditions;
    conditions.cut_pairs = 23'000;
    NetworkModel network = model(conditions);
    NetworkModel other = model(conditions, 2);
    std::size_t cut = 0, differ = 0;
    for (std::size_t a = 0; a < kDevices; ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            const bool is_cut = arrivals(network, a, b) == 0;
            CHECK(is_cut == (arrivals(network, b, a, at(seconds(1000))) == 0));
            cut += is_cut ? 1U : 0U;
            differ += is_cut != (arrivals(other, a, b) == 0) ? 1U : 0U;
        }
    }
    CHECK(cut > 350);  // 458 of 19,900 expected
    CHECK(cut < 570);
    CHECK(differ > cut);
}

TEST_CASE("network: a greater share cuts more pairs, and none less") {
    NetworkConditions conditions;
    conditions.cut_pairs = 23'000;
    NetworkModel few = model(conditions);
    conditions.cut_pairs = 100'000;
    NetworkModel many = model(conditions);
    for (std::size_t a = 0; a < kDevices; ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            CHECK((arrivals(few, a, b) > 0 || arrivals(many, a, b) == 0));
        }
    }
}

TEST_CASE("network: sides do not hear each other, who has no side stands on side 0, and empty heals") {
    NetworkModel network = model({});
    network.split({0, 1, 1, 2});
    CHECK(arrivals(network, 1, 2) == 1);
    CHECK(arrivals(network, 0, 1) == 0);
    CHECK(arrivals(network, 3, 1) == 0);
    CHECK(arrivals(network, 0, 9) == 1);
    CHECK(stopped(network, NetworkModel::Part::sides) == 2);
    network.split({});
    CHECK(arrivals(network, 0, 1) == 1);
}

TEST_CASE("network: a flapping link is down half of the time, and up again") {
    NetworkConditions conditions;
    conditions.flapping = kAlways;
    conditions.flap_period = seconds(10);
    NetworkModel network = model(conditions);
    std::size_t down = 0, turns = 0;
    bool before = arrivals(network, 0, 1) > 0;
    for (int i = 0; i < 1000; ++i) {
        const bool up = arrivals(network, 0, 1, at(seconds(i))) > 0;
        CHECK(up == (arrivals(network, 1, 0, at(seconds(i))) > 0));
        down += up ? 0U : 1U;
        turns += up != before ? 1U : 0U;
        before = up;
    }
    CHECK(down == 500);
    CHECK(turns >= 99);
    CHECK(turns <= 100);
    conditions.flapping = 250'000;
    network.change(conditions);
    const std::size_t dead = dead_pairs(network);
    CHECK(dead > 39'800 / 10);  // one in eight expected
    CHECK(dead < 39'800 / 6);
}

TEST_CASE("network: what slow devices send and receive is late") {
    NetworkConditions conditions;
    conditions.slow = 100'000;
    NetworkModel network = model(conditions);
    std::size_t slow = 0;
    for (std::size_t a = 0; a < kDevices; ++a) {
        slow += network.is_slow(a) ? 1U : 0U;
        for (std::size_t b = 0; b < a; ++b) {
            const Duration late = conditions.slow_by * (network.is_slow(a) + network.is_slow(b));
            const Duration delay = network.send(a, b, 100, Time{}).delays[0];
            CHECK(delay >= late + milliseconds(10));
            CHECK(delay <= late + milliseconds(30));
        }
    }
    CHECK(slow > 8);
    CHECK(slow < 34);
}

TEST_CASE("network: a device behind a NAT is reached only by those that it has sent to within the last minute") {
    NetworkConditions conditions;
    conditions.behind_nat = 500'000;
    NetworkModel network = model(conditions);
    std::size_t inside = 0, outside = 0;
    while (!network.is_behind_nat(inside)) {
        ++inside;
    }
    while (network.is_behind_nat(outside)) {
        ++outside;
    }
    const std::size_t stranger = kDevices;
    CHECK(arrivals(network, outside, inside) == 0);
    CHECK(arrivals(network, inside, outside) == 1);
    CHECK(arrivals(network, outside, inside, at(seconds(60))) == 1);
    CHECK(arrivals(network, stranger, inside, at(seconds(60))) == 0);
    CHECK(arrivals(network, outside, inside, at(seconds(61))) == 0);
    CHECK(arrivals(network, inside, outside, at(seconds(200))) == 1);
    CHECK(arrivals(network, outside, inside, at(seconds(230))) == 1);
    CHECK(stopped(network, NetworkModel::Part::nat) == 3);
}

TEST_CASE("network: two levels: quick inside a site, slower between sites, the same for a pair of sites in both ways") {
    NetworkConditions conditions;
    conditions.sites = 5;
    conditions.jitter = Duration{};
    NetworkModel network = model(conditions);
    std::array<std::size_t, 5> devices{};
    for (std::size_t a = 0; a < kDevices; ++a) {
        ++devices[network.site(a)];
        for (std::size_t b = 0; b < a; ++b) {
            const Duration delay = network.send(a, b, 100, Time{}).delays[0];
            CHECK(delay == network.send(b, a, 100, Time{}).delays[0]);
            if (network.site(a) == network.site(b)) {
                CHECK(delay == milliseconds(1));
            } else {
                CHECK(delay >= milliseconds(10));
                CHECK(delay <= milliseconds(30));
            }
        }
    }
    for (const std::size_t count : devices) {
        CHECK(count > 15);
    }
}

TEST_CASE("network: in a cube no detour is shorter than the straight way, and the mean way is Robbins' constant") {
    NetworkConditions conditions;
    conditions.cube_edge = milliseconds(100);
    conditions.jitter = Duration{};
    NetworkModel network = model(conditions);
    const auto way = [&](std::size_t a, std::size_t b) { return network.send(a, b, 100, Time{}).delays[0]; };
    Duration sum{};
    for (std::size_t a = 0; a < kDevices; ++a) {
        for (std::size_t b = 0; b < a; ++b) {
            sum += way(a, b);
            CHECK(way(a, b) == way(b, a));
            CHECK(way(a, b) <= way(a, 0) + way(0, b) + std::chrono::microseconds(2));  // each is rounded down
        }
    }
    const Duration mean = sum / (kDevices * (kDevices - 1) / 2);
    CHECK(mean > milliseconds(63));  // 66.17 of an edge of 100
    CHECK(mean < milliseconds(69));
}

TEST_CASE("network: devices of different sides share one line each way, with its queue and its delay") {
    NetworkConditions conditions;
    conditions.latency = milliseconds(1);
    conditions.jitter = {};
    NetworkModel network(conditions, 1);
    testing::LinkOptions line;
    line.bits_per_second = 100'000;
    line.delay = milliseconds(100);
    line.queue_bytes = 3000;
    network.narrow({0, 0, 1}, line);
    CHECK(network.line(0, 1) == nullptr);
    const Time now{std::chrono::hours(1)};
    // 1250 bytes with their headers take 100 ms; those of both near devices stand in one queue.
    CHECK(network.send(0, 2, 1222, now).delays[0] == milliseconds(201));
    CHECK(network.send(1, 2, 1222, now).delays[0] == milliseconds(301));
    CHECK(network.send(1, 2, 1222, now).count == 0);  // no room
    CHECK(network.send(2, 0, 1222, now).delays[0] == milliseconds(201));
    CHECK(network.send(0, 1, 1222, now).delays[0] == milliseconds(1));
    CHECK(network.line(0, 1)->carried() == 2500);
    CHECK(network.line(0, 1)->overflows() == 1);
    network.narrow({}, line);
    CHECK(network.send(0, 2, 1222, now).delays[0] == milliseconds(1));
}

}  // namespace
}  // namespace chord::sim
