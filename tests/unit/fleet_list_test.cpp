// The fleet's list: bytes, order, bounds, and who is out by which entry.
#include "net/admission/fleet_list.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using Raw = std::vector<std::uint8_t>;
using testing::Device;
using testing::Fleet;
using testing::kIssued;

Fleet fleet_with_entries() {
    Fleet fleet;
    REQUIRE(fleet.list.delegate(fleet.delegation(Device(20))));
    REQUIRE(fleet.list.delegate(fleet.delegation(Device(21))));
    REQUIRE(fleet.list.revoke(Revocation::of_key(Device(5).key.public_key(), Reason::lost, kIssued)));
    REQUIRE(fleet.list.revoke(Revocation::of_serial(issuer_id(fleet.key.public_key()), 77, Reason::left, kIssued)));
    REQUIRE(fleet.list.revoke(Revocation::of_invite(9, Reason::stolen, kIssued)));
    return fleet;
}

TEST_CASE("fleet_list: what is signed is read back, and nothing else") {
    const Fleet fleet = fleet_with_entries();
    const Raw raw = fleet.signed_list();
    CHECK_EQ(raw.size(), 26 + 1 + 2 * 48 + 2 + 3 * 23 + 64);
    CHECK_EQ(*read_list(raw, fleet.key.public_key()), fleet.list);
    for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
        CAPTURE(bit);
        CHECK_FALSE(read_list(testing::flipped(raw, bit), fleet.key.public_key()));
    }
    for (std::size_t size = 0; size < raw.size(); ++size) {
        CHECK_FALSE(read_list(View(raw).first(size), fleet.key.public_key()));
    }
}

TEST_CASE("fleet_list: another fleet's is refused, and one that says ours but has another's signature") {
    const Fleet ours(1);
    Fleet other(2);
    CHECK_EQ(read_list(other.signed_list(), ours.key.public_key()).error(), Error::wrong_peer);
    other.list.network = ours.network;
    CHECK_EQ(read_list(other.signed_list(), ours.key.public_key()).error(), Error::bad_message);
}

TEST_CASE("fleet_list: entries out of order or twice are refused, whoever signed them") {
    // Signed by hand, since sign_list() does not make such lists.
    const auto sign = [](const Fleet& fleet, Raw body) {
        const Signature signature = fleet.key.sign(Purpose::fleet_list, body);
        return with_signature(std::move(body), signature);
    };
    const Fleet fleet = fleet_with_entries();
    Raw body = fleet.signed_list();
    body.resize(body.size() - 64);
    REQUIRE(read_list(sign(fleet, body), fleet.key.public_key()));
    const std::ptrdiff_t delegations = 27;
    const std::ptrdiff_t revocations = delegations + 2 * 48 + 2;
    Raw swapped = body;
    std::rotate(swapped.begin() + delegations, swapped.begin() + delegations + 48, swapped.begin() + delegations + 96);
    CHECK_EQ(read_list(sign(fleet, swapped), fleet.key.public_key()).error(), Error::bad_message);
    swapped = body;
    std::rotate(swapped.begin() + revocations, swapped.begin() + revocations + 23, swapped.begin() + revocations + 46);
    CHECK_EQ(read_list(sign(fleet, swapped), fleet.key.public_key()).error(), Error::bad_message);
    Raw twice = body;
    std::copy_n(body.begin() + revocations, 23, twice.begin() + revocations + 23);
    CHECK_EQ(read_list(sign(fleet, twice), fleet.key.public_key()).error(), Error::bad_message);
    Raw zero = body;
    std::fill(zero.begin() + 17, zero.begin() + 21, std::uint8_t{0});
    CHECK_EQ(read_list(sign(fleet, zero), fleet.key.public_key()).error(), Error::bad_message);
}

