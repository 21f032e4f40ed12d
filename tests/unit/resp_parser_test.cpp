// The request parser: every split, every limit, and bytes that are no RESP.
#include "node/api/resp_parser.hpp"

#include "node/core/base/rng.hpp"

#include <doctest/doctest.h>

using namespace chord;
using namespace chord::api;

namespace {

using Outcome = RespParser::Outcome;

/// Everything that the parser makes of the bytes, one line a command.
void drain(RespParser& parser, std::string& seen) {
    for (;;) {
        switch (parser.parse()) {
            case Outcome::incomplete: return;
            case Outcome::error:
                if (seen.find("error:") == std::string::npos) seen += "error: " + std::string(parser.error());
                return;
            case Outcome::command:
                if (const auto& oversize = parser.oversize()) {
                    seen += "oversize " + std::to_string(static_cast<int>(oversize->what)) + " " +
                            std::to_string(oversize->size) + " at " + std::to_string(oversize->index) + ":";
                }
                for (const BytesView arg : parser.arguments()) seen += "[" + std::string(arg) + "]";
                seen += "\n";
                parser.consume();
        }
    }
}

std::string parse_whole(BytesView bytes) {
    RespParser parser;
    std::string seen;
    parser.feed(bytes);
    drain(parser, seen);
    return seen;
}

std::string parse_split(BytesView bytes, const std::vector<std::size_t>& cuts) {
    RespParser parser;
    std::string seen;
    std::size_t from = 0;
    for (const std::size_t cut : cuts) {
        parser.feed(bytes.substr(from, cut - from));
        drain(parser, seen);
        from = cut;
    }
    parser.feed(bytes.substr(from));
    drain(parser, seen);
    return seen;
}

const std::string kMixed =
    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\nPING\r\n\r\n*1\r\n$0\r\n\r\n*0\r\n*-1\r\n"
    "ECHO \"a\\x41\\n\" 'it\\'s' plain\n*2\r\n$3\r\nGET\r\n$2\r\n\0\xff\r\n";

}  // namespace

TEST_CASE("arrays and inline commands") {
    CHECK(parse_whole("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n") == "[GET][k]\n");
    CHECK(parse_whole("PING\r\n") == "[PING]\n");
    CHECK(parse_whole("  set\tk   v \r\n") == "[set][k][v]\n");
    CHECK(parse_whole("PING\n") == "[PING]\n");
    CHECK(parse_whole("*1\r\n$0\r\n\r\n") == "[]\n");
    CHECK(parse_whole("*2\r\n$3\r\nGET\r\n$1\r\n").empty());
}

TEST_CASE("quotes in inline commands are those of redis-cli") {
    CHECK(parse_whole("ECHO \"a b\"\r\n") == "[ECHO][a b]\n");
    CHECK(parse_whole("ECHO \"\\x41\\n\\t\\\"\\q\"\r\n") == "[ECHO][A\n\t\"q]\n");
    CHECK(parse_whole("ECHO 'a\\'b\\n'\r\n") == "[ECHO][a'b\\n]\n");
    CHECK(parse_whole("ECHO ab\"cd\"\r\n") == "[ECHO][abcd]\n");
    CHECK(parse_whole("ECHO \"\"\r\n") == "[ECHO][]\n");
    CHECK(parse_whole("ECHO \"\\xzz\"\r\n") == "[ECHO][xzz]\n");
    for (const std::string_view bad : {"ECHO \"a\r\n", "ECHO 'a\r\n", "ECHO \"a\"b\r\n", "ECHO \"a\\\r\n"}) {
        CAPTURE(bad);
        CHECK(parse_whole(bad) == "error: Protocol error: unbalanced quotes in request");
    }
}

