// FleetMember among peers that a test plays: what it asks, takes, refuses and saves, and when.
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
using testing::kIssued;
using testing::kOwn;
using testing::Member;
using testing::network_key;
using Bytes = std::vector<std::uint8_t>;

TEST_CASE("fleet_member: opens with what it saved; what is not its own, or damaged, is told") {
    Member m;
    CHECK_EQ(m.member->id(), m.fleet.admit(kOwn).content.position(0));
    CHECK_EQ(m.member->status().list_number, 1);
    const auto error = [&](const FleetFiles& files, const VerifyKey& fleet_key, const Device& own) {
        const auto opened = FleetMember::open({.fleet_key = fleet_key, .seed = 1}, own.key, files, m.disk, m.now);
        return opened ? std::optional<Error>() : std::optional(opened.error());
    };
    const VerifyKey fleet_key = m.fleet.key.public_key();
    CHECK_EQ(error(m.disk.files, fleet_key, kOwn), std::nullopt);
    CHECK_EQ(error(m.disk.files, fleet_key, Device(2)), std::optional(Error::wrong_peer));
    CHECK(error(m.disk.files, Fleet(2).key.public_key(), kOwn).has_value());
    for (const FleetItem item :
         {FleetItem::certificate, FleetItem::list, FleetItem::network_keys, FleetItem::time_floor, FleetItem::ledger}) {
        FleetFiles damaged = m.disk.files;
        damaged[item] = {1, 2, 3};
        CHECK_EQ(error(damaged, fleet_key, kOwn), std::optional(Error::corrupt));
    }
    FleetFiles keyless = m.disk.files;
    keyless[FleetItem::network_keys].clear();
    CHECK_EQ(error(keyless, fleet_key, kOwn), std::optional(Error::corrupt));
}

TEST_CASE("fleet_member: a peer with a newer list is asked for it; who is out by it is expelled, and all hear of it") {
    Member m;
    const Peer teller = m.let_in(Device(2));
    const Peer outcast = m.let_in(Device(3));
    m.peers.near = {teller, outcast};
    m.peers.asked.clear();
    const Bytes list = m.next_list({Device(3).key.public_key()});
    const FleetResponse response = m.ask(teller, Hello{2, 0, 1, false, std::nullopt});
    CHECK_EQ(std::get<Hello>(response).list, 1);
    m.serve_list(list, 2);
    CHECK_EQ(m.member->status().list_number, 2);
    CHECK_EQ(m.peers.expelled, std::vector<Id>{outcast.id});
    CHECK(m.disk.files[FleetItem::list] == list);
    const auto told = m.peers.take<Hello>();
    CHECK_EQ(told.size(), 2);
    CHECK(
        std::all_of(told.begin(), told.end(), [](const auto& one) { return std::get<Hello>(one.request).list == 2; }));
    CHECK_FALSE(m.member->is_member(outcast.id));
}

TEST_CASE("fleet_member: a peer that lies about the list costs its own fetch, and another is asked") {
    Member m;
    const Peer liar = m.let_in(Device(2));
    const Peer honest = m.let_in(Device(3));
    Bytes list = m.next_list({Device(9).key.public_key()});
    const Bytes forged = testing::flipped(list, 8 * 30);
    m.ask(liar, Hello{900, 0, 1, false, std::nullopt});
    m.ask(honest, Hello{2, 0, 1, false, std::nullopt});
    REQUIRE_EQ(m.peers.asked.size(), 1);
    CHECK_EQ(m.peers.asked.front().to, liar);
    const auto asked = m.peers.take<ListQuery>();
    m.answer(asked.front(), ListSlice{900, static_cast<std::uint32_t>(forged.size()), 0, forged});
    CHECK_EQ(m.member->status().fetches_failed, 1);
    CHECK_EQ(m.member->status().list_number, 1);
    REQUIRE_EQ(m.peers.asked.size(), 1);
    CHECK_EQ(m.peers.asked.front().to, honest);
    m.serve_list(list, 2);
    CHECK_EQ(m.member->status().list_number, 2);
    for (int i = 0; i < 100; ++i) m.ask(liar, Hello{901, 0, 1, false, std::nullopt});
    CHECK(m.peers.take<ListQuery>().empty());
}

