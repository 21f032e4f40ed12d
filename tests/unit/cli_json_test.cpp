#include "node/cli/json.hpp"

#include <doctest/doctest.h>

using namespace chord;
using chord::api::Reply;
using chord::api::ReplyParser;

namespace {

Reply parse(BytesView bytes) {
    ReplyParser parser;
    parser.feed(bytes);
    auto reply = parser.next();
    REQUIRE(reply.has_value());
    REQUIRE(reply->has_value());
    return **reply;
}

std::string json(BytesView bytes) {
    return cli::json_object("x", parse(bytes));
}

}  // namespace

TEST_CASE("cli json: every kind of reply") {
    CHECK(json("_\r\n") == R"({"v":1,"x":null})");
    CHECK(json("#t\r\n") == R"({"v":1,"x":true})");
    CHECK(json("#f\r\n") == R"({"v":1,"x":false})");
    CHECK(json(":-9223372036854775808\r\n") == R"({"v":1,"x":-9223372036854775808})");
    CHECK(json(",0.1\r\n") == R"({"v":1,"x":0.1})");
    CHECK(json(",inf\r\n") == R"({"v":1,"x":null})");
    CHECK(json(",nan\r\n") == R"({"v":1,"x":null})");
    CHECK(json("+OK\r\n") == R"({"v":1,"x":"OK"})");
    CHECK(json("*2\r\n:1\r\n-ERR a\"b\r\n") == R"({"v":1,"x":[1,{"error":"ERR a\"b"}]})");
    CHECK(json("%0\r\n") == R"({"v":1})");
    CHECK(json("%2\r\n+a\r\n%1\r\n+b\r\n*0\r\n+c\r\n(99999999999999999999\r\n") ==
          R"({"v":1,"a":{"b":[]},"c":"99999999999999999999"})");
}

TEST_CASE("cli json: the shape's version is ours") {
    CHECK(json("%2\r\n+v\r\n:9\r\n+a\r\n:1\r\n") == R"({"v":1,"a":1})");
}

TEST_CASE("cli json: strings are escaped, binary is base64") {
    CHECK(cli::json_string("a\"\\\n\r\t\x01\x7f\xc3\xa9") == "\"a\\\"\\\\\\n\\r\\t\\u0001\\u007f\xc3\xa9\"");
    CHECK(cli::json_string("\xc2\x9b") == "\"\\u009b\"");  // a terminal would take it for an escape
    CHECK(cli::json_string(std::string_view("\0", 1)) == "\"\\u0000\"");
    CHECK(json("%1\r\n+value\r\n$2\r\n\xff\xfe\r\n") == R"({"v":1,"value_base64":"//4="})");
    CHECK(json("$2\r\n\xff\xfe\r\n") == R"({"v":1,"x_base64":"//4="})");
    CHECK(json("*1\r\n$2\r\n\xff\xfe\r\n") == R"({"v":1,"x":[{"base64":"//4="}]})");
}

TEST_CASE("cli json: strange map keys give names, not broken JSON") {
    CHECK(json("%1\r\n:5\r\n:6\r\n") == R"({"v":1,"5":6})");
    CHECK(json("%1\r\n_\r\n:6\r\n") == R"({"v":1,"null":6})");
    CHECK(json("%1\r\n$1\r\n\xff\r\n:6\r\n") == R"({"v":1,"{\"base64\":\"/w==\"}":6})");
    CHECK(json("%2\r\n+a\r\n:1\r\n*1\r\n:5\r\n:6\r\n") == R"({"v":1,"a":1,"key_1":6})");
}