TEST_CASE("the split into reads makes no difference: every pair of cuts") {
    const std::string whole = parse_whole(kMixed);
    REQUIRE(whole.size() > 40);
    for (std::size_t first = 0; first <= kMixed.size(); ++first) {
        for (std::size_t second = first; second <= kMixed.size(); ++second) {
            REQUIRE(parse_split(kMixed, {first, second}) == whole);
        }
    }
}

TEST_CASE("the split into reads makes no difference: byte by byte, errors and oversize too") {
    for (const std::string& bytes : {kMixed, std::string("*2\r\n$3\r\nGET\r\n$x\r\n"),
                                     "*2\r\n$3\r\nGET\r\n$1100000\r\n" + std::string(1100000, 'v') + "\r\nPING\r\n",
                                     std::string("*1\r\nPING\r\n"), std::string("*2\r\n$1\r\nabc\r\n")}) {
        std::vector<std::size_t> cuts;
        for (std::size_t i = 0; i < bytes.size(); ++i) cuts.push_back(i);
        CHECK(parse_split(bytes, cuts) == parse_whole(bytes));
    }
}

TEST_CASE("bytes that are no RESP end in Redis' texts") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"*abc\r\n", "invalid multibulk length"},
        {"*2147483648\r\n", "invalid multibulk length"},
        {"*1\r\nPING\r\n", "expected '$', got 'P'"},
        {"*1\r\n$abc\r\n", "invalid bulk length"},
        {"*1\r\n$-1\r\n", "invalid bulk length"},
        {"*1\r\n$1073741824\r\n", "invalid bulk length"},
        {"*1\r\n$99999999999999999999\r\n", "invalid bulk length"},
        {"*1\r\n$3\r\nabcXX", "expected CRLF after bulk string"},
        {std::string(kLineBytesMax + 1, 'x'), "too big inline request"},
        {"*" + std::string(kLineBytesMax + 1, '1'), "too big mbulk count string"},
        {"*1\r\n$" + std::string(kLineBytesMax + 1, '1'), "too big bulk count string"},
    };
    for (const auto& wrong : cases) {
        CAPTURE(wrong.second);
        CHECK(parse_whole(wrong.first) == "error: Protocol error: " + wrong.second);
    }
}

TEST_CASE("an error is for ever and keeps nothing") {
    RespParser parser;
    parser.feed("*x\r\n");
    CHECK(parser.parse() == Outcome::error);
    parser.feed("PING\r\n");
    CHECK(parser.parse() == Outcome::error);
    CHECK(parser.buffered() == 0);
}

TEST_CASE("a 400 MB argument is read in constant memory, and the next command is found") {
    RespParser parser;
    parser.feed("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$419430400\r\n");
    const std::string chunk(64 * 1024, 'v');
    std::size_t most = 0;
    for (std::size_t sent = 0; sent < 419430400; sent += chunk.size()) {
        parser.feed(chunk);
        REQUIRE(parser.parse() == Outcome::incomplete);
        most = std::max(most, parser.buffered());
    }
    CHECK(most < 2 * chunk.size());
    parser.feed("\r\nPING\r\n");
    REQUIRE(parser.parse() == Outcome::command);
    REQUIRE(parser.oversize());
    CHECK(parser.oversize()->what == Oversize::What::argument);
    CHECK(parser.oversize()->size == 419430400);
    CHECK(parser.oversize()->index == 2);
    CHECK(parser.arguments()[0] == "SET");
    CHECK(parser.arguments()[2].empty());
    parser.consume();
    REQUIRE(parser.parse() == Outcome::command);
    CHECK(parser.arguments()[0] == "PING");
}

TEST_CASE("arguments of exactly the limit are kept, one more is not") {
    const auto echo = [](std::size_t size) {
        return "*2\r\n$4\r\nECHO\r\n$" + std::to_string(size) + "\r\n" + std::string(size, 'e') + "\r\n";
    };
    CHECK(parse_whole(echo(kArgumentBytesMax)) == "[ECHO][" + std::string(kArgumentBytesMax, 'e') + "]\n");
    CHECK(parse_whole(echo(kArgumentBytesMax + 1)) == "oversize 0 1048577 at 1:[ECHO][]\n");
}

