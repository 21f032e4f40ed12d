// RingLog: one line for each thing that happens in the ring, none for what does not concern the operator.
#include "node/daemon/ring_log.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/support/fake_client.hpp"

using namespace chord;
using namespace chord::daemon;
using chord::testing::test_peer;

namespace {

struct Bench {
    Time now{};
    std::vector<std::string> lines;
    std::vector<Id> silent;
    Log log{LogLevel::notice,
            Log::Style::journal,
            {[this] { return now; }, [] { return WallMs{}; }},
            [this](std::string_view line) { lines.emplace_back(line); }};
    RingLog ring{log};

    void neighbors(std::vector<Peer> peers, std::uint64_t evictions) {
        ring.neighbors(std::move(peers), evictions,
                       [this](const Id& id) { return std::find(silent.begin(), silent.end(), id) != silent.end(); });
    }
    std::vector<std::string> take() { return std::exchange(lines, {}); }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("ring log: a neighbour that falls silent, returns, and leaves") {
    Bench bench;
    const Peer a = test_peer(1);
    const Peer b = test_peer(2);
    bench.neighbors({a, b}, 0);
    CHECK(bench.take().empty());  // new ones are for level info
    bench.silent = {b.id};
    bench.neighbors({a}, 1);
    CHECK(bench.take() == Lines{"<4>neighbour lost: " + b.id.short_hex() + " 10.0.0.2:7400 is silent\n"});
    bench.silent = {};
    bench.neighbors({a, b}, 1);
    CHECK(bench.take() == Lines{"<5>neighbour back: " + b.id.short_hex() + " 10.0.0.2:7400\n"});
    bench.neighbors({a}, 2);
    CHECK(bench.take() == Lines{"<5>neighbour left: " + b.id.short_hex() + " 10.0.0.2:7400\n"});
    bench.neighbors({test_peer(3)}, 2);
    CHECK(bench.take().empty());  // a nearer one has taken the place of a
}

TEST_CASE("ring log: what is counted is told at once, then once a minute with the number") {
    Bench bench;
    const Endpoint stranger = test_peer(9).address;
    bench.ring.counts({.merges = 1, .conflicts = 2, .no_quorum = 3, .unauthentic = 4}, stranger, bench.now);
    CHECK(bench.take() ==
          Lines{"<5>merged with nodes that this ring had lost or never met\n",
                "<4>2 conflicting writes met: the later ones win, CHORD.CONFLICTS lists the others\n",
                "<4>3 writes refused: too few of their keys' holders answer (see: chordctl ring)\n",
                "<4>4 datagrams fail authentication, the last from 10.0.0.9:7400: another network key?\n"});
    bench.now += RingLog::kCountedEvery - Duration(1);
    bench.ring.counts({.merges = 1, .conflicts = 2, .no_quorum = 8, .unauthentic = 4}, stranger, bench.now);
    CHECK(bench.take().empty());
    bench.now += Duration(1);
    bench.ring.counts({.merges = 1, .conflicts = 2, .no_quorum = 10, .unauthentic = 4}, stranger, bench.now);
    CHECK(bench.take() == Lines{"<4>7 writes refused: too few of their keys' holders answer (see: chordctl ring)\n"});
}
