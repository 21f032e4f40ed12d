// InitiationCounter: no number twice, wherever the process dies. InitiationLog: no initiation twice.
#include "net/guard/initiation_counter.hpp"

#include <doctest/doctest.h>

#include "node/core/base/rng.hpp"

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using Verdict = InitiationLog::Verdict;

constexpr TableSecret kSecret{1, 2, 3};
constexpr Time kStart{std::chrono::hours(1)};

/// A disk that may fail, with or without having written.
struct Disk {
    enum class Mood { well, fails_before, fails_after };

    InitiationCounter::Reserve reserve() {
        return [this](std::uint64_t last) -> Status {
            ++writes;
            if (mood == Mood::fails_before) return Error::io;
            CHECK_GT(last, stored);
            stored = last;
            if (mood == Mood::fails_after) return Error::io;
            return Success{};
        };
    }

    std::uint64_t stored = 0;
    int writes = 0;
    Mood mood = Mood::well;
};

InitiationLog::InitiatorKey key(std::uint8_t byte) {
    InitiationLog::InitiatorKey made{};
    made.fill(byte);
    return made;
}

TEST_CASE("initiation_counter: numbers rise from 1, and a start of the process costs one write") {
    Disk disk;
    InitiationCounter counter(0, disk.reserve());
    CHECK_EQ(disk.writes, 0);
    for (std::uint64_t i = 1; i <= 1000; ++i) CHECK_EQ(*counter.next(), i);
    CHECK_EQ(disk.writes, 1);
    CHECK_EQ(disk.stored, std::uint64_t{1} << 32);
    InitiationCounter restarted(disk.stored, disk.reserve());
    CHECK_EQ(*restarted.next(), (std::uint64_t{1} << 32) + 1);
}

TEST_CASE("initiation_counter: without the disk there is no number, and then there is one again") {
    Disk disk;
    disk.mood = Disk::Mood::fails_before;
    InitiationCounter counter(0, disk.reserve());
    for (int i = 0; i < 3; ++i) CHECK(counter.next().error() == Error::io);
    disk.mood = Disk::Mood::well;
    CHECK_EQ(*counter.next(), 1);
}

TEST_CASE("initiation_counter: the last block is used up and no further") {
    Disk disk;
    disk.stored = UINT64_MAX - 5;
    InitiationCounter counter(disk.stored, disk.reserve(), 3);
    for (int i = 0; i < 3; ++i) CHECK(counter.next());
    CHECK(counter.next().error() == Error::overloaded);
    CHECK_EQ(disk.stored, UINT64_MAX - 2);
}

TEST_CASE("initiation_counter: numbers rise over any crashes and failures of the disk") {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Rng rng(seed);
        Disk disk;
        std::uint64_t greatest = 0;
        for (int life = 0; life < 20; ++life) {
            InitiationCounter counter(disk.stored, disk.reserve(), 1 + rng.below(4));
            for (std::uint64_t uses = rng.below(12); uses > 0; --uses) {
                disk.mood = rng.chance(1, 5)   ? Disk::Mood::fails_before
                            : rng.chance(1, 5) ? Disk::Mood::fails_after
                                               : Disk::Mood::well;
                // A write that was reported as failed may be there all the same: the model of a crash in its midst.
                if (disk.mood == Disk::Mood::fails_after) {
                    if (const auto number = counter.next()) {
                        REQUIRE_GT(*number, greatest);
                        greatest = *number;
                    }
                    break;
                }
                const auto number = counter.next();
                if (!number) continue;
                REQUIRE_GT(*number, greatest);
                REQUIRE_LE(*number, disk.stored);
                greatest = *number;
            }
        }
    }
}

TEST_CASE("initiation_log: only a greater number is fresh, for each initiator by itself") {
    InitiationLog log(64, kSecret);
    CHECK(log.accept(key(1), 0, kStart) == Verdict::replayed);  // 0 is never sent
    CHECK(log.accept(key(1), 5, kStart) == Verdict::fresh);
    const Time later = kStart + milliseconds(20);
    CHECK(log.accept(key(1), 5, later) == Verdict::replayed);
    CHECK(log.accept(key(1), 4, later) == Verdict::replayed);
    CHECK(log.accept(key(2), 1, later) == Verdict::fresh);
    CHECK(log.accept(key(1), UINT64_MAX, later) == Verdict::fresh);
    CHECK(log.accept(key(1), UINT64_MAX, later + milliseconds(20)) == Verdict::replayed);
    CHECK(log.greatest(key(2)) == 1);
    CHECK_FALSE(log.greatest(key(3)));
}

TEST_CASE("initiation_log: initiations of one peer are at least 20 ms apart, and one too soon is not used up") {
    InitiationLog log(64, kSecret);
    CHECK(log.accept(key(1), 1, kStart) == Verdict::fresh);
    CHECK(log.accept(key(1), 2, kStart + milliseconds(20) - Duration(1)) == Verdict::too_soon);
    CHECK(log.accept(key(2), 1, kStart + milliseconds(1)) == Verdict::fresh);
    CHECK(log.accept(key(1), 2, kStart + milliseconds(20)) == Verdict::fresh);
}

TEST_CASE("initiation_log: what a peer record remembers counts, and never lowers the number") {
    InitiationLog log(64, kSecret);
    log.remember(key(1), 9, kStart);
    log.remember(key(1), 3, kStart);
    const Time later = kStart + milliseconds(20);
    CHECK(log.accept(key(1), 9, later) == Verdict::replayed);
    CHECK(log.accept(key(1), 10, later) == Verdict::fresh);
}

TEST_CASE("initiation_log: a full set forgets the initiator heard longest ago; its old initiation then passes once") {
    InitiationLog log(8, kSecret);
    const std::size_t bytes = log.bytes();
    CHECK_EQ(bytes, 8 * 24);
    const auto at = [](int step) { return kStart + milliseconds(100 * step); };
    for (std::uint8_t peer = 1; peer <= 8; ++peer) CHECK(log.accept(key(peer), 5, at(peer)) == Verdict::fresh);
    CHECK(log.accept(key(1), 6, at(20)) == Verdict::fresh);  // peer 2 is the oldest now
    CHECK(log.accept(key(9), 5, at(21)) == Verdict::fresh);
    CHECK(log.accept(key(1), 6, at(22)) == Verdict::replayed);
    CHECK(log.accept(key(2), 5, at(23)) == Verdict::fresh);
    CHECK(log.accept(key(2), 5, at(24)) == Verdict::replayed);
    CHECK_EQ(log.bytes(), bytes);
}

TEST_CASE("initiation_log: a replayed number pushes nobody out") {
    InitiationLog log(8, kSecret);
    for (std::uint8_t peer = 1; peer <= 8; ++peer) log.remember(key(peer), 5, kStart + milliseconds(peer));
    CHECK(log.accept(key(1), 5, kStart + milliseconds(100)) == Verdict::replayed);
    CHECK(log.accept(key(99), 0, kStart + milliseconds(100)) == Verdict::replayed);
    for (std::uint8_t peer = 1; peer <= 8; ++peer) CHECK(log.greatest(key(peer)) == 5);
}

}  // namespace
}  // namespace chord::net
