// CHORD.FLEET, CERTS, JOIN, REQUEST, INVITE, FLEETLIST, FLEETKEY, RENEW against a fake fleet; and what a device that is
// not admitted answers to everything else.
#include "net/admission/armor.hpp"
#include "node/api/absent_client.hpp"
#include "node/api/command_table.hpp"
#include "node/api/fleet_text.hpp"
#include "node/api/resp_parser.hpp"
#include "node/api/resp_reply.hpp"
#include "tests/support/api_client.hpp"
#include "tests/support/fake_fleet.hpp"

#include <doctest/doctest.h>

using namespace chord;
using api::FleetFault;
using api::FleetPhase;
using api::Reply;
using chord::testing::ApiClient;
using chord::testing::Device;
using chord::testing::FakeFleet;
using chord::testing::Fleet;
using chord::testing::kIssued;
using chord::testing::kYear;

namespace {

Reply parsed(const std::string& bytes) {
    api::ReplyParser parser;
    parser.feed(bytes);
    auto reply = parser.next();
    REQUIRE(reply.has_value());
    REQUIRE(reply->has_value());
    return **reply;
}

/// A member of a fleet, asked in RESP3.
struct Member {
    Member() : certificate(fleet.admit(device)) {
        api.context.fleet = &port;
        port.shown.phase = FleetPhase::member;
        port.shown.name = "farm";
        port.shown.fleet_key = fleet.key.public_key();
        port.shown.list_number = 12;
        port.shown.list_issued = kIssued;
        port.shown.revocations = 3;
        port.shown.delegations = 1;
        port.shown.network_keys = {5, 4};
        port.shown.time = kIssued + 100;
        port.shown.time_known = true;
        port.shown.certificate = certificate;
        port.shown.position = 2;
        api.ask("HELLO 3");
    }

    Reply ask(std::string_view line) { return parsed(api.ask(line)); }

    Fleet fleet;
    Device device{20};
    net::admission::SignedCertificate certificate;
    FakeFleet port;
    ApiClient api{true};
};

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

std::string text_of(const Reply& reply, std::string_view name) {
    const Reply* found = reply.find(name);
    REQUIRE(found != nullptr);
    return found->text;
}

std::int64_t number_of(const Reply& reply, std::string_view name) {
    const Reply* found = reply.find(name);
    REQUIRE(found != nullptr);
    return found->integer;
}

std::string bytes_of(const net::admission::SignedCertificate& certificate) {
    const auto bytes = encode(certificate);
    return {bytes.begin(), bytes.end()};
}

const std::vector<std::string> kFleetCommands{"CHORD.FLEET",         "CHORD.CERTS",           "CHORD.CERTS ALL",
                                              "CHORD.JOIN x",        "CHORD.REQUEST",         "CHORD.INVITE",
                                              "CHORD.FLEETLIST GET", "CHORD.FLEETLIST SET x", "CHORD.FLEETKEY SET x",
                                              "CHORD.RENEW",         "CHORD.ADMIT x"};

}  // namespace

TEST_CASE("without a fleet each fleet command answers one error") {
    ApiClient api(true);
    for (const std::string& command : kFleetCommands) {
        CAPTURE(command);
        CHECK(api.ask(command).substr(0, 9) == "-NOFLEET ");
    }
    CHECK(api.ask("CHORD.STATUS").find("-") != 0);
}

TEST_CASE("what changes a device's fleet is for administrators") {
    ApiClient api(false);
    FakeFleet port;
    api.context.fleet = &port;
    for (const char* command : {"CHORD.JOIN x", "CHORD.REQUEST", "CHORD.INVITE", "CHORD.FLEETLIST GET",
                                "CHORD.FLEETLIST SET x", "CHORD.FLEETKEY SET x", "CHORD.RENEW", "CHORD.ADMIT x"}) {
        CAPTURE(command);
        CHECK(api.ask(command).substr(0, 8) == "-NOPERM ");
    }
    CHECK(port.given.empty());
    CHECK(api.ask("CHORD.FLEET").substr(0, 1) == "*");
    CHECK(api.ask("CHORD.CERTS") == "*0\r\n");
}

