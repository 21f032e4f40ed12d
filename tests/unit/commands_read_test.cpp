// GET, STRLEN, TYPE, TTL, PTTL, EXISTS, MGET, reply by reply.
#include <chrono>

#include "tests/support/api_client.hpp"

#include <doctest/doctest.h>

using namespace chord;
using namespace std::chrono_literals;
using chord::testing::ApiClient;

TEST_CASE("reads of what is there and of what is not") {
    ApiClient api;
    api.call({"SET", "k", "value"});
    api.call({"SET", "", "empty key"});
    CHECK(api.ask("GET k") == "$5\r\nvalue\r\n");
    CHECK(api.ask("GET \"\"") == "$9\r\nempty key\r\n");
    CHECK(api.ask("GET nosuch") == "$-1\r\n");
    CHECK(api.ask("STRLEN k") == ":5\r\n");
    CHECK(api.ask("STRLEN nosuch") == ":0\r\n");
    CHECK(api.ask("TYPE k") == "+string\r\n");
    CHECK(api.ask("TYPE nosuch") == "+none\r\n");
    CHECK(api.ask("EXISTS k nosuch k") == ":2\r\n");
    CHECK(api.ask("MGET k nosuch k") == "*3\r\n$5\r\nvalue\r\n$-1\r\n$5\r\nvalue\r\n");
    CHECK(api.ask("HELLO 3")[0] == '%');
    CHECK(api.ask("MGET k nosuch") == "*2\r\n$5\r\nvalue\r\n_\r\n");
}

TEST_CASE("lifetimes are told as they remain") {
    ApiClient api;
    api.ask("SET k v EX 100");
    api.ask("SET for-ever v");
    CHECK(api.ask("TTL k") == ":100\r\n");
    CHECK(api.ask("PTTL k") == ":100000\r\n");
    api.client.time += 60s + 400ms;
    CHECK(api.ask("TTL k") == ":40\r\n");
    CHECK(api.ask("PTTL k") == ":39600\r\n");
    api.client.time += 39s + 600ms;
    CHECK(api.ask("TTL k") == ":-2\r\n");
    CHECK(api.ask("PTTL k") == ":-2\r\n");
    CHECK(api.ask("TTL for-ever") == ":-1\r\n");
    CHECK(api.ask("PTTL for-ever") == ":-1\r\n");
}

TEST_CASE("errors of the ring keep their word") {
    ApiClient api;
    api.client.failing["k"] = Error::timeout;
    CHECK(api.ask("GET k") == "-TIMEOUT no answer in time\r\n");
    CHECK(api.ask("EXISTS k") == "-TIMEOUT no answer in time\r\n");
    CHECK(api.ask("MGET a k b") == "-TIMEOUT no answer in time for 1 of 3 keys: 'k'\r\n");
    api.client.failing["k"] = Error::not_member;
    CHECK(api.ask("TTL k") ==
          "-NOTJOINED not a member of the ring (still joining, or it left: restart chordd to rejoin)\r\n");
    api.client.failing["k"] = Error::not_owner;
    CHECK(api.ask("GET k").substr(0, 10) == "-TRYAGAIN ");
}

TEST_CASE("keys over the limit are not even asked for") {
    ApiClient api;
    api.client.hold = true;
    const std::string key(4097, 'k');
    for (const std::string& command : {"GET " + key, "TTL " + key, "MGET a " + key, "EXISTS a " + key}) {
        CHECK(api.ask(command) == "-TOOBIG key is 4097 bytes, limit 4096\r\n");
    }
    CHECK(api.client.held_back() == 0);
    api.client.hold = false;
    CHECK(api.ask("GET " + std::string(4096, 'k')) == "$-1\r\n");
}

TEST_CASE("MGET asks for all keys at once and keeps their order") {
    ApiClient api;
    api.ask("MSET a 1 b 2 c 3");
    api.client.hold = true;
    CHECK(api.ask("MGET a b c").empty());
    REQUIRE(api.client.held_back() == 3);
    while (api.client.held_back() > 0) api.client.end_last();
    CHECK(api.session.take_output() == "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n");
}
