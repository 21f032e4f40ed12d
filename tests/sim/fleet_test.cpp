// A fleet of whole stacks: who is revoked or expired is out of every table within a minute and stays out, whatever is
// restarted; renewal and rotation of keys cost no operation.
#include "tests/sim/fleet.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

namespace chord::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kDevices = 32;
constexpr Duration kOutWithin = 60s;

struct FleetRing {
    explicit FleetRing(FleetPlan plan, const NetworkConditions& network = {})
        : devices(std::move(plan)), world(options(network)) {
        for (std::size_t i = 0; i < kDevices; ++i) {
            world.add();
            world.run_for(1s);
        }
        const auto took = world.run_until([this] { return world.settled(); }, 10min);
        REQUIRE(took.has_value());
    }

    WorldOptions options(const NetworkConditions& network) {
        WorldOptions made;
        made.network = network;
        made.identities = &devices;
        return made;
    }

    Result<bool> offer_list(std::size_t at, const std::vector<std::uint8_t>& list) {
        Result<bool> taken = Error::timeout;
        world.with_engine(at, [&](Engine& engine) { taken = engine.fleet()->offer_list(list); });
        return taken;
    }

    std::vector<std::size_t> others(std::size_t outcast) const {
        std::vector<std::size_t> all = world.live();
        std::erase(all, outcast);
        return all;
    }

    /// Where the outcast still stands; empty: nowhere.
    std::string trace_of(std::size_t outcast) const {
        const Id id = world.id(outcast);
        const auto is_it = [&](const Peer& peer) { return peer.id == id; };
        std::string found;
        for (const std::size_t device : others(outcast)) {
            const Node& node = world.node(device);
            const std::string at = " at " + std::to_string(device);
            const std::vector<Peer> contacts = node.contacts();
            const std::vector<Peer> known = node.known();
            if (node.ring().is_neighbor(id)) found += " neighbor" + at;
            if (std::any_of(contacts.begin(), contacts.end(), is_it)) found += " contact" + at;
            if (std::any_of(known.begin(), known.end(), is_it)) found += " remembered" + at;
            if (node.given_up(id)) found += " passive" + at;
            if (world.engine(device).has_session(id)) found += " session" + at;
        }
        return found;
    }

    Duration until_out(std::size_t outcast) {
        const auto took = world.run_until([&] { return trace_of(outcast).empty(); }, 10min);
        CAPTURE(trace_of(outcast));
        REQUIRE(took.has_value());
        return *took;
    }

    void stays_out(std::size_t outcast, Duration how_long) {
        for (const Time end = world.now() + how_long; world.now() < end;) {
            world.run_for(500ms);
            const std::string trace = trace_of(outcast);
            if (!trace.empty()) {
                FAIL("the outcast is back:" << trace);
            }
        }
    }

    /// The others form one right ring without it.
    bool whole_without(std::size_t outcast) const {
        std::vector<Id> ids;
        for (const std::size_t device : others(outcast)) ids.push_back(world.id(device));
        std::sort(ids.begin(), ids.end());
        for (const std::size_t device : others(outcast)) {
            const RingState& ring = world.node(device).ring();
            const auto here = std::find(ids.begin(), ids.end(), world.id(device));
            const Id after = here + 1 == ids.end() ? ids.front() : *(here + 1);
            const Id before = here == ids.begin() ? ids.back() : *(here - 1);
            if (ring.alone() || ring.successors().front().id != after) return false;
            if (!ring.predecessor() || ring.predecessor()->id != before) return false;
        }
        return true;
    }

    void restart_all() {
        const std::vector<std::size_t> all = world.live();
        for (const std::size_t device : all) world.kill(device);
        for (const std::size_t device : all) {
            world.restart(device);
            world.run_for(200ms);
        }
    }

    /// How often the device has knocked anywhere since its start.
    std::uint64_t knocks(std::size_t device) const { return world.engine(device).traffic().handshakes_opened; }

    FleetDevices devices;
    World world;
};

/// Operations of many devices without a pause, each judged.
class Clients {
public:
    explicit Clients(FleetRing& ring, std::size_t outcast = SIZE_MAX) : ring_(ring), outcast_(outcast), rng_(7) {}

    void run(Duration how_long) {
        for (const Time end = ring_.world.now() + how_long; ring_.world.now() < end;) {
            step();
            ring_.world.run_for(500ms);
        }
    }
    void drain() { ring_.world.run_for(6s); }

