// InitiationLog: no initiation twice.
#include "net/guard/initiation_log.hpp"

#include <doctest/doctest.h>

#include "node/core/base/rng.hpp"

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using Verdict = InitiationLog::Verdict;

constexpr TableSecret kSecret{1, 2, 3};
constexpr Time kStart{std::chrono::hours(1)};

InitiationLog::InitiatorKey key(std::uint8_t byte) {
    InitiationLog::InitiatorKey made{};
    made.fill(byte);
    return made;
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
