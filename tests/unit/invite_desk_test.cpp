// The desk: what it issues stands everywhere, and what must not be issued is not.
#include "net/admission/invite_desk.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using testing::Device;
using testing::Fleet;
using testing::kDay;
using testing::kIssued;

const Device kInviter(20);
const Device kNewcomer(2);

/// An inviter in a fleet, at a time.
struct Office {
    explicit Office(Seconds seconds = kIssued + kDay)
        : time(seconds, Time{}), desk(kInviter.key, *InviteLedger::open({}, [this](View) -> Status {
                                          if (disk_is_full) return Error::full;
                                          return Success{};
                                      })) {
        REQUIRE(fleet.list.delegate(fleet.delegation(kInviter)));
    }

    Judgement by() const { return {fleet_key, fleet.list, time, Time{}}; }
    InviteToken token(const InviteTerms& terms) const {
        return make_token(fleet.network, testing::invite_secret(), terms, fleet.key);
    }
    Result<SignedCertificate> redeem(const Device& device, const InviteTerms& terms) {
        return desk.redeem(token(terms), device.signed_request(), device.static_key.public_key(), by());
    }

    Fleet fleet;
    VerifyKey fleet_key = fleet.key.public_key();
    FleetTime time;
    bool disk_is_full = false;
    InviteDesk desk;
};

TEST_CASE("invite_desk: a newcomer gets a certificate that every node admits") {
    Office office;
    const InviteTerms terms = office.fleet.invite_terms();
    const Result<SignedCertificate> made = office.redeem(kNewcomer, terms);
    REQUIRE(made);
    CHECK_EQ(standing_of(*made, office.by()), Standing::admitted);
    CHECK_EQ(made->content.sign_key, kNewcomer.key.public_key());
    CHECK_EQ(made->content.static_key, kNewcomer.static_key.public_key());
    CHECK_EQ(made->content.issuer, issuer_id(kInviter.key.public_key()));
    CHECK_EQ(made->content.invite, terms.number);
    CHECK_EQ(made->content.use, 1);
    CHECK_EQ(made->content.tag, "barn");
    CHECK_EQ(made->content.not_before, kIssued + kDay);
    CHECK_EQ(made->content.lifetime, terms.lifetime);
}

TEST_CASE("invite_desk: counted; a device that asks again gets the same use and positions") {
    Office office;
    const InviteTerms terms = office.fleet.invite_terms();
    const SignedCertificate first = *office.redeem(kNewcomer, terms);
    const SignedCertificate second = *office.redeem(Device(3), terms);
    CHECK_EQ(second.content.use, 2);
    CHECK_NE(second.content.nonce, first.content.nonce);
    CHECK_EQ(*office.redeem(kNewcomer, terms), first);
    CHECK_EQ(office.redeem(Device(4), terms).error(), Error::overloaded);
}

TEST_CASE("invite_desk: each static key needs a use of its own, whoever signs for it") {
    Office office;
    InviteTerms terms = office.fleet.invite_terms();
    const auto redeem_with = [&](std::uint64_t number) {
        const noise::PublicKey fresh = testing::key_pair(number).public_key();
        Request request = kNewcomer.request();
        request.static_key = fresh;
        return office.desk.redeem(office.token(terms), sign_request(request, kNewcomer.key), fresh, office.by());
    };
    const Result<SignedCertificate> first = redeem_with(50);
    REQUIRE(first);
    CHECK_EQ(redeem_with(51)->content.use, 2);
    CHECK_EQ(*redeem_with(50), *first);
    CHECK_EQ(redeem_with(52).error(), Error::overloaded);
    CHECK_EQ(office.desk.ledger().used(terms.number), 2);
}

TEST_CASE("invite_desk: a certificate leaves only when its use is on disk") {
    Office office;
    office.disk_is_full = true;
    CHECK_EQ(office.redeem(kNewcomer, office.fleet.invite_terms()).error(), Error::full);
}

TEST_CASE("invite_desk: an invite that another node counts is not redeemed here") {
    Office office;
    InviteTerms terms = office.fleet.invite_terms();
    terms.counter = issuer_id(Device(21).key.public_key());
    CHECK_EQ(office.redeem(kNewcomer, terms).error(), Error::wrong_peer);
    terms.counter = issuer_id(kInviter.key.public_key());
    CHECK(office.redeem(kNewcomer, terms));
}

TEST_CASE("invite_desk: with counter 0 two desks count each for itself") {
    Office one;
    Office other;
    InviteTerms terms = one.fleet.invite_terms();
    terms.uses = 1;
    CHECK(one.redeem(kNewcomer, terms));
    CHECK(other.redeem(Device(3), terms));
    CHECK_FALSE(one.redeem(Device(3), terms));
}

