// COMMAND, as redis-cli and client libraries read it.
#include "node/api/command_table.hpp"
#include "tests/support/api_client.hpp"

#include <doctest/doctest.h>

using chord::api::command_table;
using chord::testing::ApiClient;

TEST_CASE("COMMAND COUNT and LIST") {
    ApiClient api;
    CHECK(api.ask("COMMAND COUNT") == ":" + std::to_string(command_table().size()) + "\r\n");
    CHECK(api.ask("COMMAND COUNT x") == "-ERR wrong number of arguments for 'command|count' command\r\n");
    std::string all = "*" + std::to_string(command_table().size()) + "\r\n";
    for (const auto& spec : command_table()) {
        all += "$" + std::to_string(spec.name.size()) + "\r\n" + std::string(spec.name) + "\r\n";
    }
    CHECK(api.ask("COMMAND LIST") == all);
    CHECK(api.ask("COMMAND LIST FILTERBY PATTERN GE?") == "*1\r\n$3\r\nget\r\n");
    CHECK(api.ask("COMMAND LIST FILTERBY ACLCAT admin") ==
          "*8\r\n$11\r\nchord.admit\r\n$14\r\nchord.fleetkey\r\n$15\r\nchord.fleetlist\r\n$12\r\nchord.invite\r\n$"
          "10\r\nchord.join\r\n"
          "$11\r\nchord.leave\r\n$11\r\nchord.renew\r\n$13\r\nchord.request\r\n");
    CHECK(api.ask("COMMAND LIST FILTERBY MODULE json") == "*0\r\n");
    CHECK(api.ask("COMMAND LIST FILTERBY x y") == "-ERR syntax error\r\n");
    CHECK(api.ask("COMMAND LIST x") == "-ERR syntax error\r\n");
}

TEST_CASE("COMMAND INFO in both protocols") {
    ApiClient api;
    CHECK(api.ask("COMMAND INFO GET nosuch mset") ==
          "*3\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n*3\r\n+@string\r\n+@read\r\n+@"
          "fast\r\n"
          "*0\r\n*0\r\n*0\r\n$-1\r\n"
          "*10\r\n$4\r\nmset\r\n:-3\r\n*1\r\n+write\r\n:1\r\n:-1\r\n:2\r\n*3\r\n+@string\r\n+@write\r\n+@slow\r\n"
          "*0\r\n*0\r\n*0\r\n");
    CHECK(api.ask("COMMAND") == api.ask("COMMAND INFO"));
    api.ask("HELLO 3");
    CHECK(api.ask("COMMAND INFO ping") ==
          "*1\r\n*10\r\n$4\r\nping\r\n:-1\r\n~1\r\n+fast\r\n:0\r\n:0\r\n:0\r\n~2\r\n+@connection\r\n+@fast\r\n*0\r\n*"
          "0\r\n*0\r\n");
}

TEST_CASE("COMMAND DOCS has an entry for every command, and nothing for others") {
    ApiClient api;
    const std::string all = api.ask("COMMAND DOCS");
    CHECK(all.substr(0, all.find('\r')) == "*" + std::to_string(2 * command_table().size()));
    for (const auto& spec : command_table()) {
        CAPTURE(spec.name);
        const std::string one = api.ask("COMMAND DOCS " + std::string(spec.name));
        CHECK(one.substr(0, 4) == "*2\r\n");
        CHECK(all.find(one.substr(4)) != std::string::npos);
        CHECK(one.find(spec.summary) != std::string::npos);
        CHECK(one.find(spec.deviation) != std::string::npos);
    }
    CHECK(api.ask("COMMAND DOCS nosuch") == "*0\r\n");
}

TEST_CASE("COMMAND DOCS byte by byte") {
    ApiClient api;
    api.ask("HELLO 3");
    CHECK(api.ask("COMMAND DOCS psetex") ==
          "%1\r\n$6\r\npsetex\r\n%4\r\n$7\r\nsummary\r\n$43\r\nSets a key with a lifetime in "
          "milliseconds.\r\n$5\r\nsince\r\n"
          "$5\r\n0.1.0\r\n$5\r\ngroup\r\n$6\r\nstring\r\n$9\r\narguments\r\n*3\r\n"
          "%3\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$6\r\nstring\r\n$12\r\ndisplay_text\r\n$3\r\nkey\r\n"
          "%3\r\n$4\r\nname\r\n$12\r\nmilliseconds\r\n$4\r\ntype\r\n$6\r\nstring\r\n$12\r\ndisplay_text\r\n$"
          "12\r\nmilliseconds\r\n"
          "%3\r\n$4\r\nname\r\n$5\r\nvalue\r\n$4\r\ntype\r\n$6\r\nstring\r\n$12\r\ndisplay_text\r\n$5\r\nvalue\r\n");
    const std::string del = api.ask("COMMAND DOCS del");
    CHECK(
        del.find(
            "*1\r\n%4\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$6\r\nstring\r\n$12\r\ndisplay_text\r\n$3\r\nkey\r\n"
            "$5\r\nflags\r\n~1\r\n+multiple\r\n") != std::string::npos);
    const std::string ring = api.ask("COMMAND DOCS chord.ring");
    CHECK(ring.find("$12\r\ndisplay_text\r\n$19\r\nCOUNT count | CHECK\r\n$5\r\nflags\r\n~1\r\n+optional\r\n") !=
          std::string::npos);
}

TEST_CASE("COMMAND GETKEYS") {
    ApiClient api;
    CHECK(api.ask("COMMAND GETKEYS MSET a 1 b 2") == "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    CHECK(api.ask("COMMAND GETKEYS DEL a b c") == "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
    CHECK(api.ask("COMMAND GETKEYS SET k v EX 1") == "*1\r\n$1\r\nk\r\n");
    CHECK(api.ask("COMMAND GETKEYS PING") == "-ERR The command has no key arguments\r\n");
    CHECK(api.ask("COMMAND GETKEYS FOO") == "-ERR Invalid command specified\r\n");
    CHECK(api.ask("COMMAND GETKEYS GET") == "-ERR Invalid number of arguments specified for command\r\n");
    CHECK(api.ask("COMMAND GETKEYS") == "-ERR wrong number of arguments for 'command|getkeys' command\r\n");
    CHECK(api.ask("COMMAND FOO") == "-ERR unknown subcommand 'FOO'. Try COMMAND HELP.\r\n");
    CHECK(api.ask("COMMAND HELP").substr(0, 4) == "*2\r\n");
}
