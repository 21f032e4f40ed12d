#include "node/api/resp_reply.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

using namespace chord;
using namespace chord::api;
using Kind = Reply::Kind;

namespace {

Reply parse_one(BytesView bytes) {
    ReplyParser parser;
    parser.feed(bytes);
    Result<std::optional<Reply>> reply = parser.next();
    REQUIRE(reply.has_value());
    REQUIRE(reply->has_value());
    return **reply;
}

Error parse_error(BytesView bytes, const ReplyLimits& limits = {}) {
    ReplyParser parser(limits);
    parser.feed(bytes);
    Result<std::optional<Reply>> reply = parser.next();
    REQUIRE_FALSE(reply.has_value());
    return reply.error();
}

bool waits(BytesView bytes) {
    ReplyParser parser;
    parser.feed(bytes);
    Result<std::optional<Reply>> reply = parser.next();
    return reply.has_value() && !reply->has_value();
}

bool same(const Reply& a, const Reply& b) {
    if (a.kind != b.kind || a.integer != b.integer || a.real != b.real || a.text != b.text) return false;
    if (a.items.size() != b.items.size()) return false;
    for (std::size_t at = 0; at < a.items.size(); ++at) {
        if (!same(a.items[at], b.items[at])) return false;
    }
    return true;
}

const BytesView kEverything =
    "%3\r\n+ring\r\n%2\r\n$4\r\nname\r\n$4\r\nfarm\r\n+one\r\n#t\r\n$4\r\nlist\r\n*4\r\n:-7\r\n,2.5\r\n_\r\n~1\r\n="
    "7\r\n"
    "txt:a\r\n\r\n+n\r\n(123456789012345678901234567890\r\n";

}  // namespace

TEST_CASE("resp_reply: the simple types of RESP2 and RESP3") {
    CHECK(parse_one("+OK\r\n").is(Kind::status));
    CHECK(parse_one("+OK\r\n").text == "OK");
    CHECK(parse_one("-TOOBIG value\r\n").is(Kind::error));
    CHECK(parse_one("-TOOBIG value\r\n").text == "TOOBIG value");
    CHECK(parse_one("!5\r\nERR x\r\n").is(Kind::error));
    CHECK(parse_one(":-42\r\n").integer == -42);
    CHECK(parse_one(":+42\r\n").integer == 42);
    CHECK(parse_one(":-9223372036854775808\r\n").integer == INT64_MIN);
    CHECK(parse_one(",1.5e3\r\n").real == 1500.0);
    CHECK(std::isinf(parse_one(",-inf\r\n").real));
    CHECK(std::isnan(parse_one(",nan\r\n").real));
    CHECK(parse_one("#t\r\n").integer == 1);
    CHECK(parse_one("#f\r\n").is(Kind::boolean));
    CHECK(parse_one("_\r\n").is(Kind::null));
    CHECK(parse_one("$-1\r\n").is(Kind::null));
    CHECK(parse_one("*-1\r\n").is(Kind::null));
    CHECK(parse_one("$0\r\n\r\n").is(Kind::text));
    CHECK(parse_one(BytesView("$5\r\na\r\n\0b\r\n", 11)).text == Bytes("a\r\n\0b", 5));
    CHECK(parse_one("=8\r\nmkd:# hi\r\n").text == "# hi");
    CHECK(parse_one("(-12345678901234567890\r\n").text == "-12345678901234567890");
    CHECK(parse_one(">1\r\n+x\r\n").is(Kind::push));
    CHECK(parse_one("*0\r\n").is(Kind::array));
    CHECK(parse_one("%0\r\n").is(Kind::map));
}

TEST_CASE("resp_reply: nested maps are found by name") {
    const Reply reply = parse_one(kEverything);
    REQUIRE(reply.find("ring") != nullptr);
    CHECK(reply.find("ring")->find("name")->text == "farm");
    CHECK(reply.find("list")->items.size() == 4);
    CHECK(reply.find("list")->items[3].items[0].text == "a\r\n");
    CHECK(reply.find("nosuch") == nullptr);
    CHECK(reply.find("list")->find("name") == nullptr);
}

TEST_CASE("resp_reply: any split of the stream gives the same replies") {
    const Bytes stream = Bytes(kEverything) + "$3\r\nabc\r\n" + Bytes(kEverything) + ":1\r\n";
    std::vector<Reply> whole;
    ReplyParser at_once;
    at_once.feed(stream);
    while (true) {
        auto reply = at_once.next();
        REQUIRE(reply.has_value());
        if (!reply->has_value()) break;
        whole.push_back(**reply);
    }
    REQUIRE(whole.size() == 4);

    std::mt19937 dice(7);
    for (int round = 0; round < 200; ++round) {
        const std::size_t chunk_max = round == 0 ? 1 : 1 + dice() % 40;
        std::vector<Reply> replies;
        ReplyParser parser;
        for (std::size_t at = 0; at < stream.size();) {
            const std::size_t size = std::min(stream.size() - at, 1 + dice() % chunk_max);
            parser.feed(BytesView(stream).substr(at, size));
            at += size;
            for (;;) {
                auto reply = parser.next();
                REQUIRE(reply.has_value());
                if (!reply->has_value()) break;
                replies.push_back(**reply);
            }
        }
        REQUIRE(replies.size() == whole.size());
        for (std::size_t at = 0; at < whole.size(); ++at) CHECK(same(replies[at], whole[at]));
    }
}

