// The port as a fleet fills it: who is let in as whom, and who is out when list or time have moved on.
#include "net/admission/fleet_credentials.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "net/admission/invite_desk.hpp"
#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using testing::Device;
using testing::Fleet;
using testing::kDay;
using testing::kIssued;

const Device kOwn(1);
const Device kPeer(2);
const Device kInviter(20);

struct Node {
    explicit Node(std::size_t peers_max = 100, std::size_t guests_max = 2)
        : list(fleet.key.public_key()),
          time(kIssued, Time{}),
          credentials({fleet.key.public_key(), peers_max, guests_max}, list, time) {
        publish();
    }

    /// The operator's list as it stands, under a new number.
    void publish() {
        ++fleet.list.number;
        REQUIRE(*list.offer(fleet.signed_list()));
    }
    Result<Id> judge(const SignedCertificate& certificate, const Device& device, std::uint8_t position = 0) {
        return credentials.judge(shown_form(certificate, position), device.static_key.public_key());
    }
    Result<Id> judge_guest(const Device& device, const InviteTerms& terms) {
        const auto token = make_token(fleet.network, testing::invite_secret(), terms, fleet.key);
        const noise::PublicKey key = device.static_key.public_key();
        return credentials.judge(shown_form(token, testing::invite_secret(), key), key);
    }

    Fleet fleet;
    ListKeeper list;
    FleetTime time;
    FleetCredentials credentials;
};

using Ids = std::vector<Id>;

TEST_CASE("fleet_credentials: it shows its certificate at its position, within a handshake's room") {
    Node node;
    CHECK(node.credentials.own().empty());
    const SignedCertificate certificate = node.fleet.admit(kOwn);
    REQUIRE(node.credentials.show(certificate, 3));
    const auto shown = node.credentials.own();
    CHECK_EQ(std::vector<std::uint8_t>(shown.begin(), shown.end()), shown_form(certificate, 3));
    CHECK_EQ(*node.credentials.own_certificate(), certificate);
    CHECK_EQ(node.credentials.show(Fleet(2).admit(kOwn), 0).error(), Error::wrong_peer);
    CHECK_EQ(*node.credentials.own_certificate(), certificate);
}

TEST_CASE("fleet_credentials: a peer of the fleet is let in as its position") {
    Node node;
    const SignedCertificate certificate = node.fleet.admit(kPeer);
    CHECK_EQ(*node.judge(certificate, kPeer, 5), certificate.content.position(5));
    CHECK_EQ(*node.credentials.certificate(certificate.content.position(5)), certificate);
    CHECK_EQ(node.credentials.certificate(certificate.content.position(4)), nullptr);
}

TEST_CASE("fleet_credentials: a certificate is worth nothing in another's handshake") {
    Node node;
    CHECK_EQ(node.judge(node.fleet.admit(kPeer), Device(3)).error(), Error::bad_message);
}

TEST_CASE("fleet_credentials: never trial mode, nor what is no credential at all") {
    Node node;
    const noise::PublicKey key = kPeer.static_key.public_key();
    for (const std::vector<std::uint8_t>& shown : {std::vector<std::uint8_t>{},
                                                   {1},
                                                   {2},
                                                   {3},
                                                   {0},
                                                   std::vector<std::uint8_t>(33, 1),
                                                   std::vector<std::uint8_t>(225, 2)}) {
        CHECK_FALSE(node.credentials.judge(shown, key));
    }
}

