// Seal: what a holder of the network key sealed opens; nothing else does.
#include "net/seal.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;
using Key = std::array<std::uint8_t, 32>;

Key key_of(std::uint8_t byte) {
    Key key;
    key.fill(byte);
    return key;
}

Raw sealed(MacSeal& seal, Raw bytes) {
    seal.seal({}, bytes);
    return bytes;
}

TEST_CASE("seal: what was sealed opens to the same bytes, 16 bytes longer on the way") {
    MacSeal seal(key_of(1));
    for (const Raw& bytes : {Raw{}, Raw{1, 2, 3}, Raw(1384, 0x5a)}) {
        const Raw datagram = sealed(seal, bytes);
        CHECK_EQ(datagram.size(), bytes.size() + 16);
        const auto opened = seal.open({}, datagram);
        REQUIRE(opened);
        CHECK_EQ(Raw(opened->begin(), opened->end()), bytes);
    }
}

TEST_CASE("seal: every flipped bit and every shorter or longer datagram is refused") {
    MacSeal seal(key_of(1));
    const Raw good = sealed(seal, Raw(60, 0x5a));
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Raw bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        CAPTURE(bit);
        CHECK_FALSE(seal.open({}, bad));
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        CHECK_FALSE(seal.open({}, std::span(good).first(size)));
    }
    Raw longer = good;
    longer.push_back(0);
    CHECK_FALSE(seal.open({}, longer));
}

TEST_CASE("seal: another network's key opens nothing") {
    MacSeal ours(key_of(1));
    MacSeal theirs(key_of(2));
    const Raw datagram = sealed(theirs, {1, 2, 3});
    CHECK(theirs.open({}, datagram));
    CHECK_FALSE(ours.open({}, datagram));
}

}  // namespace
}  // namespace chord::net
