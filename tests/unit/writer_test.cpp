// Writer: big-endian fields, and nothing past the end.
#include "net/writer.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;

Raw raw(std::span<const std::uint8_t> bytes) {
    return {bytes.begin(), bytes.end()};
}

TEST_CASE("writer: fields are big-endian and follow each other") {
    std::array<std::uint8_t, 15> buffer{};
    Writer writer(buffer);
    writer.u8(0x01);
    writer.u16(0x0203);
    writer.u32(0x04050607);
    writer.u64(0x08090a0b0c0d0e0f);
    CHECK_FALSE(writer.failed());
    CHECK_EQ(raw(writer.written()), Raw{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
}

TEST_CASE("writer: a field that does not fit is not begun, and nothing follows it") {
    std::array<std::uint8_t, 4> buffer{};
    Writer writer(std::span<std::uint8_t>(buffer).first(3));
    writer.u8(0xaa);
    writer.u32(0xffffffff);
    CHECK(writer.failed());
    writer.u8(0xbb);  // would fit
    CHECK_EQ(raw(writer.written()), Raw{0xaa});
    CHECK_EQ(raw(buffer), Raw{0xaa, 0, 0, 0});
}

TEST_CASE("writer: a full buffer is no failure until something more is written") {
    std::array<std::uint8_t, 2> buffer{};
    Writer writer(buffer);
    writer.u16(7);
    CHECK_FALSE(writer.failed());
    writer.bytes({});
    CHECK_FALSE(writer.failed());
    writer.u8(0);
    CHECK(writer.failed());
}

}  // namespace
}  // namespace chord::net
