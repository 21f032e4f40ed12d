// Envelope: 44 bytes, one encoding, everything else refused.
#include "net/envelope.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;

Envelope sample() {
    Envelope envelope;
    envelope.kind = Kind::response;
    envelope.member = true;
    envelope.attempt = 3;
    envelope.request_id = 0x0102030405060708;
    envelope.sender.words = {1, 2, 3, 4};
    return envelope;
}

Raw bytes_of(const Envelope& envelope, const Raw& body = {}) {
    const auto head = encode(envelope);
    Raw bytes(head.begin(), head.end());
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
}

TEST_CASE("envelope: the fields stand where WIRE.md puts them") {
    const Raw bytes = bytes_of(sample());
    REQUIRE_EQ(bytes.size(), kEnvelopeBytes);
    CHECK_EQ(Raw(bytes.begin(), bytes.begin() + 12), Raw{0xc1, 2, 1, 3, 1, 2, 3, 4, 5, 6, 7, 8});
    CHECK_EQ(bytes[19], 1);
    CHECK_EQ(bytes[43], 4);
}

TEST_CASE("envelope: comes back equal, with the body behind it") {
    const Raw bytes = bytes_of(sample(), {9, 8, 7});
    const auto parcel = parse_parcel(bytes);
    REQUIRE(parcel);
    CHECK(parcel->envelope == sample());
    CHECK_EQ(Raw(parcel->body.begin(), parcel->body.end()), Raw{9, 8, 7});
}

TEST_CASE("envelope: too short, another version, an unknown kind or a reserved flag is refused") {
    const Raw good = bytes_of(sample());
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(parse_parcel(std::span(good).first(size)));
    }
    const auto changed = [&good](std::size_t at, std::uint8_t value) {
        Raw bytes = good;
        bytes[at] = value;
        return parse_parcel(bytes).has_value();
    };
    CHECK(changed(1, 1));
    for (const std::uint8_t version : Raw{0x00, 0xc0, 0xc2, 0xff}) CHECK_FALSE(changed(0, version));
    for (const std::uint8_t kind : Raw{0, 4, 0xff}) CHECK_FALSE(changed(1, kind));
    CHECK(changed(1, 3));
    Envelope working = sample();
    working.kind = Kind::working;
    CHECK_FALSE(parse_parcel(bytes_of(working, {1})));  // it has no body
    for (const std::uint8_t flags : Raw{2, 3, 0x80, 0xff}) CHECK_FALSE(changed(2, flags));
}

}  // namespace
}  // namespace chord::net
