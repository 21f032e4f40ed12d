// Who may be here: each verdict, and that nothing but a right certificate is admitted.
#include "net/admission/standing.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using testing::Device;
using testing::Fleet;
using testing::kDay;
using testing::kIssued;

constexpr Time kNow{};
const Device kDevice(2);
const Device kInviter(20);

/// Judges at `seconds`, which is known.
struct Judge {
    explicit Judge(Seconds seconds = kIssued + kDay) : time(seconds - kDay, kNow) {
        time.update({seconds, true}, kNow);
    }
    Standing of(const SignedCertificate& certificate) const {
        const VerifyKey key = fleet.key.public_key();
        return standing_of(certificate, {key, fleet.list, time, kNow});
    }

    Fleet fleet;
    FleetTime time;
};

Certificate delegated_content(const Fleet& fleet) {
    Certificate content = fleet.admit(kDevice).content;
    content.lifetime = 60 * kDay;
    return content;
}

TEST_CASE("standing: a certificate of the fleet key is admitted; one of another fleet, or a stranger, is not") {
    const Judge judge;
    CHECK_EQ(judge.of(judge.fleet.admit(kDevice)), Standing::admitted);
    CHECK_EQ(judge.of(Fleet(2).admit(kDevice)), Standing::other_fleet);
    const Certificate content = judge.fleet.admit(kDevice).content;
    CHECK_EQ(judge.of(issue(content, testing::signing_key(66))), Standing::unknown_issuer);
    SignedCertificate forged = judge.fleet.admit(kDevice);
    forged.content.roles = 0xff;
    CHECK_EQ(judge.of(forged), Standing::forged);
}

TEST_CASE("standing: from its first second to ten minutes after its last") {
    const SignedCertificate certificate = Fleet().admit(kDevice);
    const Seconds end = certificate.content.not_after();
    CHECK_EQ(Judge(kIssued - kDay - 1).of(certificate), Standing::not_yet);
    CHECK_EQ(Judge(kIssued - kDay).of(certificate), Standing::admitted);
    CHECK_EQ(Judge(end + 599).of(certificate), Standing::admitted);
    CHECK_EQ(Judge(end + 600).of(certificate), Standing::expired);
}

TEST_CASE("standing: revoked, by each kind of entry") {
    Judge judge;
    const SignedCertificate certificate = judge.fleet.admit(kDevice);
    REQUIRE(judge.fleet.list.revoke(Revocation::of_key(kDevice.key.public_key(), Reason::lost, kIssued)));
    CHECK_EQ(judge.of(certificate), Standing::revoked);
}

TEST_CASE("standing: a delegated inviter's certificate counts while and as far as it is delegated") {
    Judge judge;
    FleetList& list = judge.fleet.list;
    const Certificate content = delegated_content(judge.fleet);
    CHECK_EQ(judge.of(issue(content, kInviter.key)), Standing::unknown_issuer);
    REQUIRE(list.delegate(judge.fleet.delegation(kInviter)));
    CHECK_EQ(judge.of(issue(content, kInviter.key)), Standing::admitted);

    Certificate beyond = content;
    beyond.roles = static_cast<std::uint8_t>(Role::inviter);
    CHECK_EQ(judge.of(issue(beyond, kInviter.key)), Standing::beyond_delegation);
    beyond = content;
    ++beyond.lifetime;
    CHECK_EQ(judge.of(issue(beyond, kInviter.key)), Standing::beyond_delegation);
    beyond = content;
    beyond.not_before = kIssued - 1;
    CHECK_EQ(judge.of(issue(beyond, kInviter.key)), Standing::beyond_delegation);

    SignedCertificate forged = issue(content, kInviter.key);
    forged.content.name = "pump-2";
    CHECK_EQ(judge.of(forged), Standing::forged);

    Delegation narrow = judge.fleet.delegation(kInviter);
    narrow.tag = "gate";
    REQUIRE(list.delegate(narrow));
    CHECK_EQ(judge.of(issue(content, kInviter.key)), Standing::beyond_delegation);
    narrow.tag = "barn";
    narrow.until = kIssued - 1;
    REQUIRE(list.delegate(narrow));
    CHECK_EQ(judge.of(issue(content, kInviter.key)), Standing::beyond_delegation);
    REQUIRE(list.delegate(judge.fleet.delegation(kInviter)));
    REQUIRE(list.revoke(Revocation::of_key(kInviter.key.public_key(), Reason::stolen, kIssued)));
    CHECK_EQ(judge.of(issue(content, kInviter.key)), Standing::unknown_issuer);
}

TEST_CASE("standing: the delegation's end does not end what was issued before") {
    Judge judge(kIssued + 100 * kDay);
    REQUIRE(judge.fleet.list.delegate(judge.fleet.delegation(kInviter)));
    Certificate content = delegated_content(judge.fleet);
    content.not_before = kIssued + 80 * kDay;
    CHECK_EQ(judge.of(issue(content, kInviter.key)), Standing::admitted);
    content.not_before = kIssued + 91 * kDay;
    CHECK_EQ(judge.of(issue(content, kInviter.key)), Standing::beyond_delegation);
}

TEST_CASE("standing: an inviter cannot make inviters, nor a chain of them") {
    Judge judge;
    REQUIRE(judge.fleet.list.delegate(judge.fleet.delegation(kInviter)));
    const Device second(30);
    CHECK_EQ(judge.of(issue(delegated_content(judge.fleet), second.key)), Standing::unknown_issuer);
}

TEST_CASE("standing: with a known signature all else is still weighed") {
    Judge judge;
    const VerifyKey key = judge.fleet.key.public_key();
    SignedCertificate unsigned_one = judge.fleet.admit(kDevice);
    unsigned_one.signature = {};
    CHECK_EQ(standing_of(unsigned_one, {key, judge.fleet.list, judge.time, kNow}, true), Standing::admitted);
    REQUIRE(judge.fleet.list.revoke(Revocation::of_key(kDevice.key.public_key(), Reason::lost, kIssued)));
    CHECK_EQ(standing_of(unsigned_one, {key, judge.fleet.list, judge.time, kNow}, true), Standing::revoked);
}

TEST_CASE("standing: each has a text of its own") {
    std::set<std::string_view> texts;
    for (int i = 0; i <= static_cast<int>(Standing::forged); ++i) texts.insert(text(static_cast<Standing>(i)));
    CHECK_EQ(texts.size(), 8);
}

}  // namespace
}  // namespace chord::net::admission