TEST_CASE("CHORD.FLEET tells fleet, list, keys, time and the own certificate") {
    Member member;
    const Reply reply = member.ask("CHORD.FLEET");
    CHECK(text_of(reply, "mode") == "ready");
    CHECK(text_of(reply, "name") == "farm");
    CHECK(text_of(reply, "fleet_key") == api::hex(member.fleet.key.public_key()));
    CHECK(text_of(reply, "fingerprint") == net::admission::fingerprint(member.fleet.key.public_key()));
    CHECK(text_of(reply, "network_id") == api::hex(member.fleet.network));
    CHECK(number_of(reply, "list_number") == 12);
    CHECK(number_of(reply, "list_issued") == static_cast<std::int64_t>(kIssued));
    CHECK(number_of(reply, "revocations") == 3);
    CHECK(number_of(reply, "delegations") == 1);
    CHECK(number_of(reply, "time") == static_cast<std::int64_t>(kIssued + 100));
    REQUIRE(reply.find("network_keys")->items.size() == 2);
    CHECK(reply.find("network_keys")->items[0].integer == 5);
    const Reply& own = *reply.find("certificate");
    CHECK(text_of(own, "id") == member.certificate.content.position(2).hex());
    CHECK(text_of(own, "standing") == "admitted");
    CHECK(text_of(own, "name") == "pump-1");
    CHECK(text_of(own, "tag") == "barn");
    CHECK(number_of(own, "not_after") == static_cast<std::int64_t>(kIssued + kYear));
    CHECK(text_of(own, "certificate") == bytes_of(member.certificate));

    member.port.shown = {};
    const Reply nothing = member.ask("CHORD.FLEET");
    CHECK(text_of(nothing, "mode") == "unadmitted");
    CHECK(nothing.find("fleet_key")->is(Reply::Kind::null));
    CHECK(nothing.find("certificate")->is(Reply::Kind::null));
    CHECK(nothing.find("time")->is(Reply::Kind::null));
}

TEST_CASE("CHORD.CERTS lists devices, and those that did not answer") {
    Member member;
    api::FleetDevice own{member.certificate.content.position(0), member.certificate, net::admission::Standing::expired,
                         true};
    api::FleetDevice silent{member.certificate.content.position(1), std::nullopt, net::admission::Standing::admitted,
                            false};
    member.port.devices = std::vector<api::FleetDevice>{own, silent};
    const Reply reply = member.ask("CHORD.CERTS");
    CHECK(member.port.asked_all == false);
    REQUIRE(reply.items.size() == 2);
    CHECK(text_of(reply.items[0], "standing") == "expired");
    CHECK(number_of(reply.items[0], "self") == 1);
    CHECK(number_of(reply.items[0], "use") == 5);
    CHECK(text_of(reply.items[0], "certificate") == bytes_of(member.certificate));
    CHECK(text_of(reply.items[1], "id") == silent.id.hex());
    CHECK(reply.items[1].find("standing")->is(Reply::Kind::null));
    CHECK(reply.items[1].find("name") == nullptr);

    member.ask("CHORD.CERTS all");
    CHECK(member.port.asked_all == true);
    CHECK(member.ask("CHORD.CERTS FOO").text == "ERR syntax error");
    member.port.devices = FleetFault{FleetFault::Kind::timeout, "nobody answered"};
    CHECK(member.ask("CHORD.CERTS").text == "TIMEOUT nobody answered");
}

TEST_CASE("CHORD.JOIN answers when it is done, and other commands go on meanwhile") {
    Member member;
    member.port.shown.phase = FleetPhase::unadmitted;
    member.port.hold = true;
    CHECK(member.api.ask("CHORD.JOIN chord1:farm:secret").empty());
    CHECK(member.port.given == "chord1:farm:secret");
    CHECK(member.api.session.wants_input());
    CHECK(member.api.ask("PING").empty());  // replies keep their order
    member.port.held(api::FleetAdmission{"farm", member.fleet.key.public_key(), member.certificate});
    CHECK(member.api.wakes == 1);
    const std::string output = member.api.session.take_output();
    const Reply reply = parsed(output);
    CHECK(text_of(reply, "result") == "admitted");
    CHECK(text_of(reply, "fleet") == "farm");
    CHECK(text_of(reply, "name") == "pump-1");
    CHECK(text_of(reply, "fingerprint") == net::admission::fingerprint(member.fleet.key.public_key()));
    CHECK(output.substr(output.size() - 7) == "+PONG\r\n");

    member.port.hold = false;
    member.port.admission = FleetFault{FleetFault::Kind::bad_input, "this is no invite"};
    CHECK(member.ask("CHORD.JOIN x").text == "BADINPUT this is no invite");
    member.port.admission = api::FleetAdmission{"farm", member.fleet.key.public_key(), member.certificate};
    CHECK(text_of(member.ask("CHORD.RENEW"), "result") == "renewed");
}

