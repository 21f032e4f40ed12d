// CHORD.GET, CHORD.PUT and CHORD.CONFLICTS, reply by reply.
#include "tests/support/api_client.hpp"

#include <doctest/doctest.h>

using namespace chord;
using chord::testing::ApiClient;

// What FakeClient says of whom it asked.
const std::string kSaid =
    "$9\r\nserved_by\r\n$64\r\n" + Id{}.hex() + "\r\n$5\r\nagree\r\n:2\r\n$7\r\nanswers\r\n:3\r\n";

TEST_CASE("CHORD.PUT tells version and copies, CHORD.GET the record") {
    ApiClient api;
    CHECK(api.ask("CHORD.PUT k v EX 10") ==
          "*8\r\n$7\r\nversion\r\n$33\r\n0000000000000001.0000000000000007\r\n$7\r\nexisted\r\n:0\r\n$6\r\ncopies\r\n:"
          "2\r\n"
          "$7\r\nholders\r\n:3\r\n");
    CHECK(
        api.ask("CHORD.GET k") ==
        "*14\r\n$5\r\nvalue\r\n$1\r\nv\r\n$7\r\nversion\r\n$33\r\n0000000000000001.0000000000000007\r\n$6\r\nttl_ms\r\n"
        ":10000\r\n$10\r\nwriter_uid\r\n:1000\r\n" +
            kSaid);
    CHECK(api.ask("CHORD.PUT k v NX") == "$-1\r\n");
    CHECK(api.ask("CHORD.PUT k v NX XX") == "-ERR syntax error\r\n");
    CHECK(api.ask("CHORD.PUT k v EX 0") == "-ERR invalid expire time in 'chord.put' command\r\n");
    CHECK(api.ask("CHORD.GET nosuch") == "$-1\r\n");
    api.ask("HELLO 3");
    CHECK(api.ask("CHORD.PUT k w") ==
          "%4\r\n$7\r\nversion\r\n$33\r\n0000000000000002.0000000000000007\r\n$7\r\nexisted\r\n#t\r\n$6\r\ncopies\r\n:"
          "2\r\n"
          "$7\r\nholders\r\n:3\r\n");
    CHECK(
        api.ask("CHORD.GET k") ==
        "%7\r\n$5\r\nvalue\r\n$1\r\nw\r\n$7\r\nversion\r\n$33\r\n0000000000000002.0000000000000007\r\n$6\r\nttl_ms\r\n"
        "_\r\n$10\r\nwriter_uid\r\n:1000\r\n" +
            kSaid);
    api.client.failing["k"] = Error::io;
    CHECK(api.ask("CHORD.GET k") == "-ERR input/output error\r\n");
    CHECK(api.ask("CHORD.PUT k w") == "-ERR input/output error\r\n");
}

TEST_CASE("CHORD.CONFLICTS lists losers, of one key or of all") {
    ApiClient api;
    CHECK(api.ask("CHORD.CONFLICTS") == "*0\r\n");
    Conflict lost;
    lost.loser.key = "k";
    lost.loser.value = "v";
    lost.loser.version = {1, 7};
    lost.loser.writer_uid = 1000;
    lost.winner = {2, 8};
    api.client.lost.push_back(lost);
    lost.loser.key = "gone";
    lost.loser.value.clear();
    lost.loser.tombstone = true;
    api.client.lost.push_back(lost);
    const std::string first =
        "*12\r\n$3\r\nkey\r\n$1\r\nk\r\n$5\r\nvalue\r\n$1\r\nv\r\n$7\r\ndeleted\r\n:0\r\n$7\r\nversion\r\n$33\r\n"
        "0000000000000001.0000000000000007\r\n$6\r\nwinner\r\n$33\r\n0000000000000002.0000000000000008\r\n"
        "$10\r\nwriter_uid\r\n:1000\r\n";
    const std::string second =
        "*12\r\n$3\r\nkey\r\n$4\r\ngone\r\n$5\r\nvalue\r\n$-1\r\n$7\r\ndeleted\r\n:1\r\n$7\r\nversion\r\n$33\r\n"
        "0000000000000001.0000000000000007\r\n$6\r\nwinner\r\n$33\r\n0000000000000002.0000000000000008\r\n"
        "$10\r\nwriter_uid\r\n:1000\r\n";
    CHECK(api.ask("CHORD.CONFLICTS") == "*2\r\n" + first + second);
    CHECK(api.ask("CHORD.CONFLICTS gone") == "*1\r\n" + second);
    CHECK(api.ask("CHORD.CONFLICTS other") == "*0\r\n");
    CHECK(api.ask("CHORD.CONFLICTS a b") == "-ERR syntax error\r\n");
}