TEST_CASE("fleet_member: a silent peer holds the others up for seconds only") {
    Member m;
    const Peer silent = m.let_in(Device(2));
    const Peer honest = m.let_in(Device(3));
    m.ask(silent, Hello{2, 0, 1, false, std::nullopt});
    m.ask(honest, Hello{2, 0, 1, false, std::nullopt});
    const auto first = m.peers.take<ListQuery>();
    REQUIRE_EQ(first.size(), 1);
    m.pass(ListFetches::kHeadStart);
    const auto second = m.peers.take<ListQuery>();
    REQUIRE_EQ(second.size(), 1);
    CHECK_EQ(second.front().to, honest);
}

TEST_CASE("fleet_member: a new network key is answered at once, begun with a minute later, and never forged") {
    Member m;
    const Peer teller = m.let_in(Device(2));
    m.peers.near = {teller};
    m.peers.asked.clear();
    m.ask(teller, Hello{1, 0, 2, false, std::nullopt});
    m.ask(teller, Hello{1, 0, 2, false, std::nullopt});
    auto asked = m.peers.take<NetworkKeysQuery>();
    REQUIRE_EQ(asked.size(), 1);
    NetworkKeys keys;
    keys.records.push_back(sign_network_key(network_key(2), m.fleet.key));
    m.answer(asked.front(), std::move(keys));
    CHECK_EQ(m.member->status().network_keys, std::vector<std::uint32_t>{2, 1});
    CHECK_EQ(m.peers.key_count, 2);
    CHECK(m.peers.begins_with == network_key(1).key);
    CHECK_EQ(m.peers.take<Hello>().size(), 1);
    CHECK_EQ(m.disk.files[FleetItem::network_keys].size(), 2 * kNetworkKeyBytes);
    m.pass(FleetMember::kKeyGrace - seconds(1));
    CHECK(m.peers.begins_with == network_key(1).key);
    m.pass(seconds(1));
    CHECK(m.peers.begins_with == network_key(2).key);

    m.ask(teller, Hello{1, 0, 7, false, std::nullopt});
    asked = m.peers.take<NetworkKeysQuery>();
    REQUIRE_EQ(asked.size(), 1);
    NetworkKeys forged;
    forged.records.push_back(sign_network_key(network_key(7), Fleet(2).key));
    m.answer(asked.front(), std::move(forged));
    CHECK_EQ(m.member->status().network_keys, std::vector<std::uint32_t>{2, 1});
    m.ask(teller, Hello{1, 0, 8, false, std::nullopt});
    CHECK(m.peers.take<NetworkKeysQuery>().empty());
}

TEST_CASE("fleet_member: a key that came by invite is replaced by its record as soon as somebody has that") {
    Member m;
    NetworkKeyring by_invite(m.fleet.key.public_key());
    by_invite.begin_with(network_key(1));
    m.disk.files[FleetItem::network_keys] = by_invite.saved();
    m.open();
    const Peer teller = m.let_in(Device(2));
    CHECK(std::get<NetworkKeys>(m.ask(teller, NetworkKeysQuery{})).records.empty());
    m.ask(teller, Hello{1, 0, 1, false, std::nullopt});
    const auto asked = m.peers.take<NetworkKeysQuery>();
    REQUIRE_EQ(asked.size(), 1);
    NetworkKeys keys;
    keys.records.push_back(sign_network_key(network_key(1), m.fleet.key));
    m.answer(asked.front(), std::move(keys));
    CHECK_EQ(std::get<NetworkKeys>(m.ask(teller, NetworkKeysQuery{})).records.size(), 1);
    CHECK(m.peers.begins_with == network_key(1).key);
}