TEST_CASE("fleet_credentials: a stranger, a forger, an expired and a revoked device are refused, and it says why") {
    Node node;
    CHECK_EQ(node.judge(Fleet(2).admit(kPeer), kPeer).error(), Error::wrong_peer);
    CHECK_EQ(node.credentials.last_refusal(), Standing::other_fleet);
    SignedCertificate forged = node.fleet.admit(kPeer);
    forged.signature = {};
    CHECK_EQ(node.judge(forged, kPeer).error(), Error::bad_message);
    CHECK_EQ(node.credentials.last_refusal(), Standing::forged);
    REQUIRE(node.fleet.list.revoke(Revocation::of_key(kPeer.key.public_key(), Reason::lost, kIssued)));
    node.publish();
    CHECK_EQ(node.judge(node.fleet.admit(kPeer), kPeer).error(), Error::wrong_peer);
    CHECK_EQ(node.credentials.last_refusal(), Standing::revoked);
    const SignedCertificate other = node.fleet.admit(Device(3));
    node.time.learn_signed(other.content.not_after() + 600, Time{});
    CHECK_EQ(node.judge(other, Device(3)).error(), Error::wrong_peer);
    CHECK_EQ(node.credentials.last_refusal(), Standing::expired);
    CHECK_EQ(node.credentials.refusals(), 4);
}

TEST_CASE(
    "fleet_credentials: a known certificate is let in again without its signature being checked, a changed one not") {
    Node node;
    const SignedCertificate good = node.fleet.admit(kPeer);
    REQUIRE(node.judge(good, kPeer));
    CHECK(node.judge(good, kPeer));
    SignedCertificate changed = good;
    changed.content.roles = 3;
    CHECK_EQ(node.judge(changed, kPeer).error(), Error::bad_message);
    changed = good;
    changed.signature[0] = static_cast<std::uint8_t>(changed.signature[0] ^ 1);
    CHECK_EQ(node.judge(changed, kPeer).error(), Error::bad_message);
}

TEST_CASE("fleet_credentials: a list that revokes a peer puts it out; others stay") {
    Node node;
    const Id peer = *node.judge(node.fleet.admit(kPeer), kPeer);
    const Id other = *node.judge(node.fleet.admit(Device(3)), Device(3));
    CHECK(node.credentials.rejudge().empty());
    REQUIRE(node.fleet.list.revoke(Revocation::of_key(kPeer.key.public_key(), Reason::lost, kIssued)));
    node.publish();
    CHECK_EQ(node.credentials.rejudge(), Ids{peer});
    CHECK(node.credentials.rejudge().empty());
    CHECK_EQ(node.credentials.certificate(peer), nullptr);
    CHECK_NE(node.credentials.certificate(other), nullptr);
}

TEST_CASE("fleet_credentials: time puts out whose certificate has ended; a renewed one stays at its place") {
    Node node;
    Certificate content = node.fleet.admit(kPeer).content;
    content.lifetime = 30 * kDay;
    const Id peer = *node.judge(issue(content, node.fleet.key), kPeer);
    content.sign_key = Device(3).key.public_key();
    content.static_key = Device(3).static_key.public_key();
    const Id other = *node.judge(issue(content, node.fleet.key), Device(3));
    Certificate renewed = content;
    renewed.not_before += 20 * kDay;
    CHECK_EQ(*node.judge(issue(renewed, node.fleet.key), Device(3)), other);
    node.credentials.set_now(Time{std::chrono::hours(24 * 15)});
    CHECK_EQ(node.credentials.rejudge(), Ids{peer});
}

TEST_CASE("fleet_credentials: a clock at 1970, past 2038 or a year back, alone or among peers, lets the same in") {
    for (const Seconds wall : {Seconds{0}, Seconds{100}, Seconds{1} << 31, Seconds{1} << 34, kIssued - 366 * kDay}) {
        for (const bool among_peers : {false, true}) {
            CAPTURE(wall);
            CAPTURE(among_peers);
            Node node;
            for (std::uint64_t i = 1; among_peers && i <= 5; ++i) node.time.hear(Id{{i}}, kIssued + 100 * kDay, Time{});
            node.time.update({wall, false}, Time{});
            CHECK_EQ(node.time.is_known(), among_peers);
            CHECK(node.judge(node.fleet.admit(kPeer), kPeer));
            Certificate short_lived = node.fleet.admit(Device(3)).content;
            short_lived.sign_key = Device(3).key.public_key();
            short_lived.lifetime = 30 * kDay;
            CHECK_EQ(node.judge(issue(short_lived, node.fleet.key), Device(3)).has_value(), !among_peers);
            CHECK_EQ(node.credentials.rejudge().size(), among_peers ? 1 : 0);
        }
    }
}

