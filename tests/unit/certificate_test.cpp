// Certificates: byte for byte, one encoding per content, positions, and the times that follow.
#include "net/admission/certificate.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "node/core/base/hash.hpp"
#include "tests/support/fleet_parts.hpp"

namespace chord::net::admission {
namespace {

using Raw = std::vector<std::uint8_t>;
using testing::Device;
using testing::Fleet;

template <std::size_t kSize>
bool stands_at(const Raw& raw, std::size_t offset, const std::array<std::uint8_t, kSize>& bytes) {
    return std::equal(bytes.begin(), bytes.end(), raw.begin() + static_cast<std::ptrdiff_t>(offset));
}

TEST_CASE("certificate: the bytes are those of the table") {
    const Fleet fleet;
    const Device device(2);
    SignedCertificate certificate = fleet.admit(device, "pump-1", "barn", 1);
    certificate.content.capacity = 9;
    certificate.content.invite = 0x0a0b0c0d;
    certificate.content.use = 0x01020304;
    certificate = issue(certificate.content, fleet.key);
    const Raw raw = encode(certificate);
    REQUIRE_EQ(raw.size(), 125 + 7 + 5 + 64);
    CHECK_EQ(raw[0], 1);
    CHECK(stands_at(raw, 1, fleet.network));
    CHECK(stands_at(raw, 17, device.key.public_key()));
    CHECK(stands_at(raw, 49, device.static_key.public_key()));
    CHECK(stands_at(raw, 81, testing::rolled<16>(7)));
    CHECK_EQ(Raw(raw.begin() + 97, raw.begin() + 100), Raw{8, 1, 9});
    CHECK_EQ(Raw(raw.begin() + 100, raw.begin() + 109), Raw{0, 0x6a, 0xb1, 0x3b, 0x80, 0x01, 0xe2, 0x85, 0x00});
    CHECK(stands_at(raw, 109, issuer_id(fleet.key.public_key())));
    CHECK_EQ(Raw(raw.begin() + 117, raw.begin() + 125), Raw{0x0a, 0x0b, 0x0c, 0x0d, 1, 2, 3, 4});
    CHECK_EQ(std::string(raw.begin() + 125, raw.begin() + 137), "\6pump-1\4barn");
    CHECK(is_signed(Purpose::certificate, View(raw).first(137), certificate.signature, fleet.key.public_key()));
    CHECK(stands_at(raw, 137, certificate.signature));
    CHECK_EQ(certificate.content.serial(), 0x0a0b0c0d01020304);
}

TEST_CASE("certificate: with the longest name and tag it fills a handshake's 224 bytes") {
    const Fleet fleet;
    const SignedCertificate certificate =
        fleet.admit(Device(2), std::string(kNameBytesMax, 'n'), std::string(kTagBytesMax, 't'));
    CHECK_EQ(shown_form(certificate, 7).size(), 224);
    CHECK_EQ(parse_shown_certificate(shown_form(certificate, 7))->certificate, certificate);
}

TEST_CASE(
    "certificate: whatever is parsed is encoded as the same bytes, and every change is refused or another content") {
    const Fleet fleet;
    const SignedCertificate certificate = fleet.admit(Device(2));
    const Raw raw = encode(certificate);
    REQUIRE_EQ(*parse_certificate(raw), certificate);
    for (std::size_t bit = 0; bit < raw.size() * 8; ++bit) {
        const Raw changed = testing::flipped(raw, bit);
        const Result<SignedCertificate> parsed = parse_certificate(changed);
        if (!parsed) continue;
        CAPTURE(bit);
        CHECK_EQ(encode(*parsed), changed);
        CHECK_FALSE(is_issued_by(*parsed, fleet.key.public_key()));
    }
    for (std::size_t size = 0; size < raw.size(); ++size) CHECK_FALSE(parse_certificate(View(raw).first(size)));
    Raw longer = raw;
    longer.insert(longer.end() - 64, 0);
    CHECK_FALSE(parse_certificate(longer));
}

TEST_CASE("certificate: the position index is not signed, and must be one of K") {
    const Fleet fleet;
    Certificate content = fleet.admit(Device(2)).content;
    content.positions = 3;
    const SignedCertificate certificate = issue(content, fleet.key);
    Raw shown = shown_form(certificate, 2);
    CHECK_EQ(shown[0], 2);
    CHECK_EQ(parse_shown_certificate(shown)->position, 2);
    shown[1] = 0;
    CHECK(is_issued_by(parse_shown_certificate(shown)->certificate, fleet.key.public_key()));
    shown[1] = 3;
    CHECK_FALSE(parse_shown_certificate(shown));
    shown[1] = 0;
    for (const int kind : {0, 1, 3, 255}) {
        shown[0] = static_cast<std::uint8_t>(kind);
        CHECK_FALSE(parse_shown_certificate(shown));
    }
    CHECK_FALSE(parse_shown_certificate({}));
}

TEST_CASE("certificate: contents that no issuer may write are not read either") {
    const Fleet fleet;
    const Certificate good = fleet.admit(Device(2)).content;
    REQUIRE(is_well_formed(good));
    std::vector<Certificate> bad(8, good);
    bad[0].name = "";
    bad[1].name = "Pump";
    bad[2].tag = "-";
    bad[3].positions = 0;
    bad[4].positions = 9;
    bad[5].lifetime = 0;
    bad[6].not_before = kSecondsMax;
    bad[7].name = std::string(21, 'a');
    for (const Certificate& each : bad) CHECK_FALSE(is_well_formed(each));
    // The byte of K, and the four of the lifetime, in otherwise right bytes.
    Raw raw = encode(fleet.admit(Device(2)));
    raw[97] = 0;
    CHECK_FALSE(parse_certificate(raw));
    raw[97] = 9;
    CHECK_FALSE(parse_certificate(raw));
    raw[97] = 8;
    std::fill(raw.begin() + 105, raw.begin() + 109, std::uint8_t{0});
    CHECK_FALSE(parse_certificate(raw));
}

TEST_CASE("certificate: its positions are those of the network, the nonce and the sign key") {
    const Fleet fleet;
    const Certificate certificate = fleet.admit(Device(2)).content;
    const auto text = [](const auto& bytes) {
        return BytesView(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    for (std::uint8_t index = 0; index < 8; ++index) {
        CHECK_EQ(certificate.position(index),
                 position_id(text(fleet.network), text(certificate.nonce), text(certificate.sign_key), index));
    }
}

TEST_CASE("certificate: it ends after its lifetime and is renewed after two thirds, for the longest too") {
    Certificate certificate;
    certificate.not_before = 1000;
    certificate.lifetime = 300;
    CHECK_EQ(certificate.not_after(), 1300);
    CHECK_EQ(certificate.renew_from(), 1200);
    certificate.lifetime = 0xffffffff;
    CHECK_EQ(certificate.renew_from(), 1000 + 2863311530U);
}

TEST_CASE("certificate: a renewal is of the same device at the same places, whatever else it grants") {
    const Fleet fleet;
    const Certificate old = fleet.admit(Device(2)).content;
    Certificate renewed = old;
    renewed.not_before += 1000;
    renewed.lifetime += 5;
    renewed.roles = 3;
    renewed.issuer = {9};
    CHECK(is_renewal(old, renewed));
    std::vector<Certificate> others(5, renewed);
    others[0].network[0] = static_cast<std::uint8_t>(~old.network[0]);
    others[1].sign_key = Device(3).key.public_key();
    others[2].static_key = Device(3).static_key.public_key();
    others[3].nonce = {};
    others[4].positions = 7;
    for (const Certificate& other : others) CHECK_FALSE(is_renewal(old, other));
    renewed.not_before = old.not_before;
    renewed.lifetime = old.lifetime;
    CHECK_FALSE(is_renewal(old, renewed));  // ends no later: nothing would be gained
}

TEST_CASE("certificate: another key with the issuer's name is not its issuer") {
    const Fleet fleet;
    const SignedCertificate certificate = fleet.admit(Device(2));
    CHECK(is_issued_by(certificate, fleet.key.public_key()));
    CHECK_FALSE(is_issued_by(certificate, testing::signing_key(5).public_key()));
    SignedCertificate renamed = certificate;
    renamed.content.issuer = issuer_id(testing::signing_key(5).public_key());
    CHECK_FALSE(is_issued_by(renamed, testing::signing_key(5).public_key()));
    // Signed by one, naming another: no issue() makes it.
    Raw body = encode(certificate);
    body.resize(body.size() - 64);
    const Signature signature = testing::signing_key(5).sign(Purpose::certificate, body);
    const SignedCertificate crossed = *parse_certificate(with_signature(std::move(body), signature));
    CHECK_FALSE(is_issued_by(crossed, testing::signing_key(5).public_key()));
}

}  // namespace
}  // namespace chord::net::admission