TEST_CASE("fleet_member: time puts out peers and itself within a round; the floor is saved at most hourly") {
    Member m(30 * kDay);
    Certificate content = m.fleet.admit(Device(2)).content;
    content.lifetime = 10 * kDay;
    const Peer peer = m.let_in(issue(content, m.fleet.key), Device(2));
    m.pass(minutes(5));
    CHECK(m.peers.expelled.empty());
    m.wall = kIssued + 10 * kDay + FleetTime::kSkew;
    m.pass(minutes(1));
    CHECK_EQ(m.peers.expelled, std::vector<Id>{peer.id});
    CHECK(m.member->is_in());
    m.wall = kIssued + 30 * kDay + FleetTime::kSkew;
    m.pass(minutes(1));
    CHECK_FALSE(m.member->is_in());
    CHECK_EQ(m.member->status().standing, Standing::expired);
    const int before = m.disk.saves[FleetItem::time_floor];
    m.pass(hours(5));
    CHECK(m.disk.saves[FleetItem::time_floor] - before <= 6);
}

TEST_CASE("fleet_member: a device has one voice, whichever of its positions it shows, and none when it is out") {
    Member m;
    m.synchronised = false;  // from now on its clock is one voice among the others
    const Device liar(2);
    const SignedCertificate shown = m.fleet.admit(liar);
    const Seconds wrong = m.wall + 300 * kDay;
    const auto eight_times = [&] {
        for (std::uint8_t position = 0; position < shown.content.positions; ++position) {
            const auto id = m.credentials().judge(shown_form(shown, position), liar.static_key.public_key());
            REQUIRE(id.has_value());
            m.ask(Peer{*id, {}}, Hello{1, wrong, 1, false, std::nullopt});
        }
    };
    eight_times();
    m.pass(minutes(2));
    CHECK(m.member->status().time < m.wall + kDay);

    // With a second one the liars are more than this node; with one of them out they are not.
    const Peer helper = m.let_in(Device(3));
    m.ask(helper, Hello{1, wrong, 1, false, std::nullopt});
    REQUIRE(*m.member->offer_list(m.next_list({Device(3).key.public_key()})));
    m.pass(minutes(2));
    CHECK(m.member->status().time < m.wall + kDay);
    CHECK(m.member->is_in());

    const Peer other = m.let_in(Device(4));
    eight_times();
    m.ask(other, Hello{1, wrong, 1, false, std::nullopt});
    m.pass(minutes(2));
    CHECK(m.member->status().time >= wrong);  // two devices of three are believed: no clock here contradicts
}

TEST_CASE("fleet_member: a synchronised clock is not talked into another time, and nobody is expelled for it") {
    Member m;
    std::vector<Peer> liars;
    for (std::uint64_t i = 2; i < 12; ++i) liars.push_back(m.let_in(Device(i)));
    for (int i = 0; i < 12; ++i) {
        for (const Peer& liar : liars) m.ask(liar, Hello{1, m.wall + 900 * kDay, 1, false, std::nullopt});
        m.pass(minutes(10));
    }
    CHECK_EQ(m.member->status().expelled, 0);
    CHECK(m.member->is_in());
    CHECK(m.member->status().time < m.wall + kDay);
    Reader saved(m.disk.files[FleetItem::time_floor]);
    CHECK(read_seconds(saved) < m.wall + kDay);
}

TEST_CASE("fleet_member: new neighbours are greeted once, and not faster than every few seconds") {
    Member m;
    m.pass(minutes(1));
    m.peers.asked.clear();
    for (std::uint64_t i = 0; i < 5; ++i) m.peers.near.push_back(m.let_in(Device(40 + i)));
    const Time begin = m.now;
    m.member->on_contacts_changed();
    m.at(m.now);
    CHECK_EQ(m.peers.take<Hello>().size(), 5);
    m.peers.near.push_back(m.let_in(Device(50)));
    m.member->on_contacts_changed();
    m.at(m.now);
    CHECK(m.peers.take<Hello>().empty());
    m.at(begin + FleetMember::kGreetPause);
    const auto greeted = m.peers.take<Hello>();
    REQUIRE_EQ(greeted.size(), 1);
    CHECK_EQ(greeted.front().to, m.peers.near.back());
}

TEST_CASE("fleet_member: who is remembered and not met is greeted when a list comes") {
    Member m;
    const Peer met = m.let_in(Device(2));
    const Peer unmet{Id{{77}}, {}};
    m.peers.remembered = {met, unmet};
    REQUIRE(*m.member->offer_list(m.next_list({Device(9).key.public_key()})));
    const auto greeted = m.peers.take<Hello>();
    REQUIRE_EQ(greeted.size(), 1);
    CHECK_EQ(greeted.front().to, unmet);
}

