// HandshakeFrames: where the messages lie, and what the macs of a network are made with.
#include "net/channel/handshake_frames.hpp"

#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>
#include <string_view>

#include "tests/support/test_identity.hpp"

namespace chord::net {
namespace {

using Raw = std::vector<std::uint8_t>;

TEST_CASE("handshake_frames: the key of the macs is the network's, by the documented label") {
    const LocalIdentity one = test_identity(Id{{1}}, 1, 0x11);
    const LocalIdentity other = test_identity(Id{{2}}, 1, 0x22);
    CHECK_NE(mac_key_of(one.network_key), mac_key_of(other.network_key));
    CHECK_EQ(mac_key_of(one.network_key), mac_key_of(test_identity(Id{{3}}, 9, 0x11).network_key));

    constexpr std::string_view kLabel = "chordd wire 2 macs";
    ResponderKey expected{};
    crypto_generichash(expected.data(), expected.size(), reinterpret_cast<const unsigned char*>(kLabel.data()),
                       kLabel.size(), one.network_key.data(), noise::SecretKey::kBytes);
    CHECK_EQ(mac_key_of(one.network_key), expected);
    CHECK_FALSE(std::ranges::equal(expected, one.network_key.bytes()));
}

TEST_CASE("handshake_frames: a message stands between what is before it and the macs; too short a frame has none") {
    Raw frame = begin_frame(FrameHead{FrameKind::xx_answer, SessionIndex{1}, 2}, Raw{7, 7, 7});
    REQUIRE_EQ(frame.size(), kFrameHeadBytes + 3);
    CHECK_EQ(frame.back(), 7);
    frame.resize(frame.size() + 5, 9);  // the message
    frame.resize(frame.size() + kMacsBytes);
    CHECK(std::ranges::equal(noise_message(frame, 3), Raw(5, 9)));
    CHECK_EQ(noise_message(frame).size(), 8);
    CHECK_EQ(noise_message(frame, 8).size(), 0);
    CHECK_EQ(noise_message(frame, 9).size(), 0);
    CHECK_EQ(noise_message(frame, 10'000).size(), 0);
    for (std::size_t size = 0; size < kFrameHeadBytes + kMacsBytes; ++size) {
        CHECK(noise_message(std::span(frame).first(size)).empty());
    }
}

TEST_CASE("handshake_frames: an index is never 0, which stands for none") {
    int rolls = 0;
    const Dice dice = [&rolls](std::span<std::uint8_t> bytes) {
        std::ranges::fill(bytes, std::uint8_t{0});
        if (++rolls == 3) bytes[3] = 5;
    };
    CHECK(random_index(dice) == SessionIndex{5});
    CHECK_EQ(rolls, 3);
}

TEST_CASE("handshake_frames: both sides of this network understand each other, of two networks not") {
    const auto second_is_read = [](std::uint8_t network) {
        const LocalIdentity a = test_identity(Id{{1, 100, 0, 0}});
        const LocalIdentity z = test_identity(Id{{2, 200, 0, 0}}, 1, network);
        noise::Handshake initiator =
            begin_handshake(a, a.network_key, noise::kIkPsk2, Role::initiator, z.static_key.public_key());
        noise::Handshake responder = begin_handshake(z, z.network_key, noise::kIkPsk2, Role::responder);
        Raw first;
        Raw second;
        REQUIRE(initiator.write_message({}, first));
        REQUIRE(responder.read_message(first));
        CHECK(responder.remote_static() == a.static_key.public_key());
        REQUIRE(responder.write_message({}, second));
        return initiator.read_message(second).has_value();
    };
    CHECK(second_is_read(0x5a));
    CHECK_FALSE(second_is_read(0x5b));  // psk2: mixed in with the second message
}

}  // namespace
}  // namespace chord::net