TEST_CASE("fleet_credentials: what was issued by an inviter goes when its delegation is taken away") {
    Node node;
    REQUIRE(node.fleet.list.delegate(node.fleet.delegation(kInviter)));
    node.publish();
    Certificate content = node.fleet.admit(kPeer).content;
    content.lifetime = 30 * kDay;
    const Id peer = *node.judge(issue(content, kInviter.key), kPeer);
    node.fleet.list.delegations.clear();
    node.publish();
    CHECK_EQ(node.credentials.rejudge(), Ids{peer});
}

TEST_CASE("fleet_credentials: one position at a time; the former one is named") {
    Node node;
    const SignedCertificate certificate = node.fleet.admit(kPeer);
    const Id first = *node.judge(certificate, kPeer, 0);
    const Id second = *node.judge(certificate, kPeer, 1);
    CHECK_EQ(node.credentials.certificate(first), nullptr);
    CHECK_NE(node.credentials.certificate(second), nullptr);
    CHECK_EQ(node.credentials.rejudge(), Ids{first});
    REQUIRE(node.judge(certificate, kPeer, 0));
    REQUIRE(node.judge(certificate, kPeer, 1));
    CHECK_EQ(node.credentials.rejudge(), Ids{first});
}

TEST_CASE("fleet_credentials: peers beyond the bound push out the one heard longest ago, by name") {
    Node node(2);
    const Id a = *node.judge(node.fleet.admit(Device(2)), Device(2));
    const Id b = *node.judge(node.fleet.admit(Device(3)), Device(3));
    REQUIRE(node.judge(node.fleet.admit(Device(2)), Device(2)));
    REQUIRE(node.judge(node.fleet.admit(Device(4)), Device(4)));
    CHECK_EQ(node.credentials.certificate(b), nullptr);
    CHECK_NE(node.credentials.certificate(a), nullptr);
    CHECK(node.credentials.has_departed());
    CHECK(node.credentials.rejudge().empty());
    CHECK_EQ(node.credentials.take_crowded_out(), Ids{b});
    CHECK_FALSE(node.credentials.has_departed());
}

TEST_CASE("fleet_credentials: whoever hops among its positions is refused before the ids of the past fill memory") {
    Node node(3);
    const SignedCertificate certificate = node.fleet.admit(kPeer);
    for (std::uint8_t i = 0; i < 4; ++i) REQUIRE(node.judge(certificate, kPeer, i));
    CHECK_EQ(node.judge(certificate, kPeer, 4).error(), Error::overloaded);
    CHECK_EQ(node.credentials.rejudge().size(), 3);
    CHECK(node.judge(certificate, kPeer, 4));
}

TEST_CASE("fleet_credentials: who is refused as revoked is named, if the certificate is no forgery; others are not") {
    Node node;
    REQUIRE(node.fleet.list.revoke(Revocation::of_key(kPeer.key.public_key(), Reason::lost, kIssued)));
    node.publish();
    const SignedCertificate certificate = node.fleet.admit(kPeer);
    SignedCertificate forged = certificate;
    forged.signature[0] = static_cast<std::uint8_t>(forged.signature[0] ^ 1);
    CHECK_EQ(node.judge(forged, kPeer).error(), Error::wrong_peer);
    Certificate of_stranger = certificate.content;
    of_stranger.sign_key = Device(3).key.public_key();
    CHECK_FALSE(node.judge(issue(of_stranger, Device(9).key), kPeer));
    CHECK(node.credentials.rejudge().empty());
    CHECK_EQ(node.judge(certificate, kPeer).error(), Error::wrong_peer);
    CHECK_EQ(node.judge(certificate, kPeer).error(), Error::wrong_peer);
    CHECK_EQ(node.credentials.rejudge(), Ids{certificate.content.position(0)});
}

TEST_CASE("fleet_credentials: who is forgotten is not named") {
    Node node;
    const Id peer = *node.judge(node.fleet.admit(kPeer), kPeer);
    node.credentials.forget(peer);
    CHECK_EQ(node.credentials.certificate(peer), nullptr);
    REQUIRE(node.fleet.list.revoke(Revocation::of_key(kPeer.key.public_key(), Reason::lost, kIssued)));
    node.publish();
    CHECK(node.credentials.rejudge().empty());
    node.credentials.forget(Id{});
}

