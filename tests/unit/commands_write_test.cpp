// SET and its kin, MSET, DEL, reply by reply; and what the node is asked to write.
#include <chrono>

#include "tests/support/api_client.hpp"

#include <doctest/doctest.h>

using namespace chord;
using namespace std::chrono_literals;
using chord::testing::ApiClient;

TEST_CASE("SET with its options") {
    ApiClient api;
    CHECK(api.ask("SET k v") == "+OK\r\n");
    CHECK(api.client.writes.back() == Write{.key = "k", .value = "v", .ttl = std::nullopt, .writer_uid = 1000});
    CHECK(api.ask("SET k w EX 10") == "+OK\r\n");
    CHECK(api.client.writes.back().ttl == Duration(10s));
    CHECK(api.ask("SET k w px 1500 xx") == "+OK\r\n");
    CHECK(
        api.client.writes.back() ==
        Write{
            .key = "k", .value = "w", .ttl = Duration(1500ms), .condition = Condition::if_present, .writer_uid = 1000});
    CHECK(api.ask("SET k x NX") == "$-1\r\n");
    CHECK(api.ask("SET new x XX") == "$-1\r\n");
    CHECK(api.ask("SET new x NX NX") == "+OK\r\n");
    CHECK(api.ask("GET k") == "$1\r\nw\r\n");
    CHECK(api.ask("HELLO 3")[0] == '%');
    CHECK(api.ask("SET k x NX") == "_\r\n");
}

TEST_CASE("SET with options that are wrong writes nothing") {
    ApiClient api;
    const std::string syntax = "-ERR syntax error\r\n";
    const std::string expire = "-ERR invalid expire time in 'set' command\r\n";
    const std::string integer = "-ERR value is not an integer or out of range\r\n";
    for (const std::string_view bad : {"SET k v FOO", "SET k v NX XX", "SET k v EX", "SET k v EX 1 PX 2", "SET k v GET",
                                       "SET k v KEEPTTL", "SET k v EX 1 EX 1", "SET k v EX 0 FOO"}) {
        CAPTURE(bad);
        CHECK(api.ask(bad) == syntax);
    }
    CHECK(api.ask("SET k v EX 0") == expire);
    CHECK(api.ask("SET k v PX -1") == expire);
    CHECK(api.ask("SET k v EX 9223372036854775807") == expire);
    CHECK(api.ask("SET k v EX 2305843009214") == expire);
    CHECK(api.ask("SET k v EX abc") == integer);
    CHECK(api.ask("SET k v EX 1.5") == integer);
    CHECK(api.ask("SET k") == "-ERR wrong number of arguments for 'set' command\r\n");
    CHECK(api.client.writes.empty());
    CHECK(api.ask("SET k v EX 2305843009213") == "+OK\r\n");
    CHECK(api.ask("TTL k") == ":2305843009213\r\n");
}

TEST_CASE("SETNX, SETEX, PSETEX") {
    ApiClient api;
    CHECK(api.ask("SETNX k v") == ":1\r\n");
    CHECK(api.ask("SETNX k w") == ":0\r\n");
    CHECK(api.ask("SETEX k 7 v") == "+OK\r\n");
    CHECK(api.ask("TTL k") == ":7\r\n");
    CHECK(api.ask("PSETEX k 7500 v") == "+OK\r\n");
    CHECK(api.ask("PTTL k") == ":7500\r\n");
    CHECK(api.ask("SETEX k 0 v") == "-ERR invalid expire time in 'setex' command\r\n");
    CHECK(api.ask("PSETEX k -1 v") == "-ERR invalid expire time in 'psetex' command\r\n");
    CHECK(api.ask("SETEX k x v") == "-ERR value is not an integer or out of range\r\n");
}

TEST_CASE("sizes: at the limit and one beyond") {
    ApiClient api;
    api.context.value_bytes_max = 1024;
    const std::string key(4097, 'k');
    const std::string value(1025, 'v');
    CHECK(api.ask("SET " + key.substr(1) + " " + value.substr(1)) == "+OK\r\n");
    api.client.writes.clear();
    CHECK(api.ask("SET " + key + " v") == "-TOOBIG key is 4097 bytes, limit 4096\r\n");
    CHECK(api.ask("SET k " + value) == "-TOOBIG value is 1025 bytes, limit 1024\r\n");
    CHECK(api.ask("SETNX k " + value) == "-TOOBIG value is 1025 bytes, limit 1024\r\n");
    CHECK(api.ask("SETEX k 1 " + value) == "-TOOBIG value is 1025 bytes, limit 1024\r\n");
    CHECK(api.ask("MSET a 1 k " + value) == "-TOOBIG value is 1025 bytes, limit 1024\r\n");
    CHECK(api.ask("DEL a " + key) == "-TOOBIG key is 4097 bytes, limit 4096\r\n");
    CHECK(api.client.writes.empty());
}

