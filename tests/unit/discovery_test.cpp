// Discovery: when beacons leave, which are followed, and how little many of them come to.
#include "net/discovery/discovery.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "tests/support/noise_sides.hpp"

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::secret_of;

Endpoint address_of(std::uint32_t number) {
    Endpoint made;
    made.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0};
    made.ip[13] = static_cast<std::uint8_t>(number >> 16);
    made.ip[14] = static_cast<std::uint8_t>(number >> 8);
    made.ip[15] = static_cast<std::uint8_t>(number);
    made.port = 7400;
    return made;
}

Id id_of(std::uint64_t number) {
    return Id{{number << 32, number, 0, 1}};
}

std::vector<noise::SecretKey> keys(std::initializer_list<std::uint8_t> bytes) {
    std::vector<noise::SecretKey> made;
    for (const std::uint8_t byte : bytes) made.push_back(secret_of(byte));
    return made;
}

/// A node with dice of its own; whom it knows, the test says.
struct Device {
    Rng rng;
    Peer self;
    Discovery discovery;
    bool knows_all = false;

    Device(std::uint32_t number, std::initializer_list<std::uint8_t> network_keys)
        : rng(number), self{id_of(number), address_of(number)}, discovery(self.id, keys(network_keys), dice()) {}
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;

    Dice dice() {
        return [this](std::span<std::uint8_t> out) {
            for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(rng.below(256));
        };
    }
    Beacon beacon() { return discovery.beacon(self.address); }
    std::optional<Peer> hears(std::span<const std::uint8_t> datagram, const Endpoint& from, Time now) {
        return discovery.receive(
            from, datagram, [this](const Peer&) { return knows_all; }, now);
    }
};

/// The times at which beacons leave within `span` after `begin`, asked as a driver does.
std::vector<Time> schedule(Discovery& discovery, bool alone, Time begin, Duration span) {
    std::vector<Time> left;
    Time now = begin;
    while (now <= begin + span) {
        if (discovery.due(alone, now)) left.push_back(now);
        now = std::max(now, discovery.next_deadline());
    }
    return left;
}

constexpr Time kStart{minutes(100)};

TEST_CASE("discovery: at once after a start, then after growing pauses, then every minute while it is alone") {
    Device device(1, {0x5a});
    const auto left = schedule(device.discovery, true, kStart, minutes(6));
    REQUIRE_GE(left.size(), 9);
    CHECK(left[0] == kStart);
    for (std::size_t i = 1; i < left.size(); ++i) {
        const Duration pause = left[i] - left[i - 1];
        const Duration mean = i <= 6 ? seconds(1 << (i - 1)) : Duration(minutes(1));
        CHECK_GE(pause, mean * 8 / 10);
        CHECK_LE(pause, mean * 12 / 10);
    }
    CHECK_EQ(device.discovery.counters().sent, left.size());
}

TEST_CASE("discovery: every ten minutes in a ring, and as after a start when the last neighbour is lost") {
    Device device(1, {0x5a});
    const auto burst = schedule(device.discovery, false, kStart, seconds(45));
    CHECK_EQ(burst.size(), 6);
    const Time later = device.discovery.next_deadline();
    const auto rare = schedule(device.discovery, false, later, minutes(60));
    CHECK_GE(rare.size(), 5);
    CHECK_LE(rare.size(), 8);
    const Time lost = later + minutes(61);
    CHECK(device.discovery.due(true, lost));
    CHECK_GE(schedule(device.discovery, true, lost, seconds(40)).size(), 5);
}