TEST_CASE("each kind of fault has its word") {
    using Kind = FleetFault::Kind;
    const std::vector<std::pair<Kind, std::string>> words{{Kind::bad_input, "BADINPUT"},
                                                          {Kind::refused, "REFUSED"},
                                                          {Kind::not_delegated, "NOPERM"},
                                                          {Kind::timeout, "TIMEOUT"},
                                                          {Kind::not_admitted, "NOTADMITTED"},
                                                          {Kind::try_again, "TRYAGAIN"},
                                                          {Kind::no_room, "FULL"},
                                                          {Kind::failed, "ERR"}};
    Member member;
    for (const auto& [kind, word] : words) {
        const FleetFault fault{kind, "why"};
        member.port.admission = fault;
        member.port.number = fault;
        member.port.invite_text = fault;
        member.port.request_text = fault;
        for (const char* command : {"CHORD.JOIN x", "CHORD.RENEW", "CHORD.FLEETLIST SET x", "CHORD.FLEETKEY SET x",
                                    "CHORD.INVITE", "CHORD.REQUEST"}) {
            CAPTURE(command);
            CHECK(member.ask(command).text == word + " why");
        }
    }
}

TEST_CASE("CHORD.REQUEST and CHORD.INVITE hand their options over") {
    Member member;
    CHECK(member.ask("CHORD.REQUEST").text == "request");
    CHECK(member.port.given == "/");
    member.ask("CHORD.REQUEST TAG barn name gate-9");
    CHECK(member.port.given == "gate-9/barn");
    for (const char* wrong : {"CHORD.REQUEST NAME", "CHORD.REQUEST NAME Gate", "CHORD.REQUEST TAG with_a_tag_too_long",
                              "CHORD.REQUEST FOO x", "CHORD.INVITE TAG B", "CHORD.INVITE EX", "CHORD.INVITE FOO 1"}) {
        CAPTURE(wrong);
        CHECK(member.ask(wrong).text == "ERR syntax error");
    }

    CHECK(member.ask("CHORD.INVITE").text == "chord1:farm:abc");
    CHECK(member.port.wish.seconds == 2 * 86400);
    CHECK(member.port.wish.uses == 1);
    CHECK(member.port.wish.lifetime == 0);
    member.ask("CHORD.INVITE EX 3600 USES 5 TAG barn LIFETIME 86400");
    CHECK(member.port.wish.seconds == 3600);
    CHECK(member.port.wish.uses == 5);
    CHECK(member.port.wish.tag == "barn");
    CHECK(member.port.wish.lifetime == 86400);
    for (const char* wrong :
         {"CHORD.INVITE USES 0", "CHORD.INVITE USES 1001", "CHORD.INVITE EX x", "CHORD.INVITE EX -1",
          "CHORD.INVITE LIFETIME 4294967296", "CHORD.INVITE EX 99999999999"}) {
        CAPTURE(wrong);
        CHECK(member.ask(wrong).text == "ERR value is not an integer or out of range");
    }
}

TEST_CASE("CHORD.ADMIT hands request and wishes over") {
    Member member;
    CHECK(parsed(member.api.call({"CHORD.ADMIT", "re\nquest"})).text == "file");
    CHECK(member.port.given == "re\nquest");
    CHECK(member.port.admit_wish.name.empty());
    CHECK(member.port.admit_wish.lifetime == 0);
    member.ask("CHORD.ADMIT r LIFETIME 86400 NAME gate-9 tag gate");
    CHECK(member.port.admit_wish.name == "gate-9");
    CHECK(member.port.admit_wish.tag == "gate");
    CHECK(member.port.admit_wish.lifetime == 86400);
    for (const char* wrong :
         {"CHORD.ADMIT r NAME", "CHORD.ADMIT r NAME Gate", "CHORD.ADMIT r TAG B", "CHORD.ADMIT r FOO x"}) {
        CAPTURE(wrong);
        CHECK(member.ask(wrong).text == "ERR syntax error");
    }
    CHECK(member.ask("CHORD.ADMIT r LIFETIME 0").text == "ERR value is not an integer or out of range");
    member.port.admitted_file = FleetFault{FleetFault::Kind::bad_input, "no request"};
    CHECK(member.ask("CHORD.ADMIT r").text == "BADINPUT no request");
}

TEST_CASE("CHORD.FLEETLIST and CHORD.FLEETKEY carry bytes as they are") {
    Member member;
    CHECK(member.ask("CHORD.FLEETLIST GET").is(Reply::Kind::null));
    const auto list = member.fleet.signed_list();
    member.port.list_bytes.assign(list.begin(), list.end());
    CHECK(member.ask("CHORD.FLEETLIST GET").text == member.port.list_bytes);
    CHECK(member.api.call({"CHORD.FLEETLIST", "SET", BytesView(member.port.list_bytes)}) == ":7\r\n");
    CHECK(member.port.given == member.port.list_bytes);
    const std::string record("\0\r\n\xff", 4);
    CHECK(member.api.call({"chord.fleetkey", "set", record}) == ":7\r\n");
    CHECK(member.port.given == record);

    CHECK(contains(member.ask("CHORD.FLEETLIST GET x").text, "wrong number of arguments for 'chord.fleetlist|get'"));
    CHECK(contains(member.ask("CHORD.FLEETKEY SET").text, "wrong number of arguments for 'chord.fleetkey|set'"));
    CHECK(contains(member.ask("CHORD.FLEETKEY GET").text, "unknown subcommand"));
    CHECK(contains(member.ask("CHORD.FLEETLIST FOO").text, "unknown subcommand"));
}