TEST_CASE("a command of too many arguments is dropped in constant memory") {
    RespParser parser;
    parser.feed("*1000000\r\n");
    std::size_t most = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        parser.feed("$1\r\nk\r\n");
        if (i < 999'999) REQUIRE(parser.parse() == Outcome::incomplete);
        most = std::max(most, parser.buffered());
    }
    REQUIRE(parser.parse() == Outcome::command);
    CHECK(most < 100);
    REQUIRE(parser.oversize());
    CHECK(parser.oversize()->what == Oversize::What::arguments);
    CHECK(parser.oversize()->size == 1'000'000);
    CHECK(parser.arguments().empty());

    std::string line = "DEL";
    for (std::size_t i = 0; i < kArgumentsMax; ++i) line += " k";
    CHECK(parse_whole(line + "\r\nPING\r\n") == "oversize 1 1025 at 0:\n[PING]\n");
}

TEST_CASE("a command of too many bytes is dropped beyond the bound") {
    RespParser parser;
    parser.feed("*100\r\n");
    const std::string argument = "$65536\r\n" + std::string(65536, 'a') + "\r\n";
    std::size_t most = 0;
    for (int i = 0; i < 100; ++i) {
        parser.feed(argument);
        parser.parse();
        most = std::max(most, parser.buffered());
    }
    REQUIRE(parser.parse() == Outcome::command);
    CHECK(most < kCommandBytesMax + 4 * argument.size());
    REQUIRE(parser.oversize());
    CHECK(parser.oversize()->what == Oversize::What::command);
    CHECK(parser.oversize()->index == 32);
}

TEST_CASE("a command that is dropped behind others, in random pieces, leaves those behind it right") {
    const std::string large =
        "*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$1100000\r\n" + std::string(1100000, 'v') + "\r\n$2\r\nxx\r\n";
    const std::string bytes = "PING\r\nPING\r\n" + large + "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n" + large + "PING\r\n";
    const std::string dropped = "oversize 0 1100000 at 2:[SET][k][][]\n";
    const std::string expected = "[PING]\n[PING]\n" + dropped + "[GET][k]\n" + dropped + "[PING]\n";
    Rng rng(3);
    for (int round = 0; round < 300; ++round) {
        std::vector<std::size_t> cuts;
        for (std::size_t at = rng.below(60); at < bytes.size();
             at += rng.chance(1, 2) ? 1 + rng.below(20) : rng.below(1100000)) {
            cuts.push_back(at);
        }
        REQUIRE(parse_split(bytes, cuts) == expected);
    }
}

TEST_CASE("declared lengths reserve nothing") {
    RespParser parser;
    parser.feed("*2147483647\r\n$536870912\r\n");
    CHECK(parser.parse() == Outcome::incomplete);
    CHECK(parser.buffered() < 64);
}

TEST_CASE("a command stays readable while more bytes arrive behind it") {
    RespParser parser;
    parser.feed("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
    REQUIRE(parser.parse() == Outcome::command);
    parser.feed(std::string(10000, ' ') + "PING\r\n");
    REQUIRE(parser.parse() == Outcome::command);
    CHECK(parser.arguments()[1] == "k");
}

TEST_CASE("garbage never breaks the bound or the independence of the split") {
    Rng rng(1);
    const std::string_view alphabet = "*$0123456789-\r\n\r\n\"'\\xaG ";
    for (int round = 0; round < 3000; ++round) {
        std::string bytes;
        for (std::uint64_t i = rng.below(60); i > 0; --i) bytes += alphabet[rng.below(alphabet.size())];
        const std::size_t cut = rng.below(bytes.size() + 1);
        CAPTURE(bytes);
        REQUIRE(parse_split(bytes, {cut}) == parse_whole(bytes));
    }
}
