// Round-trip times: the arithmetic of RFC 9002 sections 5.3 and 6.2.1, the bounds, the forgetting.
#include "net/rtt.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

Endpoint endpoint(std::uint16_t port) {
    Endpoint made;
    made.ip[15] = 1;
    made.port = port;
    return made;
}

RttTable table(std::size_t peers_max = 4) {
    return RttTable(RttOptions{.first_timeout = milliseconds(500),
                               .floor = milliseconds(50),
                               .ceiling = milliseconds(3000),
                               .peers_max = peers_max});
}

TEST_CASE("rtt: an old slow sample is not believed where the rest is quick; a quick one, or a young one, is") {
    RttTable rtts = table(8);
    const Time start{};
    rtts.add(endpoint(1), milliseconds(2000), start);
    for (std::uint16_t other = 2; other <= 7; ++other) {
        for (int i = 0; i < 50; ++i) rtts.add(endpoint(other), milliseconds(20), start);
    }
    const Time old = start + RttTable::kBelievedFor;
    CHECK(rtts.timeout(endpoint(1), 0, old - Duration(1)) == milliseconds(3000));
    CHECK(rtts.smoothed(endpoint(1), old - Duration(1)) == milliseconds(2000));
    CHECK(rtts.timeout(endpoint(1), 0, old) == rtts.timeout(endpoint(99), 0, old));  // as if never measured
    CHECK_FALSE(rtts.smoothed(endpoint(1), old));
    CHECK(rtts.smoothed(endpoint(2), old) == milliseconds(20));
    CHECK(rtts.timeout(endpoint(2), 0, old) == rtts.timeout(endpoint(2), 0, start));
    rtts.add(endpoint(1), milliseconds(2000), old);
    CHECK(rtts.timeout(endpoint(1), 0, old) == milliseconds(3000));
}

TEST_CASE("rtt: the first sample sets smoothed_rtt to it and rttvar to its half") {
    RttEstimator rtt;
    CHECK_FALSE(rtt.has_sample());
    rtt.add(milliseconds(100));
    CHECK(rtt.has_sample());
    CHECK(rtt.smoothed() == milliseconds(100));
    CHECK(rtt.variation() == milliseconds(50));
    CHECK(rtt.min() == milliseconds(100));
    CHECK(rtt.probe_timeout() == milliseconds(300));
}

TEST_CASE("rtt: later samples weigh 1/8 in smoothed_rtt and 1/4 in rttvar") {
    RttEstimator rtt;
    rtt.add(milliseconds(100));
    rtt.add(milliseconds(60));
    CHECK(rtt.variation() == microseconds(47'500));  // 3/4 * 50 + 1/4 * 40, before smoothed_rtt moves
    CHECK(rtt.smoothed() == milliseconds(95));       // 7/8 * 100 + 1/8 * 60
    CHECK(rtt.min() == milliseconds(60));
    rtt.add(milliseconds(200));
    CHECK(rtt.min() == milliseconds(60));
    CHECK(rtt.variation() == microseconds(61'875));
    CHECK(rtt.smoothed() == microseconds(108'125));
}

TEST_CASE("rtt: the probe timeout is at least 1 ms over smoothed_rtt") {
    RttEstimator rtt;
    for (int i = 0; i < 200; ++i) rtt.add(microseconds(400));
    CHECK(rtt.smoothed() == microseconds(400));
    CHECK(rtt.probe_timeout() == microseconds(1400));
}

TEST_CASE("rtt: timeouts keep floor and ceiling and double with each attempt") {
    RttTable rtts = table();
    CHECK(rtts.timeout(endpoint(1), 0) == milliseconds(500));  // nothing is known
    CHECK(rtts.timeout(endpoint(1), 1) == milliseconds(1000));
    CHECK(rtts.timeout(endpoint(1), 3) == milliseconds(3000));
    CHECK(rtts.timeout(endpoint(1), 100) == milliseconds(3000));

    rtts.add(endpoint(1), microseconds(100));
    CHECK(rtts.timeout(endpoint(1), 0) == milliseconds(50));
    CHECK(rtts.timeout(endpoint(1), 1) == milliseconds(100));
    CHECK(rtts.timeout(endpoint(1), 2) == milliseconds(200));

    rtts.add(endpoint(2), milliseconds(2000));
    CHECK(rtts.timeout(endpoint(2), 0) == milliseconds(3000));
}

TEST_CASE("rtt: an address never measured is expected to be like the others, and no slower than the first timeout") {
    RttTable rtts = table();
    for (int i = 0; i < 100; ++i) rtts.add(endpoint(1), milliseconds(40));
    CHECK(rtts.timeout(endpoint(2), 0) == 2 * milliseconds(41));
    CHECK(rtts.timeout(endpoint(2), 1) == 4 * milliseconds(41));
    for (int i = 0; i < 100; ++i) rtts.add(endpoint(3), milliseconds(900));
    CHECK(rtts.timeout(endpoint(2), 0) == milliseconds(500));
}

TEST_CASE("rtt: smoothed() of what was never measured is nothing") {
    RttTable rtts = table();
    CHECK_FALSE(rtts.smoothed(endpoint(1)));
    rtts.add(endpoint(1), milliseconds(7));
    CHECK(rtts.smoothed(endpoint(1)) == milliseconds(7));
    CHECK_FALSE(rtts.smoothed(endpoint(2)));
}

TEST_CASE("rtt: a full table forgets the address that was not measured for the longest time") {
    RttTable rtts = table(3);
    for (std::uint16_t port = 1; port <= 3; ++port) rtts.add(endpoint(port), milliseconds(port));
    rtts.add(endpoint(1), milliseconds(1));
    rtts.add(endpoint(4), milliseconds(4));
    CHECK_EQ(rtts.size(), 3);
    CHECK(rtts.smoothed(endpoint(1)));
    CHECK_FALSE(rtts.smoothed(endpoint(2)));
    CHECK(rtts.smoothed(endpoint(3)));
    CHECK(rtts.smoothed(endpoint(4)));
}

}  // namespace
}  // namespace chord::net