    std::size_t done = 0;
    std::vector<Error> failed;

private:
    void step() {
        const std::vector<std::size_t> live = ring_.others(outcast_);
        const std::string key = "key-" + std::to_string(rng_.below(200));
        const std::size_t device = live[rng_.below(live.size())];
        const bool writes = rng_.chance(1, 2);
        ring_.world.with_client(device, [&](Client& client) {
            if (writes) {
                Write write;
                write.key = key;
                write.value = "value";
                client.write(std::move(write), [this](const Result<WriteReply>& reply) { note(reply); });
            } else {
                client.get(key, [this](const Result<std::optional<Record>>& reply) { note(reply); });
            }
        });
    }
    void note(const auto& result) {
        ++done;
        if (!result) failed.push_back(result.error());
    }

    FleetRing& ring_;
    std::size_t outcast_;
    Rng rng_;
};

double seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

TEST_CASE("fleet: who is revoked at one node is out of all within a minute, and stays out over a restart of all") {
    FleetRing ring({});
    const std::size_t outcast = 5;
    REQUIRE_FALSE(ring.trace_of(outcast).empty());
    REQUIRE(*ring.offer_list(20, ring.devices.next_list({outcast})));
    const Duration took = ring.until_out(outcast);
    MESSAGE("revoked: out of all tables after " << seconds(took) << " virtual seconds");
    CHECK(took <= kOutWithin);
    const std::uint64_t knocks = ring.knocks(outcast);
    ring.stays_out(outcast, 10min);
    CHECK(ring.knocks(outcast) > knocks + kDevices);
    CHECK(ring.whole_without(outcast));

    ring.restart_all();
    ring.stays_out(outcast, 10min);
    CHECK(ring.knocks(outcast) > 2 * kDevices);
    CHECK(ring.whole_without(outcast));
    CHECK(ring.world.violations().empty());
}

