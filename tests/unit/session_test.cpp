// Sessions: order of replies and of operations, bounds, protocol errors, and the end of a session at any moment.
#include "node/api/session.hpp"

#include <memory>

#include "node/core/base/rng.hpp"
#include "tests/support/api_client.hpp"

#include <doctest/doctest.h>

using namespace chord;
using namespace chord::api;
using chord::testing::ApiClient;

TEST_CASE("replies come in the order of the commands although operations end in reverse") {
    ApiClient api;
    for (const auto& key : {"a", "b", "c"}) api.ask(std::string("SET ") + key + " value-" + key);
    api.client.hold = true;
    CHECK(api.send("GET a\r\nPING\r\nGET b\r\nGET c\r\nECHO end\r\n").empty());
    REQUIRE(api.client.held_back() == 3);
    api.client.end_last();
    CHECK(api.session.take_output().empty());
    api.client.end_last();
    CHECK(api.session.take_output().empty());
    api.client.end_last();
    CHECK(api.session.take_output() == "$7\r\nvalue-a\r\n+PONG\r\n$7\r\nvalue-b\r\n$7\r\nvalue-c\r\n$3\r\nend\r\n");
}

TEST_CASE("a pipelined read of a key sees the write before it") {
    ApiClient api;
    api.client.hold = true;
    api.send("SET k 1\r\nGET k\r\nSET k 2\r\nGET other\r\n");
    CHECK(api.client.held_back() == 1);
    CHECK_FALSE(api.session.wants_input());
    std::string out;
    while (api.client.held_back() > 0) {
        api.client.end_last();
        out += api.session.take_output();
    }
    CHECK(out == "+OK\r\n$1\r\n1\r\n+OK\r\n$-1\r\n");
    CHECK(api.session.wants_input());
}

TEST_CASE("reads of one key run at the same time") {
    ApiClient api;
    api.client.hold = true;
    api.send("GET k\r\nGET k\r\nMGET k k\r\n");
    CHECK(api.client.held_back() == 4);
}

TEST_CASE("wake comes once until the driver looks, and never from inside its own calls") {
    ApiClient api;
    api.ask("SET a 1");
    CHECK(api.wakes == 0);
    api.client.hold = true;
    api.send("GET a\r\nGET b\r\n");
    api.client.end_first();
    api.client.end_first();
    CHECK(api.wakes == 1);
    CHECK(api.session.take_output() == "$1\r\n1\r\n$-1\r\n");
    api.ask("GET a");
    api.client.end_first();
    CHECK(api.wakes == 2);
}

TEST_CASE("at most kInFlightMax commands run; the others wait in their order") {
    ApiClient api;
    api.client.hold = true;
    std::string bytes;
    for (std::size_t i = 0; i < kInFlightMax + 10; ++i) bytes += "GET k" + std::to_string(i) + "\r\n";
    api.send(bytes);
    CHECK(api.client.held_back() == kInFlightMax);
    CHECK_FALSE(api.session.wants_input());
    api.client.end_first();
    api.session.take_output();
    CHECK(api.client.held_back() == kInFlightMax);
    std::size_t replies = 1;
    while (api.client.held_back() > 0) {
        api.client.end_first();
        replies += api.session.take_output().size() / 5;
    }
    CHECK(replies == kInFlightMax + 10);
    CHECK(api.session.wants_input());
}

TEST_CASE("a client that does not take its replies is not served on") {
    ApiClient api;
    api.ask("SET k " + std::string(1024, 'v'));
    std::string bytes;
    for (int i = 0; i < 3000; ++i) bytes += "GET k\r\n";
    api.session.feed(bytes);
    CHECK_FALSE(api.session.wants_input());
    std::size_t total = 0;
    std::size_t rounds = 0;
    for (std::string out = api.session.take_output(); !out.empty(); out = api.session.take_output()) {
        CHECK(out.size() <= kOutputPauseBytes + 2048);
        total += out.size();
        ++rounds;
    }
    CHECK(total == 3000 * (1024 + 9));
    CHECK(rounds > 1);
    CHECK(api.session.wants_input());
}

