// Reader: big-endian fields, and nothing past the end.
#include "net/reader.hpp"

#include <array>

#include <doctest/doctest.h>

namespace chord::net {
namespace {

constexpr std::array<std::uint8_t, 15> kBytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

TEST_CASE("reader: fields are big-endian and follow each other") {
    Reader reader(kBytes);
    CHECK_EQ(reader.u8(), 0x01);
    CHECK_EQ(reader.u16(), 0x0203);
    CHECK_EQ(reader.u32(), 0x04050607U);
    CHECK_EQ(reader.u64(), 0x08090a0b0c0d0e0fU);
    CHECK(reader.finish());
}

TEST_CASE("reader: what is left over is an error at the end, and rest() takes it") {
    Reader reader(kBytes);
    CHECK_EQ(reader.u8(), 1);
    REQUIRE_FALSE(reader.finish());
    CHECK_EQ(reader.finish().error(), Error::bad_message);
    CHECK_EQ(reader.rest().size(), 14);
    CHECK(reader.finish());
}

TEST_CASE("reader: a field across the end yields zero and the failure sticks") {
    Reader reader(std::span<const std::uint8_t>(kBytes).first(3));
    CHECK_EQ(reader.u32(), 0U);
    CHECK(reader.failed());
    CHECK_EQ(reader.u8(), 0);  // although there were three bytes
    CHECK(reader.bytes(1).empty());
    CHECK(reader.rest().empty());
    CHECK_EQ(reader.finish().error(), Error::bad_message);
}

TEST_CASE("reader: the first error is the one that is told") {
    Reader reader(kBytes);
    reader.fail(Error::too_big);
    CHECK_EQ(reader.u64(), 0U);
    reader.fail(Error::bad_message);
    CHECK_EQ(reader.finish().error(), Error::too_big);
}

TEST_CASE("reader: a size near the greatest number does not wrap around") {
    Reader reader(kBytes);
    CHECK(reader.bytes(SIZE_MAX).empty());
    CHECK(reader.failed());
}

TEST_CASE("reader: an empty message") {
    Reader reader(std::span<const std::uint8_t>{});
    CHECK(reader.finish());
    CHECK(reader.bytes(0).empty());
    CHECK_FALSE(reader.failed());
    CHECK_EQ(reader.u8(), 0);
    CHECK(reader.failed());
}

}  // namespace
}  // namespace chord::net
