// CHORD.GET, CHORD.PUT and CHORD.CONFLICTS, reply by reply.
#include "tests/support/api_client.hpp"

#include <doctest/doctest.h>

using namespace chord;
using chord::testing::ApiClient;

TEST_CASE("CHORD.PUT tells version and copies, CHORD.GET the record") {
    ApiClient api;
    CHECK(api.ask("CHORD.PUT k v EX 10") ==
          "*8\r\n$7\r\nversion\r\n$33\r\n0000000000000001.0000000000000007\r\n$7\r\nexisted\r\n:0\r\n$6\r\ncopies\r\n:"
          "2\r\n"
          "$7\r\nholders\r\n:3\r\n");
    CHECK(
        api.ask("CHORD.GET k") ==
        "*8\r\n$5\r\nvalue\r\n$1\r\nv\r\n$7\r\nversion\r\n$33\r\n0000000000000001.0000000000000007\r\n$6\r\nttl_ms\r\n"
        ":10000\r\n$10\r\nwriter_uid\r\n:1000\r\n");
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
        "%4\r\n$5\r\nvalue\r\n$1\r\nw\r\n$7\r\nversion\r\n$33\r\n0000000000000002.0000000000000007\r\n$6\r\nttl_ms\r\n"
        "_\r\n$10\r\nwriter_uid\r\n:1000\r\n");
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