TEST_CASE("fleet_list: a device is out by either of its keys, its serial or its invite") {
    const Fleet fleet;
    const Device device(2);
    Certificate certificate = fleet.admit(device).content;
    certificate.invite = 9;
    const Revocation entries[] = {
        Revocation::of_key(device.key.public_key(), Reason::lost, kIssued),
        Revocation::of_key(device.static_key.public_key(), Reason::lost, kIssued),
        Revocation::of_serial(certificate.issuer, certificate.serial(), Reason::lost, kIssued),
        Revocation::of_invite(9, Reason::lost, kIssued),
    };
    for (const Revocation& entry : entries) {
        FleetList list;
        CHECK_EQ(list.revocation_of(certificate), nullptr);
        REQUIRE(list.revoke(entry));
        REQUIRE_NE(list.revocation_of(certificate), nullptr);
        CHECK_EQ(*list.revocation_of(certificate), entry);
        Certificate other = fleet.admit(Device(3)).content;
        other.use = 6;
        CHECK_EQ(list.revocation_of(other), nullptr);
    }
}

TEST_CASE("fleet_list: no entry shuts out everybody who came in by file, whose invite number is 0") {
    FleetList list;
    REQUIRE(list.revoke(Revocation::of_invite(0, Reason::lost, kIssued)));
    CHECK_EQ(list.revocation_of(Fleet().admit(Device(2)).content), nullptr);
}

TEST_CASE("fleet_list: entries from before a time are dropped, the others stay in order") {
    Fleet fleet;
    for (std::uint32_t i = 1; i <= 5; ++i)
        REQUIRE(fleet.list.revoke(Revocation::of_invite(i, Reason::lost, kIssued + i)));
    CHECK_EQ(fleet.list.drop_revocations_before(kIssued + 3), 2);
    CHECK_EQ(fleet.list.revocation_of_invite(2), nullptr);
    CHECK_NE(fleet.list.revocation_of_invite(3), nullptr);
    CHECK(read_list(fleet.signed_list(), fleet.key.public_key()));
}

TEST_CASE("fleet_list: a revoked inviter delegates nothing") {
    Fleet fleet;
    const Device inviter(20);
    REQUIRE(fleet.list.delegate(fleet.delegation(inviter)));
    const IssuerId id = issuer_id(inviter.key.public_key());
    REQUIRE_NE(fleet.list.delegation(id), nullptr);
    CHECK_EQ(fleet.list.delegation(issuer_id(Device(21).key.public_key())), nullptr);
    REQUIRE(fleet.list.revoke(Revocation::of_key(inviter.key.public_key(), Reason::stolen, kIssued)));
    CHECK_EQ(fleet.list.delegation(id), nullptr);
}

TEST_CASE("fleet_list: the same subject or inviter again replaces the entry; beyond the bounds it is full") {
    Fleet fleet;
    for (std::uint32_t i = 1; i <= kRevocationsMax; ++i) {
        REQUIRE(fleet.list.revoke(Revocation::of_invite(i * 7919, Reason::lost, kIssued)));
    }
    CHECK(fleet.list.revoke(Revocation::of_invite(7919, Reason::left, kIssued)));
    CHECK_EQ(fleet.list.revocation_of_invite(7919)->reason, Reason::left);
    CHECK_EQ(fleet.list.revoke(Revocation::of_invite(1, Reason::lost, kIssued)).error(), Error::full);
    for (std::uint64_t i = 0; i < kDelegationsMax; ++i) {
        Delegation delegation = fleet.delegation(Device(100 + i));
        delegation.tag = "eleven-byte";
        REQUIRE(fleet.list.delegate(delegation));
    }
    CHECK(fleet.list.delegate(fleet.delegation(Device(100))));
    CHECK_EQ(fleet.list.delegate(fleet.delegation(Device(99))).error(), Error::full);
    CHECK_EQ(fleet.signed_list().size(), kFleetListBytesMax - kTagBytesMax);  // one delegation lost its tag
    CHECK_EQ(*read_list(fleet.signed_list(), fleet.key.public_key()), fleet.list);
}

}  // namespace
}  // namespace chord::net::admission