TEST_CASE("fleet_member: certificates on demand leave half of the room, and a full table shuns nobody") {
    Member m;
    const Peer peer = m.let_in(Device(2));
    std::size_t refused = 0;
    m.peers.asked.clear();
    for (std::size_t i = 0; i < FleetMember::kCallsMax; ++i) {
        m.member->ask_certificate(peer, [&](const Result<SignedCertificate>&) { ++refused; });
    }
    CHECK_EQ(refused, FleetMember::kCallsMax / 2);
    CHECK_EQ(m.peers.take<CertificateQuery>().size(), FleetMember::kCallsMax / 2);

    // What is left fills up with greetings; then there is no room to ask for a list.
    for (std::uint64_t i = 0; i < FleetMember::kCallsMax; ++i) m.peers.near.push_back(Peer{Id{{1000 + i}}, {}});
    REQUIRE(*m.member->offer_list(m.next_list({})));
    const auto greeted = m.peers.take<Hello>();
    REQUIRE_GE(greeted.size(), FleetMember::kCallsMax / 2 - 1);
    const auto list = m.next_list({Device(9).key.public_key()});
    m.ask(peer, Hello{3, 0, 1, false, std::nullopt});
    CHECK(m.peers.take<ListQuery>().empty());
    CHECK(m.member->next_deadline() > m.now);
    m.member->on_failure(greeted.front().id, Error::timeout);
    m.serve_list(list, 3);
    CHECK_EQ(m.member->status().list_number, 3);
}

TEST_CASE("fleet_member: a list dated ahead of a known time is not kept, saved or spread; within a day it is") {
    Member m;
    const Peer teller = m.let_in(Device(2));
    m.peers.near = {teller};
    REQUIRE(m.member->status().time_known);
    const Bytes before = m.disk.files[FleetItem::list];
    const Seconds floor = m.member->status().time;
    m.peers.asked.clear();

    m.fleet.list.issued = m.wall + 400 * kDay;
    const Bytes ahead = m.next_list({Device(9).key.public_key()});
    CHECK_EQ(m.member->offer_list(ahead).error(), Error::condition_failed);
    m.ask(teller, Hello{2, 0, 1, false, std::nullopt});
    m.serve_list(ahead, 2);
    CHECK_EQ(m.member->status().fetches_failed, 1);
    CHECK_EQ(m.member->status().list_number, 1);
    CHECK_EQ(m.member->status().time, floor);
    CHECK(m.peers.take<Hello>().empty());
    CHECK(m.disk.files[FleetItem::list] == before);

    m.fleet.list.issued = m.wall + kDay / 2;
    --m.fleet.list.number;
    CHECK(*m.member->offer_list(m.next_list({})));
    CHECK_EQ(m.member->status().list_number, 2);
}

TEST_CASE("fleet_member: a peer's certificate on demand, with every end of the call") {
    Member m;
    const Peer peer = m.let_in(Device(2));
    std::vector<Result<SignedCertificate>> got;
    const auto done = [&](Result<SignedCertificate> certificate) { got.push_back(std::move(certificate)); };
    m.member->ask_certificate(peer, done);
    m.answer(m.peers.take<CertificateQuery>().front(), Granted{encode(m.fleet.admit(Device(2)))});
    m.member->ask_certificate(peer, done);
    m.member->on_failure(m.peers.take<CertificateQuery>().front().id, Error::timeout);
    m.member->ask_certificate(peer, done);
    m.answer(m.peers.take<CertificateQuery>().front(), Hello{});
    for (std::size_t i = 0; i <= FleetMember::kCallsMax; ++i) m.member->ask_certificate(peer, done);
    REQUIRE(got.size() >= 4);
    CHECK(*got[0] == m.fleet.admit(Device(2)));
    CHECK_EQ(got[1].error(), Error::timeout);
    CHECK_EQ(got[2].error(), Error::bad_message);
    CHECK_EQ(got[3].error(), Error::overloaded);
}

}  // namespace
}  // namespace chord::net::admission
