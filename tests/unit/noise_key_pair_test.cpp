// KeyPair: the examples of RFC 7748, and the points that everybody could share.
#include "net/noise/key_pair.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tests/support/memory_search.hpp"
#include "tests/support/noise_points.hpp"
#include "tests/support/noise_sides.hpp"

namespace chord::net::noise {
namespace {

using testing::bytes32;

TEST_CASE("noise_key_pair: RFC 7748, section 6.1: Bob's public key") {
    const KeyPair bob(SecretKey::copy_of(bytes32("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")));
    CHECK_EQ(bob.public_key(), bytes32("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
}

TEST_CASE("noise_key_pair: RFC 7748, section 5.2: k of the last round is the next point, 1,000 times") {
    PublicKey k = {9};
    PublicKey u = {9};
    for (int round = 0; round < 1000; ++round) {
        const auto product = KeyPair(SecretKey::copy_of(k)).diffie_hellman(u);
        REQUIRE(product);
        u = k;
        std::copy(product->bytes().begin(), product->bytes().end(), k.begin());
        if (round == 0) CHECK_EQ(k, bytes32("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
    }
    CHECK_EQ(k, bytes32("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

TEST_CASE("noise_key_pair: both sides share the same, and nobody else") {
    const KeyPair alice(testing::secret_of(1));
    const KeyPair bob(testing::secret_of(2));
    const KeyPair eve(testing::secret_of(3));
    const auto ours = alice.diffie_hellman(bob.public_key());
    const auto theirs = bob.diffie_hellman(alice.public_key());
    REQUIRE((ours && theirs));
    CHECK(*ours == *theirs);
    CHECK_FALSE(*ours == *eve.diffie_hellman(bob.public_key()));
    CHECK(*ours == *alice.clone().diffie_hellman(bob.public_key()));
    CHECK_EQ(alice.clone().public_key(), alice.public_key());
}

TEST_CASE("noise_key_pair: a point of low order is refused") {
    const KeyPair alice(testing::secret_of(1));
    for (const PublicKey& point : testing::low_order_points()) {
        const auto shared = alice.diffie_hellman(point);
        REQUIRE_FALSE(shared);
        CHECK_EQ(shared.error(), Error::bad_message);
    }
}

TEST_CASE("noise_key_pair: the private key is wiped") {
    const std::array<std::uint8_t, 4> part = {0x5d, 0x5d, 0x5d, 0x5d};
    testing::Storage<KeyPair> storage(KeyPair(testing::secret_of(0x5d)));
    CHECK(storage.contains(part));
    const KeyPair moved = std::move(*storage);
    CHECK_FALSE(storage.contains(part));
}

}  // namespace
}  // namespace chord::net::noise