TEST_CASE("fleet_credentials: certificates of the fleet key teach the time, those of inviters do not") {
    Node node;
    REQUIRE(node.fleet.list.delegate(node.fleet.delegation(kInviter)));
    node.publish();
    Certificate content = node.fleet.admit(kPeer).content;
    content.not_before = kIssued + 50 * kDay;
    content.lifetime = 60 * kDay;
    REQUIRE(node.judge(issue(content, kInviter.key), kPeer));
    CHECK_EQ(node.time.floor(), kIssued);
    REQUIRE(node.judge(issue(content, node.fleet.key), kPeer));
    CHECK_EQ(node.time.floor(), kIssued + 50 * kDay);
    content.not_before = kIssued + 70 * kDay;
    SignedCertificate forged = issue(content, node.fleet.key);
    forged.signature = {};
    REQUIRE_FALSE(node.judge(forged, kPeer));
    CHECK_EQ(node.time.floor(), kIssued + 50 * kDay);
}

TEST_CASE("fleet_credentials: renewal is due after two thirds, its own standing follows the list") {
    Node node;
    const SignedCertificate own = node.fleet.admit(kOwn);
    REQUIRE(node.credentials.show(own, 0));
    CHECK_FALSE(node.credentials.renewal_is_due());
    node.time.learn_signed(own.content.renew_from() - 1, Time{});
    CHECK_FALSE(node.credentials.renewal_is_due());
    node.time.learn_signed(own.content.renew_from(), Time{});
    CHECK(node.credentials.renewal_is_due());
    CHECK_EQ(node.credentials.own_standing(), Standing::admitted);
    REQUIRE(node.fleet.list.revoke(Revocation::of_key(kOwn.key.public_key(), Reason::left, kIssued)));
    node.publish();
    CHECK_EQ(node.credentials.own_standing(), Standing::revoked);
}

TEST_CASE("fleet_credentials: a guest is let in where there is a desk that counts its invite, under no ring id") {
    Node node;
    InviteTerms terms = node.fleet.invite_terms();
    CHECK_EQ(node.judge_guest(kPeer, terms).error(), Error::wrong_peer);
    node.credentials.open_desk(issuer_id(kOwn.key.public_key()));
    const Result<Id> guest = node.judge_guest(kPeer, terms);
    REQUIRE(guest);
    CHECK_EQ(node.credentials.guest(*guest)->terms, terms);
    CHECK_EQ(node.credentials.certificate(*guest), nullptr);
    terms.counter = issuer_id(kInviter.key.public_key());
    CHECK_EQ(node.judge_guest(kPeer, terms).error(), Error::wrong_peer);
    terms.counter = issuer_id(kOwn.key.public_key());
    CHECK_EQ(*node.judge_guest(kPeer, terms), *guest);
    node.credentials.forget(*guest);
    CHECK_EQ(node.credentials.guest(*guest), nullptr);
}

TEST_CASE("fleet_credentials: what a guest shows of itself is what the desk's node lets in") {
    Node node;
    node.credentials.open_desk(issuer_id(kOwn.key.public_key()));
    Node newcomer;
    newcomer.credentials.show(testing::invite(node.fleet, node.fleet.invite_terms()), kPeer.static_key.public_key());
    CHECK_EQ(newcomer.credentials.own_certificate(), nullptr);
    CHECK(node.credentials.judge(newcomer.credentials.own(), kPeer.static_key.public_key()));
    CHECK_FALSE(node.credentials.judge(newcomer.credentials.own(), Device(3).static_key.public_key()));
}

