#include "node/daemon/fleet_log.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/fleet_parts.hpp"

using namespace chord;
using namespace chord::daemon;
using namespace chord::testing;
using net::admission::FleetStatus;
using net::admission::Standing;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

/// A log of a device whose certificate is from kIssued and has 90 days.
struct Bench {
    Bench() {
        Fleet fleet;
        is.certificate = fleet.admit(Device(2));
        is.certificate.content.lifetime = 90 * kDay;
        is.list_number = 4;
        is.network_keys = {2, 1};
        is.time = kIssued;
        told();
    }
    /// What was written since the last call.
    std::string told() {
        fleet_log.state(is, now);
        return std::exchange(lines, {});
    }

    std::string lines;
    Time now{hours(1)};
    Log log{LogLevel::notice,
            Log::Style::journal,
            {[this] { return now; }, [] { return WallMs{}; }},
            [this](std::string_view line) { lines += line; }};
    FleetLog fleet_log{log};
    FleetStatus is;
};

}  // namespace

TEST_CASE("fleet log: nothing is told while nothing changes, and at the start only what is wrong") {
    Bench bench;
    CHECK(bench.told().empty());
    bench.now += hours(1000);
    CHECK(bench.told().empty());

    FleetLog fresh(bench.log);
    FleetStatus is = bench.is;
    is.standing = Standing::expired;
    fresh.state(is, bench.now);
    CHECK(bench.lines ==
          "<3>the fleet shuts this device out: its certificate is expired; it serves nothing, and keeps its "
          "data\n");
}

TEST_CASE("fleet log: list, keys, the right to invite, renewal and standing are a line each") {
    Bench bench;
    bench.is.list_number = 5;
    bench.is.revocations = 3;
    bench.is.delegations = 1;
    CHECK(bench.told() == "<5>fleet list number 5 is in force: 3 revoked, 1 may invite\n");
    bench.is.network_keys = {3, 2};
    CHECK(bench.told() == "<5>network key number 3 has come\n");
    bench.is.is_desk = true;
    CHECK(bench.told() == "<5>the fleet lets this device invite and renew others\n");
    bench.is.is_desk = false;
    CHECK(bench.told().find("does not let this device invite") != std::string::npos);
    bench.is.expelled = 2;
    CHECK(bench.told().empty());  // whoever is out goes on knocking: of interest to those who look closer
    bench.log.set_level(LogLevel::info);
    bench.is.expelled = 4;
    CHECK(bench.told() == "<6>2 peers dropped from all tables, for want of a good certificate\n");
    bench.is.certificate.content.not_before += 60 * kDay;
    CHECK(bench.told() == "<5>certificate renewed: it now ends on " + std::string("2027-02-18\n"));
    bench.is.standing = Standing::revoked;
    CHECK(bench.told().find("<3>the fleet shuts this device out: its certificate is revoked") == 0);
    CHECK(bench.told().empty());
    bench.is.standing = Standing::admitted;
    CHECK(bench.told() == "<5>this device's certificate stands again\n");
}

TEST_CASE("fleet log: refused peers are counted, a line a minute at most, and none is forgotten") {
    Bench bench;
    bench.is.peers_refused = 1;
    bench.is.last_refusal = Standing::revoked;
    CHECK(bench.told() == "<4>1 handshake of peers refused, the last one because its certificate is revoked\n");
    bench.is.peers_refused = 40;
    bench.now += seconds(59);
    CHECK(bench.told().empty());
    bench.is.peers_refused = 41;
    bench.is.last_refusal = Standing::expired;
    bench.now += seconds(1);
    CHECK(bench.told() == "<4>40 handshakes of peers refused, the last one because its certificate is expired\n");
    bench.now += hours(1);
    CHECK(bench.told().empty());
}

TEST_CASE("fleet log: a certificate that nobody renews is warned of once a day, not when it has just become due") {
    Bench bench;
    bench.is.renewal_is_due = true;
    bench.is.time = kIssued + 60 * kDay;
    CHECK(bench.told().empty());
    bench.is.time = kIssued + 75 * kDay;  // half of the time that was left for it
    CHECK(bench.told().empty());
    bench.is.time += 1;
    const std::string warning = bench.told();
    CHECK_MESSAGE(warning.find("<4>this device's certificate will end in 14 days, and no node") == 0, warning);
    bench.now += hours(23);
    CHECK(bench.told().empty());
    bench.now += hours(1);
    bench.is.time += kDay;
    CHECK(bench.told().find("in 13 days") != std::string::npos);
    // Renewed: the next one is a new matter.
    bench.is.certificate.content.not_before = bench.is.time;
    bench.is.renewal_is_due = false;
    CHECK(bench.told().find("<5>certificate renewed") == 0);
    bench.is.renewal_is_due = true;
    bench.is.time += 80 * kDay;
    CHECK(bench.told().find("will end in 10 days") != std::string::npos);
}

TEST_CASE("fleet log: rough times") {
    CHECK(rough_text(0) == "less than a minute");
    CHECK(rough_text(59) == "less than a minute");
    CHECK(rough_text(60) == "1 minute");
    CHECK(rough_text(3599) == "59 minutes");
    CHECK(rough_text(3600) == "1 hour");
    CHECK(rough_text(2 * kDay - 1) == "1 day");
    CHECK(rough_text(14 * kDay) == "14 days");
}
