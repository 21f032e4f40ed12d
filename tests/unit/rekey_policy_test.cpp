// RekeyPolicy: the numbers, their order, and that of two handshakes that cross never both stay unanswered.
#include "net/session/rekey_policy.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kTick{1};
constexpr std::uint64_t kOne = 1;
using Key = std::array<std::uint8_t, 32>;

Key key(std::uint8_t first, std::uint8_t last = 0) {
    Key made{};
    made.front() = first;
    made.back() = last;
    return made;
}

TEST_CASE("rekey_policy: fresh, rekey and refuse by age, counter and role") {
    const RekeyPolicy policy;
    struct Row {
        Duration age;
        std::uint64_t counter;
        Freshness initiator;
        Freshness responder;
    };
    using enum Freshness;
    const Row rows[] = {
        {Duration::zero(), 0, fresh, fresh},
        {minutes(15) - kTick, 0, fresh, fresh},
        {minutes(15), 0, rekey, fresh},
        {minutes(16) - kTick, 0, rekey, fresh},
        {minutes(16), 0, rekey, rekey},
        {minutes(20) - kTick, 0, rekey, rekey},
        {minutes(20), 0, refuse, refuse},
        {minutes(2000), 0, refuse, refuse},
        {seconds(1), (kOne << 47) - 1, fresh, fresh},
        {seconds(1), kOne << 47, rekey, rekey},
        {seconds(1), (kOne << 48) - 1, rekey, rekey},
        {seconds(1), kOne << 48, refuse, refuse},
        {seconds(1), UINT64_MAX, refuse, refuse},
        {minutes(17), kOne << 48, refuse, refuse},
    };
    for (const Row& row : rows) {
        CAPTURE(row.age.count());
        CAPTURE(row.counter);
        CHECK(policy.judge(row.age, row.counter, Role::initiator) == row.initiator);
        CHECK(policy.judge(row.age, row.counter, Role::responder) == row.responder);
    }
}

TEST_CASE("rekey_policy: the numbers can be set, and those that make no sense are told") {
    RekeyPolicy policy;
    CHECK(policy.is_sound());
    policy.rekey_after = minutes(2);
    policy.refuse_after = minutes(3);
    policy.responder_waits = seconds(10);
    CHECK(policy.is_sound());
    CHECK(policy.judge(minutes(2), 0, Role::initiator) == Freshness::rekey);
    CHECK(policy.judge(minutes(3), 0, Role::initiator) == Freshness::refuse);

    const auto unsound = [](auto change) {
        RekeyPolicy changed;
        change(changed);
        return !changed.is_sound();
    };
    CHECK(unsound([](RekeyPolicy& p) { p.rekey_after = Duration::zero(); }));
    CHECK(unsound([](RekeyPolicy& p) { p.refuse_after = p.rekey_after; }));
    CHECK(unsound([](RekeyPolicy& p) { p.responder_waits = minutes(5); }));
    CHECK(unsound([](RekeyPolicy& p) { p.responder_waits = -kTick; }));
    CHECK(unsound([](RekeyPolicy& p) { p.rekey_after_messages = 0; }));
    CHECK(unsound([](RekeyPolicy& p) { p.refuse_after_messages = p.rekey_after_messages; }));
    CHECK(unsound([](RekeyPolicy& p) { p.crossing_window = p.retry_after; }));
    CHECK(unsound([](RekeyPolicy& p) { p.crossing_window = Duration::zero(); }));
    CHECK(unsound([](RekeyPolicy& p) { p.retry_jitter = -kTick; }));
    CHECK(unsound([](RekeyPolicy& p) { p.give_up_after = seconds(5); }));
}

TEST_CASE("rekey_policy: retries come after 5 s and at most 334 ms, both ends included") {
    const RekeyPolicy policy;
    CHECK(policy.retry_delay(Duration::zero(), 0) == seconds(5));
    CHECK(policy.retry_delay(Duration::zero(), 334'000) == milliseconds(5334));
    CHECK(policy.retry_delay(Duration::zero(), 334'001) == seconds(5));
    for (std::uint64_t i = 0; i < 1000; ++i) {
        const auto delay = policy.retry_delay(seconds(1), i * 0x9e3779b97f4a7c15ULL);
        REQUIRE(delay);
        REQUIRE_GE(delay->count(), Duration(seconds(5)).count());
        REQUIRE_LE(delay->count(), Duration(milliseconds(5334)).count());
    }
}

TEST_CASE("rekey_policy: a peer that never answers gets initiations for at most 90 s") {
    const RekeyPolicy policy;
    CHECK(policy.retry_delay(seconds(85), 0) == seconds(5));
    CHECK_FALSE(policy.retry_delay(seconds(85), 1));
    CHECK_FALSE(policy.retry_delay(seconds(85) + kTick, 0));
    for (const auto& [random, initiations] : {std::pair{0U, 19}, std::pair{334'000U, 17}}) {
        Duration since_first{};
        int sent = 1;
        while (const auto delay = policy.retry_delay(since_first, random)) {
            since_first += *delay;
            ++sent;
        }
        CHECK_EQ(sent, initiations);
        CHECK_LE(since_first.count(), Duration(seconds(90)).count());
    }
}

TEST_CASE("rekey_policy: of two initiations that cross exactly one is answered") {
    const RekeyPolicy policy;
    const Key keys[] = {key(0), key(1), key(1, 1), key(0x7f), key(0x80), key(0xff, 0xff)};
    for (const Key& a : keys) {
        for (const Key& b : keys) {
            if (a == b) continue;
            const bool a_answers = policy.resolve_crossing(a, b, milliseconds(80)) == Crossing::answer_theirs;
            const bool b_answers = policy.resolve_crossing(b, a, milliseconds(30)) == Crossing::answer_theirs;
            CHECK_NE(a_answers, b_answers);
            CHECK_EQ(a_answers, b < a);
        }
    }
}

TEST_CASE("rekey_policy: at no two ages of the two handshakes are both left unanswered") {
    const RekeyPolicy policy;
    for (Duration a = Duration::zero(); a < seconds(3); a += milliseconds(100)) {
        for (Duration b = Duration::zero(); b < seconds(3); b += milliseconds(100)) {
            const bool a_keeps = policy.resolve_crossing(key(1), key(2), a) == Crossing::keep_own;
            const bool b_keeps = policy.resolve_crossing(key(2), key(1), b) == Crossing::keep_own;
            CHECK_FALSE((a_keeps && b_keeps));
        }
    }
}

TEST_CASE("rekey_policy: an initiation older than the window does not keep a peer out that we do not reach") {
    const RekeyPolicy policy;
    CHECK(policy.resolve_crossing(key(1), key(2), seconds(1) - kTick) == Crossing::keep_own);
    CHECK(policy.resolve_crossing(key(1), key(2), seconds(1)) == Crossing::answer_theirs);
    CHECK(policy.resolve_crossing(key(1), key(1), Duration::zero()) == Crossing::answer_theirs);  // a cloned device
}

}  // namespace
}  // namespace chord::net
