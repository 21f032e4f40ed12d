// CHORD.GET and CHORD.PUT, reply by reply.
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
