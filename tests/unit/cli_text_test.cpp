#include "node/cli/text.hpp"

#include <doctest/doctest.h>

#include "node/cli/table.hpp"

using namespace chord::cli;
using std::chrono::milliseconds;

TEST_CASE("cli text: UTF-8 is the shortest form and no surrogate") {
    for (const char* good : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                             "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        CHECK(is_utf8(good));
    }
    for (const char* bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x20", "\xe0\x9f\xbf", "\xed\xa0\x80",
                            "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "ok\xff"}) {
        CHECK_FALSE(is_utf8(bad));
    }
    CHECK(is_utf8(std::string_view("\0", 1)));
    CHECK(text_width("h\xc3\xa9t\xff") == 4);
}

TEST_CASE("cli text: nothing printable moves a cursor") {
    CHECK(printable("farm \xc3\xa9") == "farm \xc3\xa9");
    CHECK(printable("\x1b[2J\r\n") == "\\x1b[2J\\x0d\\x0a");
    CHECK(printable("a\tb\nc\x07", true) == "a\tb\nc\\x07");
    CHECK(printable("\xc2\x9b"
                    "31m") == "\\xc2\\x9b31m");  // C1 CSI
    CHECK(printable("\xff\x7f") == "\\xff\\x7f");
}

TEST_CASE("cli text: base64, vectors of RFC 4648 section 10") {
    CHECK(base64("") == "");
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64("foob") == "Zm9vYg==");
    CHECK(base64("fooba") == "Zm9vYmE=");
    CHECK(base64("foobar") == "Zm9vYmFy");
    CHECK(base64("\xff\xfe\xfd") == "//79");
}

TEST_CASE("cli text: durations are read strictly") {
    CHECK(parse_duration("5s") == milliseconds(5000));
    CHECK(parse_duration("500ms") == milliseconds(500));
    CHECK(parse_duration("7") == milliseconds(7000));
    CHECK(parse_duration("1h30m") == milliseconds(5'400'000));
    CHECK(parse_duration("2d1ms") == milliseconds(172'800'001));
    CHECK(parse_duration("36525d") == milliseconds(std::int64_t{36'525} * 86'400'000));
    for (const char* bad : {"", "0", "0s", "s", "-5s", "+5s", "5 s", "5x", "1.5s", "30m1h", "1h1h", "5s5", "5ms5",
                            "36526d", "99999999999999999999s", "9223372036854775807d", "1h ", "infinity"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_duration(bad).has_value());
    }
}

TEST_CASE("cli text: amounts as people read them") {
    CHECK(duration_text(0) == "0s");
    CHECK(duration_text(1500) == "1.5s");
    CHECK(duration_text(3'558'000) == "59m18s");
    CHECK(duration_text(3'600'000) == "1h");
    CHECK(duration_text(1'051'200'000) == "12d4h");
    CHECK(duration_text(-1) == "?");
    CHECK(bytes_text(0) == "0 B");
    CHECK(bytes_text(1023) == "1023 B");
    CHECK(bytes_text(1024) == "1.0 KiB");
    CHECK(bytes_text(10'276'045) == "9.8 MiB");
    CHECK(bytes_text((std::int64_t{1} << 20) - 1) == "1.0 MiB");
    CHECK(bytes_text(INT64_MAX) == "8.0 EiB");
    CHECK(rtt_text(9) == "9ms");
    CHECK(rtt_text(38.44) == "38.4ms");
    CHECK(rtt_text(0.124) == "0.12ms");
    CHECK(rtt_text(999.96) == "1.0s");
    CHECK(rtt_text(-1) == "?");
    CHECK(rtt_text(1e300) == "?");
    CHECK(short_id("7f3a91c2aabbccdd") == "7f3a91c2");
    CHECK(short_id("7f\x1b") == "7f\\x1b");
}

TEST_CASE("cli table: columns align, no line ends in a blank, colour changes no width") {
    const std::vector<std::vector<Cell>> rows{
        {{"#", Style::faint, true}, {"name", Style::faint, false}, {"state", Style::faint, false}},
        {{"10", Style::plain, true}, {"h\xc3\xa9", Style::strong, false}, {"", Style::plain, false}},
        {{"1", Style::plain, true}, {"barn-3", Style::plain, false}, {"self", Style::bad, false}},
    };
    CHECK(table_text(rows, false) ==
          " #  name    state\n"
          "10  h\xc3\xa9\n"
          " 1  barn-3  self\n");
    std::string stripped;
    const std::string coloured = table_text(rows, true);
    for (std::size_t at = 0; at < coloured.size(); ++at) {
        if (coloured[at] == '\x1b')
            at = coloured.find('m', at);
        else
            stripped.push_back(coloured[at]);
    }
    CHECK(stripped == table_text(rows, false));
    CHECK(coloured != stripped);
    CHECK(table_text({}, true).empty());
}
