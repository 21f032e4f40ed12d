// PING, ECHO, HELLO, AUTH, SELECT, CLIENT, RESET, QUIT, reply by reply.
#include "tests/support/api_client.hpp"

#include <doctest/doctest.h>

using chord::testing::ApiClient;

TEST_CASE("PING and ECHO") {
    ApiClient api;
    CHECK(api.ask("PING") == "+PONG\r\n");
    CHECK(api.ask("ping hello") == "$5\r\nhello\r\n");
    CHECK(api.ask("PING a b") == "-ERR wrong number of arguments for 'ping' command\r\n");
    CHECK(api.call({"ECHO", std::string_view("\0\r\n", 3)}) == std::string("$3\r\n\0\r\n\r\n", 9));
    CHECK(api.ask("ECHO") == "-ERR wrong number of arguments for 'echo' command\r\n");
}

TEST_CASE("HELLO in both protocols") {
    ApiClient api;
    CHECK(
        api.ask("HELLO") ==
        "*14\r\n$6\r\nserver\r\n$6\r\nchordd\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:1\r\n"
        "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n");
    CHECK(
        api.ask("HELLO 3 AUTH default any SETNAME pump") ==
        "%7\r\n$6\r\nserver\r\n$6\r\nchordd\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:1\r\n"
        "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n");
    CHECK(api.ask("CLIENT GETNAME") == "$4\r\npump\r\n");
    CHECK(api.ask("GET nosuch") == "_\r\n");
    CHECK(api.ask("HELLO 2").substr(0, 3) == "*14");
    CHECK(api.ask("GET nosuch") == "$-1\r\n");
}

TEST_CASE("a HELLO that is refused changes nothing") {
    ApiClient api;
    CHECK(api.ask("HELLO 4") == "-NOPROTO unsupported protocol version\r\n");
    CHECK(api.ask("HELLO x") == "-ERR Protocol version is not an integer or out of range\r\n");
    CHECK(api.ask("HELLO 3 FOO") == "-ERR Syntax error in HELLO option 'FOO'\r\n");
    CHECK(api.ask("HELLO 3 SETNAME") == "-ERR Syntax error in HELLO option 'SETNAME'\r\n");
    CHECK(api.ask("HELLO 3 SETNAME good AUTH joe x") ==
          "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    CHECK(api.ask("HELLO 3 SETNAME \"a b\"") ==
          "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
    CHECK(api.ask("CLIENT GETNAME") == "$-1\r\n");
}

TEST_CASE("commands sent before HELLO 3 are answered in RESP2") {
    ApiClient api;
    api.client.hold = true;
    api.send("GET a\r\nHELLO 3\r\nGET b\r\n");
    while (api.client.held_back() > 0) api.client.end_last();
    const std::string out = api.session.take_output();
    CHECK(out.substr(0, 7) == "$-1\r\n%7");
    CHECK(out.substr(out.size() - 3) == "_\r\n");
}

TEST_CASE("AUTH and SELECT") {
    ApiClient api;
    CHECK(api.ask("AUTH x") ==
          "-ERR AUTH <password> called without any password configured for the default user. Are you sure your "
          "configuration is correct?\r\n");
    CHECK(api.ask("AUTH default x") == "+OK\r\n");
    CHECK(api.ask("AUTH joe x") == "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    CHECK(api.ask("AUTH a b c") == "-ERR syntax error\r\n");
    CHECK(api.ask("SELECT 0") == "+OK\r\n");
    CHECK(api.ask("SELECT 1") == "-ERR DB index is out of range\r\n");
    CHECK(api.ask("SELECT x") == "-ERR value is not an integer or out of range\r\n");
}

TEST_CASE("CLIENT") {
    ApiClient api;
    CHECK(api.ask("CLIENT ID") == ":1\r\n");
    CHECK(api.ask("CLIENT GETNAME") == "$-1\r\n");
    CHECK(api.ask("CLIENT SETNAME pump-1") == "+OK\r\n");
    CHECK(api.ask("client getname") == "$6\r\npump-1\r\n");
    CHECK(api.ask("CLIENT SETNAME \"a b\"") ==
          "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
    CHECK(api.ask("CLIENT SETINFO lib-name redis-py") == "+OK\r\n");
    CHECK(api.ask("CLIENT SETINFO LIB-VER 8.0.0") == "+OK\r\n");
    CHECK(api.ask("CLIENT SETINFO lib-name \"a\\nb\"") ==
          "-ERR lib-name cannot contain spaces, newlines or special characters.\r\n");
    CHECK(api.ask("CLIENT SETINFO foo bar") == "-ERR Unrecognized option 'foo'\r\n");
    CHECK(api.ask("CLIENT NO-EVICT on") == "+OK\r\n");
    const std::string info = api.ask("CLIENT INFO");
    CHECK(info.find("id=1 ") != std::string::npos);
    CHECK(info.find(" name=pump-1 db=0 uid=1000 admin=0 resp=2 lib-name=redis-py lib-ver=8.0.0\n") !=
          std::string::npos);
    CHECK(api.ask("CLIENT") == "-ERR wrong number of arguments for 'client' command\r\n");
    CHECK(api.ask("CLIENT GETNAME x") == "-ERR wrong number of arguments for 'client|getname' command\r\n");
    CHECK(api.ask("CLIENT KILL x") == "-ERR unknown subcommand 'KILL'. Try CLIENT HELP.\r\n");
    CHECK(api.ask("CLIENT HELP").substr(0, 4) == "*2\r\n");
    CHECK(api.ask("CLIENT SETNAME \"\"") == "+OK\r\n");
    CHECK(api.ask("CLIENT GETNAME") == "$-1\r\n");
}

TEST_CASE("RESET") {
    ApiClient api;
    api.ask("HELLO 3 SETNAME pump");
    CHECK(api.ask("RESET") == "+RESET\r\n");
    CHECK(api.ask("CLIENT GETNAME") == "$-1\r\n");
}

TEST_CASE("each session has its own id") {
    ApiClient api;
    chord::api::Session other(api.context, {}, nullptr);
    other.feed("CLIENT ID\r\n");
    CHECK(other.take_output() == ":2\r\n");
}