TEST_CASE("resp_reply: attributes are dropped, wherever they stand") {
    CHECK(parse_one("|1\r\n+ttl\r\n:3\r\n+OK\r\n").text == "OK");
    CHECK(parse_one("|0\r\n+OK\r\n").text == "OK");
    const Reply inside = parse_one("*2\r\n:1\r\n|1\r\n+a\r\n*1\r\n+b\r\n:2\r\n");
    REQUIRE(inside.items.size() == 2);
    CHECK(inside.items[1].integer == 2);
}

TEST_CASE("resp_reply: what is cut short is waited for") {
    for (std::size_t length = 0; length < kEverything.size(); ++length) CHECK(waits(kEverything.substr(0, length)));
}

TEST_CASE("resp_reply: malformed bytes are bad_message") {
    for (const char* bytes : {"\r\n",
                              "\n",
                              "+OK\n",
                              "hello\r\n",
                              "HTTP/1.1 200 OK\r\n",
                              ":\r\n",
                              ":1x\r\n",
                              ":99999999999999999999\r\n",
                              ":+-1\r\n",
                              "$x\r\n",
                              "$-2\r\n",
                              "$3\r\nabcde\r\n",
                              "*-2\r\n",
                              "*1.5\r\n",
                              "%-1\r\n",
                              "~-1\r\n",
                              "#x\r\n",
                              "_x\r\n",
                              ",\r\n",
                              ",1.5\"\r\n",
                              ",0x10\r\n",
                              "(12a\r\n",
                              "(\r\n",
                              "=3\r\nabc\r\n",
                              "=5\r\nabcde\r\n",
                              "$?\r\n",
                              "*?\r\n",
                              "!-1\r\n",
                              "=-1\r\n",
                              "*2\r\n+a\r\n?\r\n"}) {
        CAPTURE(bytes);
        CHECK(parse_error(bytes) == Error::bad_message);
    }
}

TEST_CASE("resp_reply: an error is for ever") {
    ReplyParser parser;
    parser.feed("?\r\n");
    CHECK_FALSE(parser.next().has_value());
    parser.feed("+OK\r\n");
    CHECK_FALSE(parser.next().has_value());
}

TEST_CASE("resp_reply: sizes and depth are bounded before anything is reserved") {
    CHECK(parse_error("$1000000000\r\n") == Error::too_big);
    CHECK(parse_error("$9223372036854775807\r\n") == Error::too_big);
    CHECK(parse_error("*1000000000\r\n") == Error::too_big);
    CHECK(parse_error("*9223372036854775807\r\n") == Error::too_big);
    CHECK(parse_error("%9223372036854775807\r\n") == Error::too_big);
    CHECK(parse_error("+" + Bytes(100'000, 'x')) == Error::too_big);

    const ReplyLimits limits{.depth_max = 3, .items_max = 10, .bytes_max = 100, .line_max = 20};
    CHECK(parse_error("*1\r\n*1\r\n*1\r\n*1\r\n", limits) == Error::too_big);
    CHECK(parse_error("*5\r\n*6\r\n", limits) == Error::too_big);
    CHECK(parse_error("|1\r\n|1\r\n|1\r\n|1\r\n", limits) == Error::too_big);
    CHECK(parse_error("$101\r\n", limits) == Error::too_big);
    CHECK(parse_error("*3\r\n$40\r\n" + Bytes(40, 'a') + "\r\n$60\r\n", limits) == Error::too_big);
    CHECK(parse_error("+123456789012345678901", limits) == Error::too_big);
    Bytes endless;  // attributes alone never make a reply
    for (int i = 0; i < 20; ++i) endless += "|0\r\n";
    CHECK(parse_error(endless, limits) == Error::too_big);

    ReplyParser parser(limits);  // the bounds are of one reply, not of the stream
    for (int i = 0; i < 50; ++i) {
        parser.feed("*2\r\n+a\r\n$30\r\n" + Bytes(30, 'b') + "\r\n");
        auto reply = parser.next();
        REQUIRE(reply.has_value());
        CHECK(reply->has_value());
    }
}

TEST_CASE("resp_reply: random and mutated bytes never do harm") {
    std::mt19937 dice(11);
    const Bytes alphabet = "+-:,#_($=!*~>%|0123456789\r\n\r\n\r\ntx";
    for (int round = 0; round < 20'000; ++round) {
        Bytes bytes(kEverything);
        if (round % 2 == 0) {
            bytes.clear();
            for (std::size_t left = dice() % 60; left > 0; --left) bytes += alphabet[dice() % alphabet.size()];
        } else {
            for (int change = 0; change < 3; ++change) bytes[dice() % bytes.size()] = static_cast<char>(dice() % 256);
        }
        ReplyParser parser;
        parser.feed(bytes);
        int replies = 0;
        for (;;) {
            auto reply = parser.next();
            if (!reply || !reply->has_value()) break;
            ++replies;
        }
        CHECK(replies <= 40);
    }
}
