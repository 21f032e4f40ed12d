// CHORD.WATCH, SUBSCRIBE and their ends, reply by reply and push by push.
#include "tests/support/api_client.hpp"

#include <doctest/doctest.h>

using namespace chord;
using chord::testing::ApiClient;

namespace {

void happens(ApiClient& api, const WatchEvent& event) {
    REQUIRE(api.client.watches.size() == 1);
    api.client.watches.begin()->second.listener(event);
}

}  // namespace

TEST_CASE("CHORD.WATCH pushes what becomes of a key") {
    ApiClient api;
    api.ask("HELLO 3");
    CHECK(api.ask("CHORD.WATCH k") == "+OK\r\n");
    CHECK(api.client.watches.begin()->second.key == "k");
    CHECK_FALSE(api.client.watches.begin()->second.from);
    happens(api, {WatchEvent::Kind::set, Version{1, 7}, "v"});
    happens(api, {WatchEvent::Kind::expired, Version{1, 7}, {}});
    CHECK(api.session.take_output() ==
          ">5\r\n$11\r\nchord.event\r\n$1\r\nk\r\n$3\r\nset\r\n$33\r\n0000000000000001.0000000000000007\r\n$1\r\nv\r\n"
          ">5\r\n$11\r\nchord.event\r\n$1\r\nk\r\n$7\r\nexpired\r\n$33\r\n0000000000000001.0000000000000007\r\n_\r\n");
    CHECK(api.ask("CHORD.WATCH k") == "+OK\r\n");  // once
    CHECK(api.client.watches.size() == 1);
    CHECK(api.ask("CHORD.UNWATCH k other") == ":1\r\n");
    CHECK(api.client.watches.empty());
    CHECK(api.ask("CHORD.WATCH k FROM 0000000000000001.0000000000000007") == "+OK\r\n");
    CHECK(api.client.watches.begin()->second.from == Version{1, 7});
    CHECK(api.ask("CHORD.WATCH j FROM x")[0] == '-');
    CHECK(api.ask("CHORD.WATCH j 5") == "-ERR syntax error\r\n");
    api.ask("RESET");
    CHECK(api.client.watches.empty());
    CHECK(api.ask("CHORD.WATCH k") ==
          "-NOPROTO CHORD.WATCH pushes: say HELLO 3 first, or SUBSCRIBE __keyspace@0__:<key>\r\n");
}

TEST_CASE("SUBSCRIBE tells of a key on its keyspace channel, and restricts a RESP2 connection") {
    ApiClient api;
    CHECK(api.ask("SUBSCRIBE __keyspace@0__:k") == "*3\r\n$9\r\nsubscribe\r\n$16\r\n__keyspace@0__:k\r\n:1\r\n");
    happens(api, {WatchEvent::Kind::deleted, Version{1, 7}, {}});
    CHECK(api.session.take_output() == "*3\r\n$7\r\nmessage\r\n$16\r\n__keyspace@0__:k\r\n$3\r\ndel\r\n");
    CHECK(api.ask("GET k") ==
          "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
          "context\r\n");
    CHECK(api.ask("PING") == "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    CHECK(api.ask("SUBSCRIBE news")[0] == '-');
    CHECK(api.ask("PSUBSCRIBE *")[0] == '-');
    CHECK(api.ask("PUNSUBSCRIBE") == "*3\r\n$12\r\npunsubscribe\r\n$-1\r\n:1\r\n");
    CHECK(api.ask("UNSUBSCRIBE") == "*3\r\n$11\r\nunsubscribe\r\n$16\r\n__keyspace@0__:k\r\n:0\r\n");
    CHECK(api.client.watches.empty());
    CHECK(api.ask("UNSUBSCRIBE") == "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
    CHECK(api.ask("PING") == "+PONG\r\n");
    api.ask("HELLO 3");
    CHECK(api.ask("SUBSCRIBE __keyspace@0__:k")[0] == '>');
    CHECK(api.ask("GET k") == "_\r\n");
}

TEST_CASE("a push goes between replies, and not to a connection that has ended") {
    ApiClient api;
    api.ask("HELLO 3");
    api.ask("CHORD.WATCH k");
    const WatchListener listener = api.client.watches.begin()->second.listener;
    api.client.hold = true;
    api.ask("GET a");
    listener({WatchEvent::Kind::resync, Version{1, 7}, {}});
    CHECK(api.session.take_output().substr(0, 4) == ">5\r\n");
    api.client.end_first();
    CHECK(api.session.take_output() == "_\r\n");
    api.client.hold = false;
    api.ask("QUIT");
    listener({WatchEvent::Kind::resync, Version{1, 7}, {}});
    CHECK(api.session.take_output().empty());
}

TEST_CASE("a connection watches so many keys and no more") {
    ApiClient api;
    api.ask("HELLO 3");
    for (std::size_t i = 0; i < api::Watches::kWatchesMax; ++i) {
        REQUIRE(api.ask("CHORD.WATCH k" + std::to_string(i)) == "+OK\r\n");
    }
    CHECK(api.ask("CHORD.WATCH one-more").substr(0, 9) == "-TRYAGAIN");
}
