// Replies byte by byte in both protocols.
#include "node/api/resp_writer.hpp"

#include <limits>

#include <doctest/doctest.h>

using namespace chord::api;

namespace {

template <typename Write>
std::string in(Protocol protocol, Write write) {
    std::string out;
    RespWriter writer(out, protocol);
    write(writer);
    return out;
}

}  // namespace

TEST_CASE("what both protocols share") {
    for (const Protocol protocol : {Protocol::resp2, Protocol::resp3}) {
        CHECK(in(protocol, [](RespWriter& w) { w.simple("OK"); }) == "+OK\r\n");
        CHECK(in(protocol, [](RespWriter& w) { w.error("ERR no"); }) == "-ERR no\r\n");
        CHECK(in(protocol, [](RespWriter& w) { w.integer(std::numeric_limits<std::int64_t>::min()); }) ==
              ":-9223372036854775808\r\n");
        CHECK(in(protocol, [](RespWriter& w) { w.unsigned_integer(UINT64_MAX); }) == ":9223372036854775807\r\n");
        CHECK(in(protocol, [](RespWriter& w) { w.bulk(std::string_view("a\r\n\0", 4)); }) ==
              std::string("$4\r\na\r\n\0\r\n", 10));
        CHECK(in(protocol, [](RespWriter& w) { w.array(2); }) == "*2\r\n");
    }
}

TEST_CASE("an error stays on one line") {
    CHECK(in(Protocol::resp2, [](RespWriter& w) { w.error("ERR a\r\nb\n"); }) == "-ERR a  b \r\n");
}

TEST_CASE("an error behind other replies leaves those alone") {
    std::string out = "+OK\r\n";
    RespWriter(out, Protocol::resp2).error("ERR x\ny");
    CHECK(out == "+OK\r\n-ERR x y\r\n");
}

TEST_CASE("RESP3 types and what RESP2 makes of them") {
    const auto both = [](auto write) { return in(Protocol::resp2, write) + "|" + in(Protocol::resp3, write); };
    CHECK(both([](RespWriter& w) { w.null(); }) == "$-1\r\n|_\r\n");
    CHECK(both([](RespWriter& w) { w.boolean(true); }) == ":1\r\n|#t\r\n");
    CHECK(both([](RespWriter& w) { w.boolean(false); }) == ":0\r\n|#f\r\n");
    CHECK(both([](RespWriter& w) { w.real(14.2); }) == "$4\r\n14.2\r\n|,14.2\r\n");
    CHECK(both([](RespWriter& w) { w.real(1); }) == "$1\r\n1\r\n|,1\r\n");
    CHECK(both([](RespWriter& w) { w.map(2); }) == "*4\r\n|%2\r\n");
    CHECK(both([](RespWriter& w) { w.set(2); }) == "*2\r\n|~2\r\n");
    CHECK(both([](RespWriter& w) { w.verbatim("hi"); }) == "$2\r\nhi\r\n|=6\r\ntxt:hi\r\n");
}
