// PathMtu: the searches of RFC 8899, against a path that lets datagrams up to a size through.
#include "net/message/path_mtu.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/message_link.hpp"

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Time kStart{std::chrono::hours(1)};

struct Search {
    explicit Search(std::size_t passes, Endpoint peer = testing::message_peer(1).address)
        : mtu(peer), through(passes) {}

    /// Everything that is due within this time.
    void run(Duration time) {
        const Time end = now + time;
        while (mtu.next_deadline() <= end) {
            now = std::max(now, mtu.next_deadline());
            mtu.tick(now);
            const auto due = mtu.probe_due(now);
            if (!due) continue;
            probes.push_back(*due);
            mtu.probe_sent(++sequence, now);
            if (*due <= through) CHECK(mtu.on_probe_ack(sequence, now));
        }
        now = end;
    }

    /// One that left after all losses so far were seen.
    bool lose(std::size_t bytes) {
        const Time sent_at = now;
        now += milliseconds(200);
        return mtu.on_lost(bytes, sent_at, now);
    }

    PathMtu mtu;
    std::size_t through;
    Time now = kStart;
    std::uint64_t sequence = 0;
    std::vector<std::size_t> probes;
};

using Sizes = std::vector<std::size_t>;

TEST_CASE("path mtu: 1200 at first; 1280, 1400 and what fills a frame are tried in turn") {
    Search search(1472);
    CHECK_EQ(search.mtu.datagram_bytes(), 1200);
    CHECK(search.mtu.is_searching());
    search.run(seconds(60));
    CHECK_EQ(search.probes, Sizes{1280, 1400, 1472});
    CHECK_EQ(search.mtu.datagram_bytes(), 1472);
    CHECK_FALSE(search.mtu.is_searching());
    CHECK(search.mtu.next_deadline() == kNever);

    Endpoint six;
    six.ip[0] = 0xfd;
    Search other(1472, six);
    other.run(seconds(60));
    CHECK_EQ(other.probes, Sizes{1280, 1400, 1452});
}

TEST_CASE("path mtu: three probes without an ack, 3 s each, end the search; it is taken up again after 600 s") {
    Search search(1300);
    search.run(seconds(8));
    CHECK_EQ(search.probes, Sizes{1280, 1400, 1400, 1400});
    CHECK(search.mtu.is_searching());
    search.run(seconds(590));
    CHECK_FALSE(search.mtu.is_searching());
    CHECK_EQ(search.probes.size(), 4);
    CHECK_EQ(search.mtu.datagram_bytes(), 1280);
    search.through = 1472;
    search.run(seconds(30));
    CHECK_EQ(search.probes, Sizes{1280, 1400, 1400, 1400, 1400, 1472});
    CHECK_EQ(search.mtu.datagram_bytes(), 1472);
}

TEST_CASE("path mtu: acks of other probes, and late ones, change nothing") {
    PathMtu mtu(testing::message_peer(1).address);
    CHECK_FALSE(mtu.on_probe_ack(0, kStart));
    mtu.probe_sent(7, kStart);
    CHECK_FALSE(mtu.probe_due(kStart));  // one at a time
    CHECK_FALSE(mtu.on_probe_ack(6, kStart));
    mtu.tick(kStart + PathMtu::kProbeTimer);
    CHECK_FALSE(mtu.on_probe_ack(7, kStart + PathMtu::kProbeTimer));
    CHECK_EQ(mtu.datagram_bytes(), 1200);
}

TEST_CASE("path mtu: what is lost at once counts for one: a burst that finds the queue full is no black hole") {
    Search search(1472);
    search.run(seconds(1));
    for (int burst = 0; burst < 2; ++burst) {
        const Time sent_at = search.now;
        search.now += milliseconds(200);
        for (int i = 0; i < 5; ++i) CHECK_FALSE(search.mtu.on_lost(1472, sent_at, search.now));
    }
    CHECK_EQ(search.mtu.datagram_bytes(), 1472);
    CHECK(search.lose(1472));
}

TEST_CASE("path mtu: large datagrams lost in three round trips are a black hole: 1200, and a search after 60 s") {
    Search search(1472);
    search.run(seconds(1));
    CHECK_FALSE(search.lose(1472));
    CHECK_FALSE(search.lose(1400));
    search.mtu.on_acked(1200);  // small ones pass
    CHECK_FALSE(search.lose(1100));
    CHECK_EQ(search.mtu.datagram_bytes(), 1472);
    CHECK(search.lose(1472));
    CHECK_EQ(search.mtu.datagram_bytes(), 1200);
    CHECK_FALSE(search.lose(1472));  // stragglers
    search.probes.clear();
    search.run(seconds(59));
    CHECK(search.probes.empty());
    search.run(seconds(2));
    CHECK_EQ(search.probes, Sizes{1280, 1400, 1472});
}

TEST_CASE("path mtu: a large datagram that gets through starts the count anew") {
    Search search(1472);
    search.run(seconds(1));
    for (int i = 0; i < 10; ++i) {
        CHECK_FALSE(search.lose(1472));
        CHECK_FALSE(search.lose(1472));
        search.mtu.on_acked(1472);
    }
    CHECK_EQ(search.mtu.datagram_bytes(), 1472);
}

TEST_CASE("path mtu: three timeouts with large datagrams under way are one too; with small ones they are not") {
    Search search(1472);
    search.run(seconds(1));
    for (int i = 0; i < 10; ++i) CHECK_FALSE(search.mtu.on_timeout(1200, search.now));
    CHECK_FALSE(search.mtu.on_timeout(1472, search.now));
    CHECK_FALSE(search.mtu.on_timeout(1472, search.now));
    search.mtu.on_acked(1200);
    CHECK_FALSE(search.mtu.on_timeout(1472, search.now));
    CHECK_FALSE(search.mtu.on_timeout(1472, search.now));
    CHECK(search.mtu.on_timeout(1472, search.now));
    CHECK_EQ(search.mtu.datagram_bytes(), 1200);
}

}  // namespace
}  // namespace chord::net