TEST_CASE("fleet_credentials: guests are few, and go when their invite does") {
    Node node;
    node.credentials.open_desk(issuer_id(kOwn.key.public_key()));
    const InviteTerms terms = node.fleet.invite_terms();
    const Id first = *node.judge_guest(Device(2), terms);
    const Id second = *node.judge_guest(Device(3), terms);
    REQUIRE(node.judge_guest(Device(2), terms));
    const Id third = *node.judge_guest(Device(4), terms);
    CHECK_EQ(node.credentials.take_crowded_out(), Ids{second});
    REQUIRE(node.fleet.list.revoke(Revocation::of_invite(terms.number, Reason::stolen, kIssued)));
    node.publish();
    Ids out = node.credentials.rejudge();
    std::sort(out.begin(), out.end());
    CHECK_EQ(out, Ids{std::min(first, third), std::max(first, third)});
    CHECK_EQ(node.judge_guest(Device(2), terms).error(), Error::wrong_peer);
}

TEST_CASE("fleet_credentials: the whole way: invited, guest, granted, member, renewed, revoked") {
    Node inviter;  // knows that it is delegated, as the third node does
    Node third;
    for (Node* node : {&inviter, &third}) {
        REQUIRE(node->fleet.list.delegate(node->fleet.delegation(kInviter)));
        node->publish();
    }
    inviter.credentials.open_desk(issuer_id(kInviter.key.public_key()));
    InviteDesk desk(kInviter.key, *InviteLedger::open({}, [](View) -> Status { return Success{}; }));
    const VerifyKey fleet_key = inviter.fleet.key.public_key();
    const auto by = [&](const Node& node) { return Judgement{fleet_key, node.list.list(), node.time, Time{}}; };

    // The newcomer knows the string only.
    const std::string text = invite_text(testing::invite(inviter.fleet, inviter.fleet.invite_terms()));
    const Result<Invite> read = read_invite(text);
    REQUIRE(read);
    const Invite& invite = *read;
    ListKeeper list(invite.fleet_key);
    FleetTime time(kIssued - 400 * kDay, Time{});
    FleetCredentials newcomer({invite.fleet_key, 10, 1}, list, time);
    newcomer.show(invite, kPeer.static_key.public_key());
    const SignedCertificate of_inviter = inviter.fleet.admit(kInviter, "hub", "", 1);
    REQUIRE(newcomer.judge(shown_form(of_inviter, 0), kInviter.static_key.public_key()));
    const Id guest = *inviter.credentials.judge(newcomer.own(), kPeer.static_key.public_key());
    CHECK_FALSE(third.credentials.judge(newcomer.own(), kPeer.static_key.public_key()));

    const auto granted = desk.redeem(*inviter.credentials.guest(guest), kPeer.signed_request(),
                                     kPeer.static_key.public_key(), by(inviter));
    REQUIRE(granted);
    const auto taken = read_grant(encode(*granted), kPeer.request(), invite.token.network, kInviter.key.public_key());
    REQUIRE(taken);
    REQUIRE(newcomer.show(*taken, 2));
    CHECK_EQ(newcomer.own_standing(), Standing::unknown_issuer);  // it has no list yet
    REQUIRE(*list.offer(inviter.list.bytes()));
    CHECK_EQ(newcomer.own_standing(), Standing::admitted);
    const Id member = *third.credentials.judge(newcomer.own(), kPeer.static_key.public_key());

    for (FleetTime* each : {&time, &inviter.time, &third.time}) each->learn_signed(kIssued + 25 * kDay, Time{});
    REQUIRE(newcomer.renewal_is_due());
    const auto renewed = desk.renew(*newcomer.own_certificate(), by(inviter));
    REQUIRE(renewed);
    REQUIRE(is_renewal(taken->content, renewed->content));
    REQUIRE(newcomer.show(*renewed, 2));
    CHECK_EQ(*third.credentials.judge(newcomer.own(), kPeer.static_key.public_key()), member);
    CHECK(third.credentials.rejudge().empty());

    REQUIRE(third.fleet.list.revoke(Revocation::of_key(kPeer.key.public_key(), Reason::stolen, kIssued)));
    third.publish();
    CHECK_EQ(third.credentials.rejudge(), Ids{member});
    CHECK_FALSE(third.credentials.judge(newcomer.own(), kPeer.static_key.public_key()));
}

}  // namespace
}  // namespace chord::net::admission
