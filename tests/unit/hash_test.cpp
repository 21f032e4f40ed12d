// BLAKE2b-256: known answers, computed with another implementation (Python's hashlib), and what is hashed for what.
#include "node/core/base/hash.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>

namespace chord {
namespace {

const char kEmpty[] = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
const char kAbc[] = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";

TEST_CASE("hash256: known answers of BLAKE2b-256") {
    CHECK_EQ(hash256({}).hex(), kEmpty);
    CHECK_EQ(hash256({""}).hex(), kEmpty);
    CHECK_EQ(hash256({"abc"}).hex(), kAbc);
    CHECK_EQ(hash256({BytesView("\x00\xff", 2)}).hex(),
             "9610cfdd41b3fef6842aa0616c9d17f5f7fb0dccc1763cf17b9bd0f73563522f");
}

TEST_CASE("hash256: input of several blocks, in one part and in many") {
    Bytes counting;
    for (int i = 0; i < 1024; ++i) {
        counting.push_back(static_cast<char>(i));
    }
    const std::string expected = "f1551feeb252c7e60bb362205bd1ac2f70b145260a91d41e8c5d0a187549a5f2";
    CHECK_EQ(hash256({counting}).hex(), expected);
    for (const std::size_t cut : {1U, 127U, 128U, 129U, 1023U}) {
        const BytesView whole = counting;
        CHECK_EQ(hash256({whole.substr(0, cut), whole.substr(cut)}).hex(), expected);
    }
}

TEST_CASE("hash256: the parts are concatenated, their borders are not hashed") {
    CHECK_EQ(hash256({"a", "", "bc"}).hex(), kAbc);
}

TEST_CASE("key_id: the hash of the key's bytes, zeros included") {
    CHECK_EQ(key_id("abc").hex(), kAbc);
    CHECK_EQ(key_id("").hex(), kEmpty);
    CHECK(key_id(BytesView("a\0b", 3)) != key_id("a"));
}

TEST_CASE("position_id: known answers, and a position of its own for each index") {
    CHECK_EQ(position_id("net", "nonce", "public key", 0).hex(),
             "3818ecc551a51b69cdf865f3bb1bd4651917c620290aa12bdf47e7ef84b50fab");
    CHECK_EQ(position_id("net", "nonce", "public key", 7).hex(),
             "2b678d22f27104d7f834698b8c476f0f568d61adff011f5756f766ae78772dcd");
    std::set<Id> positions;
    for (std::uint8_t index = 0; index < 8; ++index) {
        positions.insert(position_id("net", "nonce", "public key", index));
    }
    CHECK_EQ(positions.size(), 8U);
}

}  // namespace
}  // namespace chord
