// Labels, times and signed parts: one way to write each, and nothing else is read.
#include "net/admission/fields.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace chord::net::admission {
namespace {

using Raw = std::vector<std::uint8_t>;

TEST_CASE("fields: a label is small letters, digits, '-', '_' and '.', and begins with a letter or digit") {
    for (const char* good : {"a", "0", "pump-1", "gate_9.north", "a-"}) CHECK(is_label(good, 20));
    for (const char* bad : {"", "-a", ".a", "_a", "Pump", "a b", "a/b", "a\n", "\xc3\xa4", "a$b"}) {
        CHECK_FALSE(is_label(bad, 20));
    }
    CHECK(is_name(std::string(20, 'a')));
    CHECK_FALSE(is_name(std::string(21, 'a')));
    CHECK(is_tag(""));
    CHECK(is_tag(std::string(11, 'a')));
    CHECK_FALSE(is_tag(std::string(12, 'a')));
}

TEST_CASE("fields: labels and times are read as they were written") {
    const Raw raw = encoded<64>([](Writer& writer) {
        write_label(writer, "barn");
        write_label(writer, "");
        write_seconds(writer, kSecondsMax);
        write_seconds(writer, 0x0102030405);
    });
    CHECK_EQ(raw, Raw{4, 'b', 'a', 'r', 'n', 0, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5});
    Reader reader(raw);
    CHECK_EQ(read_label(reader, 11), "barn");
    CHECK_EQ(read_label(reader, 11), "");
    CHECK_EQ(read_seconds(reader), kSecondsMax);
    CHECK_EQ(read_seconds(reader), 0x0102030405);
    CHECK(reader.finish());
}

TEST_CASE("fields: a label that is too long, cut short or of other letters makes the reader fail") {
    for (const Raw& raw : {Raw{5, 'a', 'b', 'c', 'd', 'e'}, Raw{2, 'a'}, Raw{1, 'A'}, Raw{1, 0}, Raw{}}) {
        Reader reader(raw);
        CHECK_EQ(read_label(reader, 4), "");
        CHECK(reader.failed());
    }
}

TEST_CASE("fields: signed parts are the last 64 bytes and what stands before") {
    Signature signature{};
    signature[0] = 7;
    const Raw whole = with_signature({1, 2}, signature);
    REQUIRE_EQ(whole.size(), 66);
    CHECK_EQ(signed_parts(whole)->body.size(), 2);
    CHECK_EQ(signed_parts(whole)->signature, signature);
    CHECK_EQ(signed_parts(View(whole).first(64))->body.size(), 0);
    CHECK_EQ(signed_parts(View(whole).first(63)).error(), Error::bad_message);
}

}  // namespace
}  // namespace chord::net::admission