TEST_CASE("CHORD.PUT and CHORD.DEL heed a version") {
    ApiClient api;
    api.ask("CHORD.PUT k v");
    CHECK(api.ask("CHORD.PUT k w IFVER 0") == "$-1\r\n");
    CHECK(api.ask("CHORD.PUT k w IFVER 0000000000000002.0000000000000007") == "$-1\r\n");
    CHECK(api.ask("CHORD.PUT k w IFVER 0000000000000001.0000000000000007")[0] == '*');
    CHECK(api.ask("CHORD.DEL k IFVER 0000000000000001.0000000000000007") == "$-1\r\n");
    CHECK(api.ask("CHORD.DEL k IFEQ v") == "$-1\r\n");
    CHECK(api.client.records.contains("k"));
    CHECK(api.ask("CHORD.DEL k IFEQ w LEVEL all")[0] == '*');
    CHECK(api.client.writes.back().level == Level::all);
    CHECK_FALSE(api.client.records.contains("k"));
    CHECK(api.ask("CHORD.PUT k w IFVER 1") ==
          "-ERR a version is 16 hex digits, a dot, 16 hex digits; or 0 for none\r\n");
    for (const std::string bad :
         {"CHORD.DEL k NX", "CHORD.DEL k EX 5", "CHORD.DEL k w", "CHORD.DEL k IFEQ", "CHORD.PUT k v NX IFEQ w",
          "CHORD.PUT k v IFEQ w IFVER 0", "CHORD.PUT k v IFEQ w XX"}) {
        CAPTURE(bad);
        CHECK(api.ask(bad) == "-ERR syntax error\r\n");
    }
}

TEST_CASE("levels are those of the command, else those of the connection") {
    ApiClient api;
    CHECK(api.ask("CHORD.LEVEL") == "*4\r\n$4\r\nread\r\n$7\r\ndefault\r\n$5\r\nwrite\r\n$7\r\ndefault\r\n");
    CHECK(api.ask("CHORD.LEVEL QUORUM all") == "*4\r\n$4\r\nread\r\n$6\r\nquorum\r\n$5\r\nwrite\r\n$3\r\nall\r\n");
    api.ask("SET k v");
    CHECK(api.client.writes.back().level == Level::all);
    api.ask("SET k v LEVEL one");
    CHECK(api.client.writes.back().level == Level::one);
    api.ask("GET k");
    CHECK(api.client.reads.back().level == Level::quorum);
    api.ask("CHORD.GET k LEVEL one");
    CHECK(api.client.reads.back().level == Level::one);
    api.ask("RESET");
    api.ask("GET k");
    CHECK(api.client.reads.back().level == Level::standard);
    CHECK(api.ask("CHORD.LEVEL two one") == "-ERR a level is one, quorum, all or default\r\n");
    CHECK(api.ask("CHORD.GET k LEVEL two") == "-ERR a level is one, quorum, all or default\r\n");
    CHECK(api.ask("SET k v LEVEL two") == "-ERR a level is one, quorum, all or default\r\n");
    CHECK(api.ask("CHORD.GET k LEVEL") == "-ERR syntax error\r\n");
    CHECK(api.ask("CHORD.LEVEL one") == "-ERR wrong number of arguments for 'chord.level' command\r\n");
}

TEST_CASE("a connection reads nothing older than it has written or read, nor does one that takes its token") {
    ApiClient api;
    api.ask("SET k v");
    api.ask("GET k");
    CHECK(api.client.reads.back().at_least == Version{1, 7});
    api.ask("GET other");
    CHECK(api.client.reads.back().at_least == Version{});
    const std::string reply = api.ask("CHORD.SESSION");
    const std::string token = reply.substr(reply.find('\n') + 1, reply.rfind('\r') - reply.find('\n') - 1);
    api.ask("RESET");
    api.ask("GET other");
    CHECK(api.client.reads.back().at_least == Version{});
    CHECK(api.ask("CHORD.SESSION") == "$0\r\n\r\n");
    CHECK(api.ask("CHORD.SESSION " + token) == "+OK\r\n");
    api.ask("GET k");
    CHECK(api.client.reads.back().at_least == Version{1, 7});
    CHECK(api.ask("CHORD.SESSION x") == "-ERR not a session token\r\n");
}
