// RekeyPolicy: the numbers and their order.
#include "net/session/rekey_policy.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kTick{1};
constexpr std::uint64_t kOne = 1;

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
}

}  // namespace
}  // namespace chord::net
