// Envelope: 11 bytes, one encoding, everything else refused.
#include "net/envelope.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;

constexpr Id kSender{{1, 2, 3, 4}};

Envelope sample() {
    Envelope envelope;
    envelope.kind = Kind::response;
    envelope.member = true;
    envelope.attempt = 3;
    envelope.request_id = 0x0102030405060708;
    envelope.sender = kSender;
    return envelope;
}

Raw bytes_of(const Envelope& envelope, const Raw& body = {}) {
    const auto head = encode(envelope);
    Raw bytes(head.begin(), head.end());
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
}

TEST_CASE("envelope: the fields stand where WIRE.md puts them, and who sent it does not stand there") {
    CHECK_EQ(kEnvelopeBytes, 11);
    CHECK_EQ(bytes_of(sample()), Raw{2, 1, 3, 1, 2, 3, 4, 5, 6, 7, 8});
    Envelope plain;
    CHECK_EQ(bytes_of(plain), Raw{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("envelope: comes back equal, with the sender that the session names and the body behind it") {
    const Raw bytes = bytes_of(sample(), {9, 8, 7});
    const auto parcel = parse_parcel(kSender, bytes);
    REQUIRE(parcel);
    CHECK(parcel->envelope == sample());
    CHECK_EQ(Raw(parcel->body.begin(), parcel->body.end()), Raw{9, 8, 7});
    const auto of_another = parse_parcel(Id{{5, 6, 7, 8}}, bytes);
    REQUIRE(of_another);
    CHECK((of_another->envelope.sender == Id{{5, 6, 7, 8}}));
}

TEST_CASE("envelope: too short, an unknown kind or a reserved flag is refused") {
    const Raw good = bytes_of(sample());
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(parse_parcel(kSender, std::span(good).first(size)));
    }
    CHECK(parse_parcel(kSender, good));
    const auto changed = [&good](std::size_t at, std::uint8_t value) {
        Raw bytes = good;
        bytes[at] = value;
        return parse_parcel(kSender, bytes).has_value();
    };
    CHECK(changed(0, 1));
    for (const std::uint8_t kind : Raw{0, 6, 0xc1, 0xff}) CHECK_FALSE(changed(0, kind));
    CHECK(changed(0, 3));
    for (const Kind kind : {Kind::working, Kind::again, Kind::coming}) {
        Envelope bodiless = sample();
        bodiless.kind = kind;
        CHECK_FALSE(parse_parcel(kSender, bytes_of(bodiless, {1})));
    }
    CHECK(changed(1, 0));
    for (const std::uint8_t flags : Raw{2, 4, 0x80, 0xff}) CHECK_FALSE(changed(1, flags));
}

TEST_CASE("envelope: a label is kind, attempt and tag; of a working none, of less than an envelope nothing") {
    using Label = std::array<std::uint8_t, 3>;
    CHECK((label_of(bytes_of(sample(), {9, 8})) == Label{2, 3, 9}));
    CHECK((label_of(bytes_of(sample())) == Label{2, 3, 0}));
    CHECK((label_of(Raw(kEnvelopeBytes - 1, 7)) == Label{}));
}

}  // namespace
}  // namespace chord::net