TEST_CASE("MSET writes all keys at once, the last value of a key given twice") {
    ApiClient api;
    api.client.hold = true;
    CHECK(api.ask("MSET a 1 b 2 a 3").empty());
    CHECK(api.client.held_back() == 2);
    while (api.client.held_back() > 0) api.client.end_last();
    CHECK(api.session.take_output() == "+OK\r\n");
    CHECK(api.client.records["a"].value == "3");
    CHECK(api.client.records["b"].value == "2");
    CHECK(api.ask("MSET a") == "-ERR wrong number of arguments for 'mset' command\r\n");
    CHECK(api.ask("MSET a 1 b") == "-ERR wrong number of arguments for 'mset' command\r\n");
}

TEST_CASE("a partial failure of MSET names the keys that failed") {
    ApiClient api;
    api.client.failing["b"] = Error::no_quorum;
    api.client.failing["c"] = Error::timeout;
    CHECK(api.ask("MSET a 1 b 2 c 3") ==
          "-NOQUORUM too few of the key's holders answer to store it safely (see: chordctl ring) for 2 of 3 keys: 'b', "
          "'c'\r\n");
    CHECK(api.ask("GET a") == "$1\r\n1\r\n");
}

TEST_CASE("DEL and UNLINK count the keys that existed, each once") {
    ApiClient api;
    api.ask("MSET a 1 b 2 c 3");
    CHECK(api.ask("DEL a nosuch a") == ":1\r\n");
    CHECK(api.client.writes.back().tombstone);
    CHECK(api.client.writes.back().value.empty());
    CHECK(api.client.writes.back().writer_uid == 1000);
    CHECK(api.ask("UNLINK b c") == ":2\r\n");
    CHECK(api.ask("EXISTS a b c") == ":0\r\n");
    api.client.failing["b"] = Error::full;
    CHECK(api.ask("DEL b") == "-FULL the store is full: no room within --map-size, or on the disk of --state-dir\r\n");
}

TEST_CASE("errors of writes keep their word") {
    ApiClient api;
    for (const auto& [error, word] : {std::pair{Error::timeout, "TIMEOUT"},
                                      {Error::no_quorum, "NOQUORUM"},
                                      {Error::full, "FULL"},
                                      {Error::busy, "TRYAGAIN"},
                                      {Error::shutting_down, "NOTJOINED"}}) {
        api.client.failing["k"] = error;
        const std::string expected = "-" + std::string(word) + " " + std::string(text(error)) + "\r\n";
        CHECK(api.ask("SET k v") == expected);
        CHECK(api.ask("SETNX k v") == expected);
    }
}

TEST_CASE("SET IFEQ and DELIFEQ decide by the value") {
    ApiClient api;
    CHECK(api.ask("SET k w IFEQ v") == "$-1\r\n");
    api.ask("SET k v");
    CHECK(api.ask("SET k w IFEQ other") == "$-1\r\n");
    CHECK(api.ask("SET k w IFEQ v") == "+OK\r\n");
    CHECK(api.ask("DELIFEQ k v") == ":0\r\n");
    CHECK(api.ask("DELIFEQ k w") == ":1\r\n");
    CHECK(api.ask("DELIFEQ k w") == ":0\r\n");
    CHECK(api.ask("SET k v IFEQ") == "-ERR syntax error\r\n");
}

TEST_CASE("WAIT counts the replicas of the last write") {
    ApiClient api;
    CHECK(api.ask("WAIT 2 100") == ":0\r\n");  // nothing was written
    api.ask("SET k v");
    CHECK(api.ask("WAIT 2 100") == ":2\r\n");
    REQUIRE(api.client.awaited.size() == 1);
    CHECK(api.client.awaited[0].key == "k");
    CHECK(api.client.awaited[0].version == Version{1, 7});
    CHECK(api.client.awaited[0].wanted == 2);
    CHECK(api.client.awaited[0].patience == std::chrono::milliseconds(100));
    CHECK(api.ask("WAIT 0 100") == ":0\r\n");
    CHECK(api.ask("WAIT 2 0") == ":2\r\n");
    CHECK(api.client.awaited.back().patience > std::chrono::hours(1));
    CHECK(api.ask("WAIT x 0") == "-ERR value is not an integer or out of range\r\n");
    CHECK(api.ask("WAIT 1 -1") == "-ERR timeout is negative\r\n");
}