TEST_CASE(
    "fleet: where a tenth of all datagrams are lost and paths are slow, the revoked are out within a minute too") {
    FleetRing ring({}, {.latency = 150ms, .jitter = 100ms, .loss = 100'000});
    const std::size_t outcast = 13;
    REQUIRE(*ring.offer_list(0, ring.devices.next_list({outcast})));
    const Duration took = ring.until_out(outcast);
    MESSAGE("lossy: out of all tables after " << seconds(took) << " virtual seconds");
    CHECK(took <= kOutWithin);
    ring.stays_out(outcast, 10min);
}

TEST_CASE("fleet: who hears first of its own revocation serves nothing any more, and is out of all as soon") {
    FleetRing ring({});
    const std::size_t outcast = 5;
    REQUIRE(*ring.offer_list(outcast, ring.devices.next_list({outcast})));
    CHECK_FALSE(ring.world.engine(outcast).fleet()->is_in());
    const Duration took = ring.until_out(outcast);
    MESSAGE("told itself: out of all tables after " << seconds(took) << " virtual seconds");
    CHECK(took <= kOutWithin);
    Write write;
    write.key = "key";
    write.value = "value";
    std::vector<Error> errors;
    const auto note = [&](const auto& result) { errors.push_back(result ? Error::io : result.error()); };
    ring.world.with_client(outcast, [&](Client& client) {
        client.get("key", note);
        client.write(write, note);
        client.lookup(Id{}, note);
        client.walk(3, note);
    });
    CHECK_EQ(errors, std::vector<Error>(4, Error::not_admitted));
    ring.world.run_for(2min);
    CHECK(ring.world.node(outcast).ring().alone());
}

TEST_CASE(
    "fleet: who takes itself for expired before the others do leaves them alone, and comes back when it is renewed") {
    const std::size_t early = 9;
    FleetRing ring({.lifetimes = {{early, 4 * 3600}}});
    // It alone has a clock, by which its time is over. Many that know the time would outvote it, and teach each other.
    const std::vector<std::size_t> others = ring.others(early);
    for (const std::size_t device : others) {
        ring.devices.set_synchronised(device, false);
        ring.world.jump_clock(device, -std::chrono::hours(24 * 366 * 50));
        ring.world.kill(device);
    }
    ring.world.run_for(admission::FleetTime::kVoiceLifetime);
    for (const std::size_t device : others) ring.world.restart(device);
    ring.world.jump_clock(early, 5h);
    ring.world.run_for(5min);
    CHECK_FALSE(ring.world.engine(early).fleet()->is_in());
    CHECK(ring.world.node(early).ring().alone());
    CHECK(ring.whole_without(early));

    auto content = ring.world.engine(early).fleet()->certificate().content;
    content.lifetime = 60 * 86400;
    const auto renewed = issue(content, ring.devices.fleet().key);
    ring.world.with_engine(early, [&](Engine& engine) { CHECK(*engine.fleet()->offer_certificate(renewed)); });
    CHECK(ring.world.engine(early).fleet()->is_in());
    const auto took = ring.world.run_until([&] { return ring.world.settled(); }, 15min);
    REQUIRE(took.has_value());
    MESSAGE("renewed by hand: back after " << seconds(*took) << " virtual seconds");
}

TEST_CASE("fleet: who was off when the list came, and comes back with the outcast's help, spreads no word of it") {
    FleetRing ring({});
    const std::size_t outcast = 5;
    const std::vector<std::size_t> sleepers{2, 14, 25};
    for (const std::size_t sleeper : sleepers) ring.world.kill(sleeper);
    ring.world.run_for(30s);
    REQUIRE(*ring.offer_list(20, ring.devices.next_list({outcast})));
    ring.until_out(outcast);
    ring.world.run_for(5min);
    for (const std::size_t sleeper : sleepers) ring.world.restart(sleeper);
    CHECK_FALSE(ring.trace_of(outcast).empty());  // they remember it and know no better yet
    const Duration took = ring.until_out(outcast);
    MESSAGE("sleepers: out of all tables after " << seconds(took) << " virtual seconds");
    CHECK(took <= kOutWithin);
    ring.stays_out(outcast, 5min);
    CHECK(ring.whole_without(outcast));
}

TEST_CASE("fleet: who has expired is out of all within a minute, and stays out over a restart of all") {
    const std::size_t outcast = 9;
    FleetRing ring({.lifetimes = {{outcast, 1200}}});
    REQUIRE_FALSE(ring.trace_of(outcast).empty());
    const Time end = Time{} + std::chrono::seconds(1200 + admission::FleetTime::kSkew);
    ring.world.run_until(end);
    const Duration took = ring.until_out(outcast);
    MESSAGE("expired: out of all tables " << seconds(took) << " virtual seconds after its end and the skew");
    CHECK(took <= kOutWithin);
    ring.stays_out(outcast, 10min);
    CHECK(ring.whole_without(outcast));

    // It comes back with a clock of last year and no floor, and takes itself for a member.
    ring.world.jump_clock(outcast, -std::chrono::hours(24 * 366));
    ring.devices.set_synchronised(outcast, false);
    ring.devices.files(outcast)[admission::FleetItem::time_floor].clear();
    ring.restart_all();
    ring.stays_out(outcast, 10min);
    CHECK(ring.knocks(outcast) > 2 * kDevices);
    CHECK(ring.whole_without(outcast));
}

TEST_CASE("fleet: a certificate that is renewed costs no operation") {
    const std::uint32_t lifetime = 2 * 3600;
    FleetRing ring({.lifetimes = {{3, lifetime}, {17, lifetime}}, .desks = {8}});
    Clients clients(ring);
    clients.run(std::chrono::seconds(lifetime + admission::FleetTime::kSkew) + 5min);
    clients.drain();
    for (const std::size_t device : std::vector<std::size_t>{3, 17}) {
        const auto certificate = ring.world.engine(device).fleet()->certificate();
        CHECK(certificate.content.issuer == admission::issuer_id(ring.devices.keys(8).key.public_key()));
        CHECK_FALSE(ring.trace_of(device).empty());
    }
    CHECK(ring.world.ideal());
    MESSAGE("renewal: " << clients.done << " operations");
    CHECK(clients.done > 10000);
    CHECK(clients.failed.empty());
}

TEST_CASE("fleet: rotating the network key costs no operation, and the second rotation ends the first key") {
    FleetRing ring({});
    Clients clients(ring);
    for (std::uint32_t number = 2; number <= 3; ++number) {
        clients.run(30s);
        const auto record = ring.devices.network_key(number);
        ring.world.with_engine(4, [&](Engine& engine) { CHECK(*engine.fleet()->offer_network_key(record.bytes())); });
        clients.run(30s);
        for (const std::size_t device : ring.world.live()) {
            const auto numbers = ring.world.engine(device).fleet()->status().network_keys;
            CHECK_EQ(numbers, std::vector<std::uint32_t>{number, number - 1});
        }
        clients.run(25min);  // every session is made anew meanwhile
    }
    clients.drain();
    MESSAGE("rotation: " << clients.done << " operations");
    CHECK(clients.done > 5000);
    CHECK(clients.failed.empty());
    CHECK(ring.world.ideal());

    // A device that has slept through both rotations is a stranger.
    const std::size_t sleeper = 11;
    ring.world.kill(sleeper);
    const auto first = ring.devices.network_key(1);
    ring.devices.files(sleeper)[admission::FleetItem::network_keys].assign(first.bytes().begin(), first.bytes().end());
    ring.world.run_for(21min);
    ring.world.restart(sleeper);
    ring.world.run_for(2min);
    for (const std::size_t device : ring.others(sleeper)) {
        CHECK_FALSE(ring.world.engine(device).has_session(ring.world.id(sleeper)));
    }
}

}  // namespace
}  // namespace chord::sim
