// Frame: sixteen clear bytes, one encoding, everything else refused.
#include "net/channel/frame.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;

constexpr FrameKind kKinds[] = {FrameKind::data,    FrameKind::xx_open,   FrameKind::xx_answer, FrameKind::xx_finish,
                                FrameKind::ik_open, FrameKind::ik_answer, FrameKind::cookie};

Raw bytes_of(const FrameHead& head) {
    const auto bytes = encode(head);
    return {bytes.begin(), bytes.end()};
}

bool is_refused(const FrameHead& head) {
    const auto parsed = parse_frame_head(bytes_of(head));
    if (!parsed) CHECK_EQ(parsed.error(), Error::bad_message);
    return !parsed;
}

TEST_CASE("frame: the fields stand where WIRE.md puts them") {
    CHECK_EQ(bytes_of({FrameKind::data, SessionIndex{0x01020304}, 0x05060708090a0b0c}),
             Raw{0xc2, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
    CHECK_EQ(bytes_of({FrameKind::ik_answer, SessionIndex{0xfffefdfc}, 0xfbfaf9f8}),
             Raw{0xc2, 6, 0, 0, 0xff, 0xfe, 0xfd, 0xfc, 0, 0, 0, 0, 0xfb, 0xfa, 0xf9, 0xf8});
    CHECK_EQ(static_cast<int>(FrameKind::xx_open), 2);
    CHECK_EQ(static_cast<int>(FrameKind::xx_answer), 3);
    CHECK_EQ(static_cast<int>(FrameKind::xx_finish), 4);
    CHECK_EQ(static_cast<int>(FrameKind::ik_open), 5);
    CHECK_EQ(static_cast<int>(FrameKind::cookie), 7);
}

TEST_CASE("frame: every kind comes back equal, whatever stands behind the head") {
    for (const FrameKind kind : kKinds) {
        CAPTURE(static_cast<int>(kind));
        const bool opens = kind == FrameKind::xx_open || kind == FrameKind::ik_open;
        const bool numbered = kind != FrameKind::xx_finish && kind != FrameKind::cookie;
        const FrameHead head{kind, SessionIndex{opens ? 0U : 77U}, numbered ? 99U : 0U};
        Raw bytes = bytes_of(head);
        bytes.resize(500, 0xee);
        const auto parsed = parse_frame_head(bytes);
        REQUIRE(parsed);
        CHECK(*parsed == head);
    }
}

TEST_CASE("frame: less than a head, an unknown kind and other bytes where zeros are due are refused") {
    const Raw good = bytes_of({FrameKind::data, SessionIndex{1}, 2});
    for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(parse_frame_head(std::span(good).first(size)));
    CHECK(parse_frame_head(good));
    for (int kind = 0; kind < 256; ++kind) {
        Raw bytes = bytes_of({FrameKind::xx_finish, {}, 0});
        bytes[1] = static_cast<std::uint8_t>(kind);
        CHECK_EQ(parse_frame_head(bytes).has_value(), kind >= 1 && kind <= 7);
    }
    for (const std::size_t zero : {2U, 3U}) {
        Raw bytes = good;
        bytes[zero] = 1;
        CHECK_FALSE(parse_frame_head(bytes));
    }
}

TEST_CASE("frame: who opens names no receiver, a sender's index has 32 bits, and where no number belongs is none") {
    constexpr std::uint64_t kBeyond = std::uint64_t{1} << 32;
    for (const FrameKind kind : {FrameKind::xx_open, FrameKind::ik_open}) {
        CHECK_FALSE(is_refused({kind, {}, kBeyond - 1}));
        CHECK(is_refused({kind, SessionIndex{1}, 1}));
        CHECK(is_refused({kind, {}, kBeyond}));
    }
    for (const FrameKind kind : {FrameKind::xx_answer, FrameKind::ik_answer}) {
        CHECK_FALSE(is_refused({kind, SessionIndex{1}, kBeyond - 1}));
        CHECK(is_refused({kind, SessionIndex{1}, kBeyond}));
    }
    for (const FrameKind kind : {FrameKind::xx_finish, FrameKind::cookie}) {
        CHECK_FALSE(is_refused({kind, SessionIndex{1}, 0}));
        CHECK(is_refused({kind, SessionIndex{1}, 1}));
        CHECK(is_refused({kind, SessionIndex{1}, kBeyond}));
    }
    CHECK_FALSE(is_refused({FrameKind::data, SessionIndex{1}, ~std::uint64_t{0}}));
}

TEST_CASE("frame: the version is one byte, and the head is read whatever it says") {
    for (int version = 0; version < 256; ++version) {
        Raw bytes = bytes_of({FrameKind::data, SessionIndex{1}, 2});
        bytes[0] = static_cast<std::uint8_t>(version);
        CHECK_EQ(has_wire_version(bytes), version == 0xc2);
        CHECK(parse_frame_head(bytes));
    }
}

}  // namespace
}  // namespace chord::net
