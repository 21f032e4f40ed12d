// Arguments: numbers, patterns, and keys shown in error texts.
#include "node/api/argument.hpp"

#include <doctest/doctest.h>

using namespace chord::api;

TEST_CASE("integers are read as strictly as Redis reads them") {
    CHECK(parse_integer("0") == 0);
    CHECK(parse_integer("-1") == -1);
    CHECK(parse_integer("9223372036854775807") == INT64_MAX);
    CHECK(parse_integer("-9223372036854775808") == INT64_MIN);
    for (const std::string_view bad : {"", "-", "+1", "01", "-0", "1 ", " 1", "1a", "0x1", "9223372036854775808",
                                       "-9223372036854775809", "--1", "1.0"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_integer(bad).has_value());
    }
}

TEST_CASE("glob patterns match as in Redis") {
    const auto match = [](std::string_view pattern, std::string_view text) { return glob_match(pattern, text, false); };
    CHECK(match("", ""));
    CHECK(match("*", ""));
    CHECK(match("*", "save"));
    CHECK(match("s*e", "save"));
    CHECK(match("s*a*e", "save"));
    CHECK(match("sav?", "save"));
    CHECK(match("[a-z]ave", "save"));
    CHECK(match("[z-a]ave", "save"));
    CHECK(match("[^x]ave", "save"));
    CHECK(match("[a", "a"));
    CHECK(match("\\*", "*"));
    CHECK(match("[\\]]", "]"));
    CHECK(match("a-[^b-d]", "a-e"));
    CHECK_FALSE(match("a-[^b-d]", "a-c"));
    CHECK_FALSE(match("", "a"));
    CHECK_FALSE(match("sav", "save"));
    CHECK_FALSE(match("save?", "save"));
    CHECK_FALSE(match("[^s]ave", "save"));
    CHECK_FALSE(match("\\*", "a"));
    CHECK_FALSE(match("SAVE", "save"));
    CHECK(glob_match("SA[V]E", "save", true));
}

TEST_CASE("a glob of many stars takes no exponential time") {
    std::string pattern;
    for (int i = 0; i < 1000; ++i) pattern += "a*";
    CHECK_FALSE(glob_match(pattern + "b", std::string(5000, 'a'), false));
}

TEST_CASE("keys in error texts are printable and short") {
    CHECK(quoted("dev/a") == "'dev/a'");
    CHECK(quoted(std::string_view("\x00\r\n\xff", 4)) == "'\\x00\\x0d\\x0a\\xff'");
    CHECK(quoted(std::string(65, 'k')) == "'" + std::string(64, 'k') + "...'");
}

TEST_CASE("letters' case is ignored in ASCII only") {
    CHECK(equals_ignoring_case("Get", "gET"));
    CHECK_FALSE(equals_ignoring_case("Get", "Gets"));
    CHECK_FALSE(equals_ignoring_case("\xc4", "\xe4"));
    CHECK(lower_case("CHORD.Get") == "chord.get");
}
