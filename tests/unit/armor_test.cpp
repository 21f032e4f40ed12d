// Text for people's hands: armour, base32, fingerprints.
#include "net/admission/armor.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using Raw = std::vector<std::uint8_t>;

Raw rolled(std::size_t size) {
    Rng rng(size);
    Raw made(size);
    for (std::uint8_t& byte : made) byte = static_cast<std::uint8_t>(rng.next());
    return made;
}

TEST_CASE("armor: RFC 7468's form, lines of 64") {
    CHECK_EQ(armored("CHORD REQUEST", Raw{'M', 'a', 'n'}),
             "-----BEGIN CHORD REQUEST-----\nTWFu\n-----END CHORD REQUEST-----\n");
    const std::string text = armored("CHORD REQUEST", rolled(100));
    CHECK_EQ(std::count(text.begin(), text.end(), '\n'), 2 + 3);
    CHECK_EQ(text.find('\n', 30) - 30, 64);
}

TEST_CASE("armor: all sizes come back, with mail's line ends and text around it") {
    for (std::size_t size = 0; size < 200; ++size) {
        const Raw bytes = rolled(size);
        std::string text = armored(kCertificateArmor, bytes);
        CHECK_EQ(unarmored(kCertificateArmor, text), bytes);
        for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2) text.replace(at, 1, "\r\n");
        CHECK_EQ(unarmored(kCertificateArmor, "Hello,\r\n" + text + "regards"), bytes);
    }
    CHECK_EQ(unarmored(kFleetListArmor, armored(kFleetListArmor, rolled(kArmorBytesMax)))->size(), kArmorBytesMax);
}

TEST_CASE("armor: around nothing at all it carries nothing") {
    CHECK_EQ(unarmored(kRequestArmor, "-----BEGIN CHORD REQUEST----------END CHORD REQUEST-----"), Raw{});
}

TEST_CASE("armor: another label, no end, letters that are none, and too much are refused") {
    const std::string text = armored(kCertificateArmor, rolled(50));
    CHECK_FALSE(unarmored(kRequestArmor, text));
    CHECK_FALSE(unarmored(kCertificateArmor, text.substr(0, text.size() - 3)));
    CHECK_FALSE(unarmored(kCertificateArmor, text.substr(1)));
    std::string bad = text;
    bad[40] = '*';
    CHECK_FALSE(unarmored(kCertificateArmor, bad));
    CHECK_FALSE(unarmored(kCertificateArmor, ""));
    std::string big = "-----BEGIN CHORD REQUEST-----\n" + std::string(kArmorBytesMax / 3 * 4 + 8, 'A') +
                      "\n-----END CHORD REQUEST-----\n";
    CHECK_FALSE(unarmored(kRequestArmor, big));
}

TEST_CASE("armor: base32 as Crockford wrote it") {
    CHECK_EQ(base32(Raw{}), "");
    CHECK_EQ(base32(Raw{0xff}), "zw");
    CHECK_EQ(base32(Raw{'f', 'o', 'o', 'b', 'a'}), "csqpyrk1");  // RFC 4648's "MZXW6YTB" in the other alphabet
    for (std::size_t size = 0; size < 100; ++size) CHECK_EQ(from_base32(base32(rolled(size))), rolled(size));
}

TEST_CASE("armor: base32 forgives what people do, and nothing else") {
    const Raw bytes = {0x00, 0x44, 0x32, 0x14, 0xc7};
    REQUIRE_EQ(base32(bytes), "01234567");
    for (const char* same : {"O1234567", "oI234567", "ol234567", "0L23-4567", " 0123\r\n4567 \t"}) {
        CHECK_EQ(from_base32(same), bytes);
    }
    CHECK_EQ(from_base32(base32(rolled(40))), rolled(40));
    for (const char* bad : {"u1234567", "0123456!", "0", "012345678", "zx", "\xc3\xa4"}) CHECK_FALSE(from_base32(bad));
}

TEST_CASE("armor: a fingerprint is eight groups of four capitals, of the whole key") {
    const VerifyKey key = testing::signing_key(1).public_key();
    const std::string text = fingerprint(key);
    REQUIRE_EQ(text.size(), 39);
    CHECK_EQ(std::count(text.begin(), text.end(), '-'), 7);
    CHECK(std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; }));
    VerifyKey other = key;
    other[31] = static_cast<std::uint8_t>(other[31] ^ 1);
    CHECK_NE(fingerprint(other), text);
}

}  // namespace
}  // namespace chord::net::admission
