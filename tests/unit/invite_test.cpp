// Invites: token, shown form and string; who may use them, and for what.
#include "net/admission/invite.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using testing::Device;
using testing::Fleet;
using testing::kDay;
using testing::kIssued;

constexpr Time kNow{};

InviteToken token_of(const Fleet& fleet, const InviteTerms& terms, const SigningKey& issuer) {
    return make_token(fleet.network, testing::invite_secret(), terms, issuer);
}

struct Judge {
    explicit Judge(Seconds seconds = kIssued + kDay) : time(seconds, kNow) {}
    Standing of(const InviteToken& token) const {
        const VerifyKey key = fleet.key.public_key();
        return standing_of(token, {key, fleet.list, time, kNow});
    }
    Fleet fleet;
    FleetTime time;
};

TEST_CASE("invite: the token's bytes are those of the table") {
    const Fleet fleet;
    InviteTerms terms = fleet.invite_terms();
    terms.counter = {1, 2, 3, 4, 5, 6, 7, 8};
    const InviteToken token = token_of(fleet, terms, fleet.key);
    const auto raw = encode(token);
    REQUIRE_EQ(raw.size(), 81 + 5 + 64);
    CHECK_EQ(raw[0], 1);
    CHECK(std::equal(fleet.network.begin(), fleet.network.end(), raw.begin() + 1));
    const VerifyKey key = invite_key(testing::invite_secret()).public_key();
    CHECK(std::equal(key.begin(), key.end(), raw.begin() + 17));
    CHECK_EQ(std::vector<std::uint8_t>(raw.begin() + 49, raw.begin() + 73),
             std::vector<std::uint8_t>{1, 2,    3,    4, 0, 0x6a, 0xb3, 0xde, 0x80, 0, 2, 0,
                                       0, 0x27, 0x8d, 0, 1, 2,    3,    4,    5,    6, 7, 8});
    CHECK_EQ(std::string(raw.begin() + 81, raw.begin() + 86), "\4barn");
    CHECK_EQ(*parse_token(raw), token);
}

TEST_CASE("invite: whatever token is parsed is encoded as the same bytes, and no change of it is admitted") {
    const Judge judge;
    const auto raw = encode(token_of(judge.fleet, judge.fleet.invite_terms(), judge.fleet.key));
    REQUIRE_EQ(judge.of(*parse_token(raw)), Standing::admitted);
    for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
        const auto changed = testing::flipped(raw, bit);
        const Result<InviteToken> parsed = parse_token(changed);
        if (!parsed) continue;
        CAPTURE(bit);
        CHECK_EQ(encode(*parsed), changed);
        CHECK_NE(judge.of(*parsed), Standing::admitted);
    }
    for (std::size_t size = 0; size < raw.size(); ++size) CHECK_FALSE(parse_token(View(raw).first(size)));
}

TEST_CASE("invite: terms that make no sense are not well-formed") {
    const InviteTerms good = Fleet().invite_terms();
    REQUIRE(is_well_formed(good));
    std::vector<InviteTerms> bad(6, good);
    bad[0].number = 0;
    bad[1].uses = 0;
    bad[2].uses = kInviteUsesMax + 1;
    bad[3].lifetime = 0;
    bad[4].not_after = kSecondsMax + 1;
    bad[5].tag = "A";
    for (const InviteTerms& each : bad) CHECK_FALSE(is_well_formed(each));
}

TEST_CASE("invite: what is shown fits a handshake, and counts for the static key that it was made for") {
    const Fleet fleet;
    InviteTerms terms = fleet.invite_terms();
    terms.tag = std::string(kTagBytesMax, 't');
    const InviteToken token = token_of(fleet, terms, fleet.key);
    const noise::PublicKey own = Device(2).static_key.public_key();
    const auto shown = shown_form(token, testing::invite_secret(), own);
    CHECK_LE(shown.size(), kCredentialBytesMax);
    CHECK_EQ(shown.size(), 222);
    CHECK_EQ(*parse_shown_invite(shown, own), token);
    CHECK_FALSE(parse_shown_invite(shown, Device(3).static_key.public_key()));
    CHECK_FALSE(parse_shown_invite(shown_form(token, testing::invite_secret(4), own), own));
    for (std::size_t bit = 0; bit < shown.size() * 8; ++bit) {
        CHECK_FALSE(parse_shown_invite(testing::flipped(shown, bit), own));
    }
    for (std::size_t size = 0; size < shown.size(); ++size) {
        CHECK_FALSE(parse_shown_invite(View(shown).first(size), own));
    }
}