TEST_CASE("a device that is not admitted says so to every command that needs the ring, and to no other") {
    Member member;
    for (const FleetPhase phase : {FleetPhase::unadmitted, FleetPhase::enrolling, FleetPhase::shut_out}) {
        member.port.shown.phase = phase;
        member.port.shown.standing = net::admission::Standing::revoked;
        for (const char* command : {"GET k", "SET k v", "MGET a b", "DEL k", "TTL k", "CHORD.GET k", "CHORD.PUT k v",
                                    "CHORD.RING", "CHORD.LOOKUP k", "CHORD.TRACE k", "CHORD.LEAVE"}) {
            CAPTURE(command);
            CHECK(member.ask(command).text.substr(0, 12) == "NOTADMITTED ");
        }
        for (const char* command : {"PING", "CHORD.STATUS", "INFO", "CHORD.FLEET", "COMMAND COUNT", "CHORD.FINGERS"}) {
            CAPTURE(command);
            CHECK_FALSE(member.ask(command).is(Reply::Kind::error));
        }
    }
    CHECK(contains(member.ask("GET k").text, "its certificate is revoked"));
    CHECK(member.api.client.writes.empty());
    member.port.shown.phase = FleetPhase::member;
    CHECK(member.ask("GET k").is(Reply::Kind::null));
}

TEST_CASE("CHORD.STATUS tells the fleet's phase as the state, and what to do") {
    Member member;
    member.api.client.shown.phase = Phase::member;
    const Reply ready = member.ask("CHORD.STATUS");
    CHECK(text_of(ready, "state") == "ready");
    const Reply& fleet = *ready.find("fleet");
    CHECK(text_of(fleet, "name") == "farm");
    CHECK(text_of(fleet, "certificate_name") == "pump-1");
    CHECK(number_of(fleet, "expires_s") == static_cast<std::int64_t>(kYear - 100));
    CHECK(ready.find("notes")->items.empty());

    member.port.shown.time_known = false;
    member.port.shown.phase = FleetPhase::shut_out;
    member.port.shown.standing = net::admission::Standing::expired;
    member.port.shown.enrolment = "asked pump-1 for a renewal";
    const Reply out = member.ask("CHORD.STATUS");
    CHECK(text_of(out, "state") == "shut_out");
    CHECK(out.find("fleet")->find("expires_s")->is(Reply::Kind::null));
    REQUIRE(out.find("notes")->items.size() == 2);
    CHECK(contains(out.find("notes")->items[0].text, "its certificate is expired"));
    CHECK(out.find("notes")->items[1].text == "asked pump-1 for a renewal");

    member.port.shown = {};
    const Reply nothing = member.ask("CHORD.STATUS");
    CHECK(text_of(nothing, "state") == "unadmitted");
    CHECK(contains(nothing.find("notes")->items[0].text, "chordctl join"));
}

TEST_CASE("a secret argument is gone from the parser once it has run") {
    for (const bool in_line : {false, true}) {
        CAPTURE(in_line);
        api::RespParser parser;
        parser.feed(in_line ? std::string("CHORD.JOIN sesame\r\n") : ApiClient::array({"CHORD.JOIN", "sesame"}));
        REQUIRE(parser.parse() == api::RespParser::Outcome::command);
        REQUIRE(parser.arguments()[1] == "sesame");
        parser.wipe_arguments();
        CHECK(parser.arguments()[1] == std::string(6, '\0'));
        parser.consume();
        parser.feed("PING\r\n");
        CHECK(parser.parse() == api::RespParser::Outcome::command);
    }
    CHECK((api::find_command("chord.join")->flags & api::kSecret) != 0);
    CHECK((api::find_command("chord.fleetkey")->flags & api::kSecret) != 0);
}

TEST_CASE("a client without a node ends every operation") {
    NodeView view;
    view.self = chord::testing::test_peer(5);
    view.phase = Phase::member;
    api::AbsentClient absent(view);
    CHECK(absent.view().phase == Phase::gone);
    CHECK(absent.view().self == chord::testing::test_peer(5));
    int ended = 0;
    absent.get("k", [&](auto result) { ended += !result && result.error() == Error::not_member; });
    absent.write({}, [&](auto result) { ended += !result && result.error() == Error::not_member; });
    absent.lookup({}, [&](auto result) { ended += !result && result.error() == Error::not_member; });
    absent.leave([&](auto result) { ended += !result && result.error() == Error::not_member; });
    absent.walk(1, [&](auto result) { ended += !result && result.error() == Error::not_member; });
    CHECK(ended == 5);
}