TEST_CASE("replies beyond the bound end the session with a reason") {
    ApiClient api;
    api.client.hold = true;
    std::vector<Client::WalkedNode> walked(10'000, {chord::testing::test_peer(9), std::nullopt, true});
    api.client.walked = walked;
    for (int i = 0; i < 20; ++i) api.session.feed("CHORD.RING\r\n");
    while (api.client.held_back() > 0) api.client.end_first();
    CHECK(api.session.closed());
    CHECK(api.session.close_reason() == "the client does not read its replies");
    CHECK(api.session.take_output().empty());
}

TEST_CASE("QUIT answers what came before it, and nothing behind it") {
    ApiClient api;
    api.client.hold = true;
    api.send("GET a\r\nQUIT\r\nPING\r\n");
    CHECK_FALSE(api.session.wants_input());
    CHECK_FALSE(api.session.closed());
    api.client.end_first();
    CHECK_FALSE(api.session.closed());
    CHECK(api.session.take_output() == "$-1\r\n+OK\r\n");
    CHECK(api.session.closed());
    CHECK(api.session.close_reason().empty());
    CHECK(api.ask("PING").empty());
}

TEST_CASE("bytes that are no RESP get one error, behind the replies due, and the end") {
    ApiClient api;
    CHECK(api.send("PING\r\n*1\r\n$1073741824\r\nPING\r\n") == "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n");
    CHECK(api.session.closed());
    CHECK(api.session.close_reason() == "Protocol error: invalid bulk length");

    ApiClient negative;
    CHECK(negative.send("*1\r\n$-5\r\n") == "-ERR Protocol error: invalid bulk length\r\n");
    CHECK(negative.session.closed());
}

TEST_CASE("what is too large is refused by its command, and the connection goes on") {
    ApiClient api;
    api.context.value_bytes_max = 1024;
    const auto bulk = [](std::size_t size) {
        return "$" + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n";
    };
    CHECK(api.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n" + bulk(1025)) == "-TOOBIG value is 1025 bytes, limit 1024\r\n");
    CHECK(api.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n" + bulk(1024)) == "+OK\r\n");
    CHECK(api.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n" + bulk(2097152)) ==
          "-TOOBIG value is 2097152 bytes, limit 1024\r\n");
    CHECK(api.send("*2\r\n$3\r\nGET\r\n" + bulk(70000)) == "-TOOBIG key is 70000 bytes, limit 4096\r\n");
    CHECK(api.send("*3\r\n$4\r\nMSET\r\n" + bulk(70000) + bulk(1)) == "-TOOBIG key is 70000 bytes, limit 4096\r\n");
    CHECK(api.send("*2\r\n$4\r\nECHO\r\n" + bulk(2000000)) == "-TOOBIG argument is 2000000 bytes, limit 1048576\r\n");
    CHECK(api.send("*1\r\n" + bulk(2000000)) == "-TOOBIG argument is 2000000 bytes, limit 1048576\r\n");
    std::string many = "*1025\r\n$3\r\nDEL\r\n";
    for (int i = 0; i < 1024; ++i) many += "$1\r\nk\r\n";
    CHECK(api.send(many) == "-TOOBIG command has 1025 arguments, limit 1024\r\n");
    std::string large = "*100\r\n$4\r\nMGET\r\n";
    for (int i = 0; i < 99; ++i) large += bulk(65536);
    CHECK(api.send(large) == "-TOOBIG command is over 2097152 bytes\r\n");
    CHECK(api.ask("PING") == "+PONG\r\n");
}

TEST_CASE("unknown commands and wrong arities have Redis' texts") {
    ApiClient api;
    CHECK(api.ask("FOO a b") == "-ERR unknown command 'FOO', with args beginning with: 'a' 'b' \r\n");
    CHECK(api.ask("foo") == "-ERR unknown command 'foo', with args beginning with: \r\n");
    CHECK(api.call({"FOO", "a\r\nb"}) == "-ERR unknown command 'FOO', with args beginning with: 'a  b' \r\n");
    CHECK(api.ask(std::string(200, 'f') + " " + std::string(200, 'a') + " b") ==
          "-ERR unknown command '" + std::string(128, 'f') + "', with args beginning with: '" + std::string(128, 'a') +
              "' \r\n");
    CHECK(api.ask("get") == "-ERR wrong number of arguments for 'get' command\r\n");
    CHECK(api.ask("GET a b") == "-ERR wrong number of arguments for 'get' command\r\n");
    CHECK(api.ask("MULTI") == "-ERR unknown command 'MULTI', with args beginning with: \r\n");
    CHECK(api.session.wants_input());
}

TEST_CASE("admin commands need an admin") {
    ApiClient user;
    CHECK(user.ask("CHORD.LEAVE") == "-NOPERM this user has no permissions to run the 'chord.leave' command\r\n");
    CHECK_FALSE(user.client.left);
    ApiClient admin(true);
    CHECK(admin.ask("CHORD.LEAVE") == "+OK\r\n");
    CHECK(admin.client.left);
}

TEST_CASE("a session may end while operations are in flight") {
    auto api = std::make_unique<ApiClient>();
    chord::testing::FakeClient& client = api->client;
    client.hold = true;
    auto session = std::make_unique<Session>(api->context, Caller{}, [] { FAIL("woken after the end"); });
    session->feed("SET a 1\r\nMGET b c\r\nDEL d e\r\nCHORD.RING\r\nCHORD.TRACE f\r\nGET g\r\nTTL h\r\nGET hal");
    REQUIRE(client.held_back() == 9);
    CHECK(api->context.sessions_open == 2);
    session.reset();
    CHECK(api->context.sessions_open == 1);
    while (client.held_back() > 0) client.end_first();
    CHECK(client.records.count("a") == 1);  // the write was under way and stays
}

TEST_CASE("a session may end inside its own wake") {
    chord::testing::FakeClient client;
    client.hold = true;
    ApiContext context{client, "0.1.0", "farm", "barn-3"};
    std::unique_ptr<Session> session;
    session = std::make_unique<Session>(context, Caller{}, [&] { session.reset(); });
    session->feed("GET a\r\nGET b\r\n");
    client.end_first();
    CHECK(session == nullptr);
    client.end_first();
}

TEST_CASE("half a command and a hang-up leave nothing behind") {
    ApiClient api;
    CHECK(api.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10\r\nhalf").empty());
    CHECK(api.client.writes.empty());
    CHECK(api.session.wants_input());
}

TEST_CASE("the split into reads makes no difference to the replies") {
    const std::string bytes =
        "SET a 1\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\nHELLO 3\r\nGET nosuch\r\nMGET a b\r\nFOO\r\nQUIT\r\n";
    ApiClient whole;
    const std::string expected = whole.send(bytes);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        ApiClient api;
        std::string out = api.send(std::string_view(bytes).substr(0, cut));
        out += api.send(std::string_view(bytes).substr(cut));
        REQUIRE(out == expected);
    }
}

TEST_CASE("model: any pipeline, ended in any order, reads as if run one by one") {
    Rng rng(7);
    for (int round = 0; round < 300; ++round) {
        std::string bytes;
        for (std::uint64_t i = 1 + rng.below(20); i > 0; --i) {
            const std::string key(1, static_cast<char>('a' + rng.below(3)));
            const std::string other(1, static_cast<char>('a' + rng.below(3)));
            const std::string value = std::to_string(rng.below(100));
            switch (rng.below(6)) {
                case 0: bytes += "SET " + key + " " + value + "\r\n"; break;
                case 1: bytes += "GET " + key + "\r\n"; break;
                case 2: bytes += "DEL " + key + " " + other + "\r\n"; break;
                case 3: bytes += "MSET " + key + " " + value + " " + other + " " + value + "\r\n"; break;
                case 4: bytes += "MGET " + key + " " + other + "\r\n"; break;
                default: bytes += "SETNX " + key + " " + value + "\r\n"; break;
            }
        }
        ApiClient one_by_one;
        const std::string expected = one_by_one.send(bytes);
        ApiClient api;
        api.client.hold = true;
        std::string out = api.send(bytes);
        while (api.client.held_back() > 0) {
            rng.chance(1, 2) ? api.client.end_first() : api.client.end_last();
            out += api.session.take_output();
        }
        CAPTURE(bytes);
        REQUIRE(out == expected);
    }
}