TEST_CASE("invite: it expires, can be revoked, and is of one fleet") {
    const InviteTerms terms = Fleet().invite_terms();
    const auto token = [&](const Fleet& fleet) { return token_of(fleet, terms, fleet.key); };
    CHECK_EQ(Judge().of(token(Fleet())), Standing::admitted);
    CHECK_EQ(Judge(terms.not_after + 599).of(token(Fleet())), Standing::admitted);
    CHECK_EQ(Judge(terms.not_after + 600).of(token(Fleet())), Standing::expired);
    CHECK_EQ(Judge().of(token(Fleet(2))), Standing::other_fleet);
    Judge judge;
    REQUIRE(judge.fleet.list.revoke(Revocation::of_invite(terms.number, Reason::unsaid, kIssued)));
    CHECK_EQ(judge.of(token(judge.fleet)), Standing::revoked);
}

TEST_CASE("invite: an inviter's is worth as much as its delegation") {
    Judge judge;
    const Device inviter(20);
    const InviteTerms terms = judge.fleet.invite_terms();
    const auto standing = [&](const InviteTerms& each) { return judge.of(token_of(judge.fleet, each, inviter.key)); };
    CHECK_EQ(standing(terms), Standing::unknown_issuer);
    Delegation delegation = judge.fleet.delegation(inviter);
    delegation.tag = "barn";
    REQUIRE(judge.fleet.list.delegate(delegation));
    CHECK_EQ(standing(terms), Standing::admitted);
    std::vector<InviteTerms> beyond(4, terms);
    beyond[0].roles = 1;
    beyond[1].lifetime = delegation.lifetime_max + 1;
    beyond[2].not_after = delegation.until + 1;
    beyond[3].tag = "gate";
    for (const InviteTerms& each : beyond) CHECK_EQ(standing(each), Standing::beyond_delegation);
    InviteToken forged = token_of(judge.fleet, terms, inviter.key);
    forged.terms.uses = 1000;
    CHECK_EQ(judge.of(forged), Standing::forged);
}

TEST_CASE("invite: the string brings everything along") {
    const Fleet fleet;
    const Invite sent = testing::invite(fleet, fleet.invite_terms());
    const std::string text = invite_text(sent);
    CHECK(text.starts_with("chord1:farm:"));
    const Result<Invite> got = read_invite(text);
    REQUIRE(got);
    CHECK_EQ(got->fleet_name, "farm");
    CHECK_EQ(got->fleet_key, sent.fleet_key);
    CHECK(got->secret == sent.secret);
    CHECK_EQ(got->network_key.number, 4);
    CHECK(got->network_key.key == sent.network_key.key);
    CHECK_EQ(got->token, sent.token);
    CHECK_EQ(got->bootstrap, sent.bootstrap);
}

TEST_CASE("invite: a string that mail broke into lines, or that was typed in capitals, is the same") {
    const Fleet fleet;
    const std::string text = invite_text(testing::invite(fleet, fleet.invite_terms()));
    std::string broken = "  " + text.substr(0, 60) + "\r\n" + text.substr(60, 70) + "\n" + text.substr(130) + "\n";
    CHECK_EQ(read_invite(broken)->token, read_invite(text)->token);
    for (std::size_t at = 12; at < broken.size(); ++at) {
        if (broken[at] >= 'a' && broken[at] <= 'z') broken[at] = static_cast<char>(broken[at] - 'a' + 'A');
    }
    CHECK(read_invite(text.substr(0, 12) + broken.substr(14)));
}

TEST_CASE("invite: one wrong or missing letter anywhere is noticed, and the fleet's name counts") {
    const Fleet fleet;
    const std::string text = invite_text(testing::invite(fleet, fleet.invite_terms()));
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string wrong = text;
        wrong[at] = wrong[at] == 'x' ? 'y' : 'x';
        CAPTURE(at);
        CHECK_FALSE(read_invite(wrong));
        CHECK_FALSE(read_invite(text.substr(0, at)));
        CHECK_FALSE(read_invite(text.substr(0, at) + text.substr(at + 1)));
    }
    CHECK_FALSE(read_invite("chord1:yard:" + text.substr(12)));
    CHECK_FALSE(read_invite(text + "0"));
    CHECK_FALSE(read_invite(""));
}

TEST_CASE("invite: the longest string keeps its bound, and fits a QR code of version 15") {
    const Fleet fleet;
    InviteTerms terms = fleet.invite_terms();
    terms.tag = std::string(kTagBytesMax, 't');
    Invite longest = testing::invite(fleet, terms);
    longest.fleet_name = std::string(kNameBytesMax, 'f');
    longest.bootstrap.assign(kBootstrapMax, longest.bootstrap[1]);
    const std::string text = invite_text(longest);
    CHECK_LE(text.size(), kInviteTextBytesMax);
    CHECK_LE(text.size(), 520);
    CHECK(read_invite(text));
}

}  // namespace
}  // namespace chord::net::admission