TEST_CASE("invite_desk: expired, revoked and forged invites, revoked devices, and requests of others are refused") {
    const InviteTerms terms = Fleet().invite_terms();
    CHECK_EQ(Office(terms.not_after + 600).redeem(kNewcomer, terms).error(), Error::wrong_peer);
    Office office;
    InviteToken forged = office.token(terms);
    forged.terms.roles = 1;
    const auto request = kNewcomer.signed_request();
    const noise::PublicKey own = kNewcomer.static_key.public_key();
    CHECK_EQ(office.desk.redeem(forged, request, own, office.by()).error(), Error::wrong_peer);
    CHECK_EQ(office.desk.redeem(office.token(terms), request, Device(3).static_key.public_key(), office.by()).error(),
             Error::bad_message);
    CHECK_EQ(office.desk.redeem(office.token(terms), testing::flipped(request, 100), own, office.by()).error(),
             Error::bad_message);
    CHECK_EQ(office.desk.ledger().used(terms.number), 0);
    REQUIRE(office.fleet.list.revoke(Revocation::of_key(kNewcomer.key.public_key(), Reason::stolen, kIssued)));
    CHECK_EQ(office.redeem(kNewcomer, terms).error(), Error::wrong_peer);
    REQUIRE(office.fleet.list.revoke(Revocation::of_invite(terms.number, Reason::stolen, kIssued)));
    CHECK_EQ(office.redeem(Device(3), terms).error(), Error::wrong_peer);
}

TEST_CASE("invite_desk: it grants no more than it may, though the invite says more, and takes no use for it") {
    Office office;
    InviteTerms terms = office.fleet.invite_terms();
    terms.lifetime = 1000 * kDay;
    CHECK_EQ(office.redeem(kNewcomer, terms)->content.lifetime, 60 * kDay);
    terms.number = 77;
    terms.roles = 1;
    CHECK_EQ(office.redeem(kNewcomer, terms).error(), Error::wrong_peer);
    CHECK_EQ(office.desk.ledger().used(77), 0);
    office.fleet.list.delegations.clear();
    CHECK_EQ(office.redeem(kNewcomer, office.fleet.invite_terms()).error(), Error::wrong_peer);
}

TEST_CASE("invite_desk: with its clock before its delegation it still issues what others admit") {
    Office office(kIssued - 100 * kDay);
    const Result<SignedCertificate> made = office.redeem(kNewcomer, office.fleet.invite_terms());
    REQUIRE(made);
    CHECK_EQ(made->content.not_before, kIssued);
    CHECK_EQ(Office().redeem(kNewcomer, office.fleet.invite_terms())->content.nonce, made->content.nonce);
}

TEST_CASE("invite_desk: after its delegation's end it issues nothing") {
    Office office(kIssued + 91 * kDay);
    InviteTerms terms = office.fleet.invite_terms();
    terms.not_after = kIssued + 100 * kDay;
    CHECK_EQ(office.redeem(kNewcomer, terms).error(), Error::wrong_peer);
    CHECK_EQ(office.desk.ledger().used(terms.number), 0);
}

TEST_CASE("invite_desk: a renewal begins a new life of the same device at the same place") {
    Office office;
    const SignedCertificate old = *office.redeem(kNewcomer, office.fleet.invite_terms());
    CHECK_EQ(office.desk.renew(old, office.by()).error(), Error::condition_failed);
    office.time.learn_signed(kIssued + 22 * kDay, Time{});
    const Result<SignedCertificate> renewed = office.desk.renew(old, office.by());
    REQUIRE(renewed);
    CHECK_EQ(standing_of(*renewed, office.by()), Standing::admitted);
    Certificate expected = old.content;
    expected.not_before = kIssued + 22 * kDay;
    CHECK_EQ(renewed->content, expected);
    for (std::uint8_t i = 0; i < 8; ++i) CHECK_EQ(renewed->content.position(i), old.content.position(i));
}

TEST_CASE("invite_desk: it renews what the fleet key issued, but no roles that it may not grant, nor who is out") {
    Office office(kIssued + 80 * kDay);
    Certificate content = office.fleet.admit(kNewcomer).content;
    content.lifetime = 90 * kDay;
    CHECK(office.desk.renew(issue(content, office.fleet.key), office.by()));
    Certificate inviter = content;
    inviter.roles = 1;
    CHECK_EQ(office.desk.renew(issue(inviter, office.fleet.key), office.by()).error(), Error::wrong_peer);
    Certificate expired = content;
    expired.lifetime = 70 * kDay;
    CHECK_EQ(office.desk.renew(issue(expired, office.fleet.key), office.by()).error(), Error::wrong_peer);
    REQUIRE(office.fleet.list.revoke(Revocation::of_key(kNewcomer.key.public_key(), Reason::lost, kIssued)));
    CHECK_EQ(office.desk.renew(issue(content, office.fleet.key), office.by()).error(), Error::wrong_peer);
}

}  // namespace
}  // namespace chord::net::admission
