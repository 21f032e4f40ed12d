// FleetMember as a desk, with a desk, and with guests: who is admitted and renewed, and who is not.
#include "net/admission/fleet_member.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "tests/support/fleet_member_side.hpp"

namespace chord::net::admission {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Device;
using testing::Fleet;
using testing::kDay;
using testing::kInviter;
using testing::kIssued;
using testing::Member;
using testing::network_key;
using testing::SavedFiles;

TEST_CASE("fleet_member: strangers get nothing, guests the list and enrolment, and both no network key") {
    Member m(testing::kYear, kInviter);
    REQUIRE(m.fleet.list.delegate(m.fleet.delegation(kInviter)));
    REQUIRE(*m.member->offer_list(m.next_list({})));
    const std::vector<FleetRequest> all{Hello{}, ListQuery{}, NetworkKeysQuery{}, Enrol{}, Renew{}, CertificateQuery{}};
    for (const FleetRequest& request : all) CHECK_EQ(m.refusal(Peer{Id{{7}}, {}}, request), Error::wrong_peer);

    const Device newcomer(30);
    const InviteToken token =
        make_token(m.fleet.network, testing::invite_secret(), m.fleet.invite_terms(), m.fleet.key);
    REQUIRE(m.credentials().judge(shown_form(token, testing::invite_secret(), newcomer.static_key.public_key()),
                                  newcomer.static_key.public_key()));
    const Peer guest{guest_id(newcomer.static_key.public_key()), {}};
    CHECK_FALSE(m.member->is_member(guest.id));
    CHECK_EQ(std::get<Hello>(m.ask(guest, Hello{900, 0, 900, false, std::nullopt})).network_key, 0);
    CHECK(m.peers.take<ListQuery>().empty());  // what a guest says is not listened to
    CHECK_EQ(std::get<ListSlice>(m.ask(guest, ListQuery{})).number, 2);
    CHECK_EQ(m.refusal(guest, NetworkKeysQuery{}), Error::wrong_peer);
    CHECK_EQ(m.refusal(guest, Renew{}), Error::wrong_peer);
    CHECK_EQ(m.refusal(guest, CertificateQuery{}), Error::wrong_peer);

    m.disk.broken = true;
    CHECK_EQ(m.refusal(guest, Enrol{newcomer.signed_request()}), Error::io);
    m.disk.broken = false;
    const FleetResponse granted = m.ask(guest, Enrol{newcomer.signed_request()});
    REQUIRE(std::holds_alternative<Granted>(granted));
    CHECK(m.disk.saves[FleetItem::ledger] == 1);
    REQUIRE_EQ(m.member->issued().size(), 1);
    CHECK(encode(m.member->issued().front()) == std::get<Granted>(granted).certificate);
    std::size_t overloaded = 0;
    for (int i = 0; i < 100; ++i) {
        const FleetResponse again = m.ask(guest, Enrol{newcomer.signed_request()});
        overloaded += std::holds_alternative<Refused>(again) ? 1U : 0U;
    }
    CHECK(overloaded >= 100 - static_cast<std::size_t>(WorkBudget::kEach.burst));
    CHECK_EQ(m.member->issued().size(), 1);

    // Itself out, it lets nobody in any more.
    REQUIRE(*m.member->offer_list(m.next_list({kInviter.key.public_key()})));
    CHECK_FALSE(m.member->is_in());
    m.pass(minutes(1));
    CHECK_EQ(m.refusal(guest, Enrol{newcomer.signed_request()}), Error::wrong_peer);
    CHECK_FALSE(m.member->invite({.fleet_name = "farm", .tag = "", .bootstrap = {}}, test_dice(1)));
}

TEST_CASE("fleet_member: a certificate is renewed by a desk when due, and only a true renewal is taken") {
    Member m(30 * kDay);
    REQUIRE(m.fleet.list.delegate(m.fleet.delegation(kInviter)));
    REQUIRE(*m.member->offer_list(m.next_list({})));
    const Peer desk = m.let_in(kInviter);
    m.ask(desk, Hello{2, 0, 1, true, std::nullopt});
    m.pass(minutes(10));
    CHECK(m.peers.take<Renew>().empty());
    CHECK_EQ(m.member->renew_now().error(), Error::condition_failed);

    m.wall = kIssued + 20 * kDay + 1;
    m.peers.asked.clear();
    m.pass(FleetMember::kRound * 2);
    auto asked = m.peers.take<Renew>();
    REQUIRE_EQ(asked.size(), 1);
    CHECK_EQ(asked.front().to, desk);
    CHECK(m.member->status().renewal_is_due);
    Certificate renewed = m.member->certificate().content;
    renewed.not_before = kIssued + 20 * kDay;
    m.answer(asked.front(), Granted{encode(issue(renewed, Device(9).key))});  // by nobody
    CHECK_EQ(m.member->status().renewal_error, std::optional(Error::wrong_peer));
    CHECK_EQ(m.disk.saves[FleetItem::certificate], 0);

    m.pass(FleetMember::kRound * 4);
    asked = m.peers.take<Renew>();
    REQUIRE_EQ(asked.size(), 1);
    m.answer(asked.front(), Granted{encode(issue(renewed, kInviter.key))});
    CHECK_EQ(m.member->status().renewed, 1);
    CHECK_FALSE(m.member->status().renewal_is_due);
    CHECK_EQ(m.disk.saves[FleetItem::certificate], 1);
    CHECK_EQ(m.member->certificate().content.not_before, renewed.not_before);
    CHECK(std::ranges::equal(m.credentials().own(), shown_form(m.member->certificate(), 0)));
    m.peers.asked.clear();
    m.pass(hours(1));
    CHECK(m.peers.take<Renew>().empty());
}

TEST_CASE("fleet_member: no desk in reach, it is asked for less and less often; who only says so is no desk") {
    Member m(30 * kDay);
    REQUIRE(m.fleet.list.delegate(m.fleet.delegation(kInviter)));
    REQUIRE(*m.member->offer_list(m.next_list({})));
    const Peer peer = m.let_in(Device(2));
    m.wall = kIssued + 21 * kDay;
    m.ask(peer, Hello{2, 0, 1, true, std::nullopt});
    m.pass(minutes(10));
    CHECK(m.peers.take<Renew>().empty());
    CHECK_EQ(m.member->renew_now().error(), Error::wrong_peer);
    const Peer named{Id{{5}}, {}};
    std::size_t attempts = 0;
    for (const Time end = m.now + hours(5); m.now < end; m.pass(seconds(30))) {
        m.ask(peer, Hello{2, 0, 1, false, Peer{named.id, [] {
                                                   Endpoint made;
                                                   made.ip = {0xfd, 1};
                                                   made.port = 7;
                                                   return made;
                                               }()}});
        for (const auto& asked : m.peers.take<Renew>()) {
            ++attempts;
            m.member->on_failure(asked.id, Error::timeout);
        }
        for (const auto& asked : std::exchange(m.peers.asked, {})) m.member->on_failure(asked.id, Error::timeout);
    }
    CHECK(attempts >= 5);
    CHECK(attempts <= 14);
}

TEST_CASE("fleet_member: a desk renews for its members, and refuses before time") {
    Member m(testing::kYear, kInviter);
    Fleet& fleet = m.fleet;
    REQUIRE(fleet.list.delegate(fleet.delegation(kInviter)));
    REQUIRE(*m.member->offer_list(m.next_list({})));
    Certificate content = fleet.admit(Device(2)).content;
    content.lifetime = 30 * kDay;
    const Peer peer = m.let_in(issue(content, fleet.key), Device(2));
    CHECK_EQ(m.refusal(peer, Renew{}), Error::condition_failed);
    m.wall = kIssued + 21 * kDay;
    m.pass(minutes(2));
    const FleetResponse response = m.ask(peer, Renew{});
    REQUIRE(std::holds_alternative<Granted>(response));
    CHECK(is_renewal(content, parse_certificate(std::get<Granted>(response).certificate)->content));
    CHECK(m.member->issued().empty());
    CHECK_EQ(m.member->renew_now().error(), Error::condition_failed);
    const FleetResponse own = m.ask(peer, CertificateQuery{});
    CHECK(std::get<Granted>(own).certificate == encode(m.member->certificate()));
}

TEST_CASE("fleet_member: what is refused cheaply costs nobody's budget, and guests use up no member's") {
    Member m(testing::kYear, kInviter);
    REQUIRE(m.fleet.list.delegate(m.fleet.delegation(kInviter)));
    REQUIRE(*m.member->offer_list(m.next_list({})));
    InviteTerms terms = m.fleet.invite_terms();
    terms.uses = 100;
    const InviteToken token = make_token(m.fleet.network, testing::invite_secret(), terms, m.fleet.key);
    const auto let_in_guest = [&](const Device& device) {
        const noise::PublicKey key = device.static_key.public_key();
        REQUIRE(m.credentials().judge(shown_form(token, testing::invite_secret(), key), key));
        return Peer{guest_id(key), {}};
    };
    Certificate content = m.fleet.admit(Device(2)).content;
    content.lifetime = 30 * 3600;  // a day is over
    const Peer member = m.let_in(issue(content, m.fleet.key), Device(2));
    const Peer early = m.let_in(Device(3));
    m.pass(minutes(2));

    // Junk, a stranger's request, and renewals before time: refused for what they are, however many.
    const Device newcomer(30);
    const Peer guest = let_in_guest(newcomer);
    for (int i = 0; i < 100; ++i) {
        REQUIRE_EQ(m.refusal(guest, Enrol{{1}}), Error::bad_message);
        REQUIRE_EQ(m.refusal(guest, Enrol{Device(31).signed_request()}), Error::bad_message);
        REQUIRE_EQ(m.refusal(early, Renew{}), Error::condition_failed);
    }
    CHECK(std::holds_alternative<Granted>(m.ask(guest, Enrol{newcomer.signed_request()})));

    // One guest that costs signature checks uses up its own share, many of them use up the guests'.
    const auto forged = [](const Device& device) {
        auto request = device.signed_request();
        request.back() ^= 1U;
        return Enrol{request};
    };
    std::size_t checked = 0;
    for (int i = 0; i < 100; ++i) checked += m.refusal(guest, forged(newcomer)) == Error::bad_message ? 1U : 0U;
    CHECK_EQ(checked, WorkBudget::kEach.burst - 1);
    const Device next(32);
    CHECK(std::holds_alternative<Granted>(m.ask(let_in_guest(next), Enrol{next.signed_request()})));
    for (std::uint64_t i = 40; i < 80; ++i) {
        const Device device(i);
        const Peer one = let_in_guest(device);
        for (int k = 0; k < 3; ++k) CHECK_NE(m.refusal(one, forged(device)), Error::wrong_peer);
    }
    const Device last(90);
    CHECK_EQ(m.refusal(let_in_guest(last), Enrol{last.signed_request()}), Error::overloaded);
    CHECK(std::holds_alternative<Granted>(m.ask(member, Renew{})));
}

TEST_CASE("fleet_member: invites and admission files of a desk admit; without a delegation there are none") {
    Member m(testing::kYear, kInviter);
    const InviteOrder order{.fleet_name = "farm", .uses = 3, .tag = "barn", .bootstrap = {}};
    CHECK_EQ(m.member->invite(order, test_dice(1)).error(), Error::wrong_peer);
    const Device newcomer(30);
    CHECK_EQ(m.member->admit(newcomer.signed_request(), "x", "", 30 * kDay, {}, test_dice(2)).error(),
             Error::wrong_peer);
    REQUIRE(m.fleet.list.delegate(m.fleet.delegation(kInviter)));
    REQUIRE(*m.member->offer_list(m.next_list({})));
    const auto invite = m.member->invite(order, test_dice(1));
    REQUIRE(invite.has_value());
    CHECK_EQ(invite->token.terms.counter, issuer_id(kInviter.key.public_key()));
    CHECK_EQ(invite->token.terms.uses, 3);
    CHECK(invite->token.terms.not_after > m.wall);
    CHECK(read_invite(invite_text(*invite)).has_value());
    InviteOrder bad = order;
    bad.uses = 0;
    CHECK_EQ(m.member->invite(bad, test_dice(1)).error(), Error::bad_message);
    bad = order;
    bad.roles = 2;
    CHECK_EQ(m.member->invite(bad, test_dice(1)).error(), Error::wrong_peer);

    const auto file = m.member->admit(newcomer.signed_request(), "pump-9", "barn", 30 * kDay, {}, test_dice(2));
    REQUIRE(file.has_value());
    const auto opened = open_admission_file(*file, newcomer.static_key);
    REQUIRE(opened.has_value());
    CHECK_EQ(opened->file.certificate.content.name, "pump-9");
    SavedFiles disk;
    const auto member = FleetMember::open({.fleet_key = opened->file.fleet_key, .seed = 1}, newcomer.key,
                                          first_files(*opened), disk, m.now);
    REQUIRE(member.has_value());
    CHECK_EQ((*member)->status().list_number, 2);
    CHECK_EQ(m.member->issued().size(), 1);
}

}  // namespace
}  // namespace chord::net::admission