TEST_CASE("discovery: a ring that is spoken for leaves out its next beacon, and no more than that one") {
    Device device(1, {0x5a});
    Device neighbor(2, {0x5a});
    device.knows_all = true;
    schedule(device.discovery, false, kStart, minutes(2));
    const auto heard = [&](Time now) { return device.hears(neighbor.beacon(), neighbor.self.address, now); };
    Time due = device.discovery.next_deadline();
    CHECK_FALSE(heard(due - seconds(1)));
    CHECK_FALSE(device.discovery.due(false, due));
    due = device.discovery.next_deadline();
    CHECK(device.discovery.due(false, due));
    // One that is alone is not silenced, whatever it hears.
    CHECK_FALSE(heard(due + seconds(1)));
    CHECK(device.discovery.due(true, due + seconds(2)));
}

TEST_CASE("discovery: a stranger to the ring is met, a member is not, its own beacon neither") {
    Device device(1, {0x5a});
    Device other(2, {0x5a});
    const auto met = device.hears(other.beacon(), other.self.address, kStart);
    REQUIRE(met);
    CHECK((*met == other.self));
    CHECK_FALSE(device.hears(device.beacon(), device.self.address, kStart));
    Device member(3, {0x5a});
    device.knows_all = true;
    CHECK_FALSE(device.hears(member.beacon(), member.self.address, kStart));
    CHECK_EQ(device.discovery.counters().heard, 2);
    CHECK_EQ(device.discovery.counters().met, 1);
}

TEST_CASE("discovery: of two networks none hears the other; of two keys of one network either is read") {
    Device device(1, {0x5a});
    Device stranger(2, {0x5b});
    CHECK_FALSE(device.hears(stranger.beacon(), stranger.self.address, kStart));
    CHECK_EQ(device.discovery.counters().drops, 1);
    Device renewed(3, {0x5b, 0x5a});
    CHECK(renewed.hears(device.beacon(), device.self.address, kStart));         // still under the old key
    CHECK(renewed.hears(stranger.beacon(), stranger.self.address, kStart));     // already under the new one only
    CHECK_FALSE(device.hears(renewed.beacon(), renewed.self.address, kStart));  // the new key is not known here yet
    device.discovery.set_keys(keys({0x5b}));
    CHECK(device.hears(renewed.beacon(), renewed.self.address, kStart));
}

TEST_CASE("discovery: without a key nothing is sent or heard") {
    Device device(1, {});
    Device other(2, {0x5a});
    CHECK_FALSE(device.discovery.due(true, kStart));
    CHECK(device.discovery.next_deadline() == kNever);
    CHECK_FALSE(device.hears(other.beacon(), other.self.address, kStart));
}

TEST_CASE("discovery: a thousand recordings of one beacon are one meeting a minute, from elsewhere none") {
    Device device(1, {0x5a});
    Device other(2, {0x5a});
    const Beacon recorded = other.beacon();
    std::vector<Time> met;
    Time now = kStart;
    for (int i = 0; i < 1000; ++i, now += milliseconds(150)) {
        if (device.hears(recorded, other.self.address, now)) met.push_back(now);
        CHECK_FALSE(device.hears(recorded, address_of(99), now));
    }
    REQUIRE_EQ(met.size(), 3);  // in 150 s
    CHECK_GE(met[1] - met[0], minutes(1));
    CHECK_GE(met[2] - met[1], minutes(1));
}

TEST_CASE("discovery: however many members call, only a few are met, and only so many are looked into") {
    Device device(1, {0x5a});
    std::size_t met = 0;
    Time now = kStart;
    for (std::uint32_t number = 2; number < 1002; ++number, now += milliseconds(60)) {
        Device other(number, {0x5a});
        met += device.hears(other.beacon(), other.self.address, now) ? 1U : 0U;
    }
    CHECK_GE(met, 7);
    CHECK_LE(met, 8);  // four at once and one more every 15 s of this minute
    const std::uint64_t limited = device.discovery.counters().limited;
    Beacon noise{};
    for (int i = 0; i < 1000; ++i) CHECK_FALSE(device.hears(noise, address_of(7), now));
    CHECK_GE(device.discovery.counters().limited - limited, 890);
}

}  // namespace
}  // namespace chord::net
