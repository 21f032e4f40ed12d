// OperationLog: what is remembered of operations, and for how long.
#include "node/core/data/operation_log.hpp"

#include <doctest/doctest.h>

namespace chord {
namespace {

constexpr Time kNow = Time(std::chrono::hours(1));

WriteOutcome outcome(std::uint64_t clock) {
    return WriteOutcome{Version{clock, 7}, false};
}

TEST_CASE("an operation is found by its latest outcome until it is too old") {
    OperationLog log;
    log.note(5, outcome(1), kNow);
    log.note(6, outcome(2), kNow);
    log.note(5, outcome(3), kNow);
    CHECK(log.find(5, kNow) == outcome(3));
    CHECK(log.find(6, kNow + OperationLog::kRemembered) == outcome(2));
    CHECK_FALSE(log.find(6, kNow + OperationLog::kRemembered + Duration(1)));
    CHECK_FALSE(log.find(7, kNow));
}

TEST_CASE("no operation is never remembered, and a forgotten one is gone") {
    OperationLog log;
    log.note(0, outcome(1), kNow);
    CHECK_FALSE(log.find(0, kNow));
    log.note(5, outcome(1), kNow);
    log.forget(5);
    CHECK_FALSE(log.find(5, kNow));
}

TEST_CASE("the oldest make room") {
    OperationLog log;
    for (OperationId id = 1; id <= OperationLog::kOutcomesMax + 1; ++id) log.note(id, outcome(id), kNow);
    CHECK_FALSE(log.find(1, kNow));
    CHECK(log.find(2, kNow));
    CHECK(log.find(OperationLog::kOutcomesMax + 1, kNow));
}

}  // namespace
}  // namespace chord
