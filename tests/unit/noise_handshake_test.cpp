// Handshake between two sides that agree: what each learns and when, and what is left of the keys.
// What is refused is in noise_refusal_test.cpp, the exact bytes in noise_vectors.cpp.
#include "net/noise/handshake.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "tests/support/memory_search.hpp"
#include "tests/support/noise_sides.hpp"

namespace chord::net::noise {
namespace {

using testing::handshake_of;
using testing::kInitiatorSide;
using testing::kResponderSide;
using testing::NoiseSide;
using testing::NoiseSides;
using testing::raw;
using testing::Raw;
using testing::secret_of;
using testing::view;

constexpr const Pattern* kBoth[] = {&kIkPsk2, &kXxPsk3};

PublicKey public_of(std::uint8_t byte) {
    return KeyPair(secret_of(byte)).public_key();
}

/// Whether what `from` encrypts is what `to` decrypts.
bool connected(const Cipher& from, const Cipher& to) {
    Raw message = raw("over");
    message.resize(message.size() + kCipherTagBytes);
    if (!from.encrypt(9, view("header"), message)) return false;
    const auto text = to.decrypt(9, view("header"), message);
    return text && Raw(text->begin(), text->end()) == raw("over");
}

TEST_CASE("noise_handshake: payloads arrive, turns alternate, both end with the same hash and opposite ciphers") {
    for (const Pattern* pattern : kBoth) {
        CAPTURE(std::string(pattern->protocol_name));
        NoiseSides sides(*pattern);
        for (std::size_t i = 0; i < pattern->messages.size(); ++i) {
            CAPTURE(i);
            REQUIRE(sides.writer(i).is_my_turn());
            REQUIRE_FALSE(sides.reader(i).is_my_turn());
            const Raw payload = raw("payload " + std::to_string(i));
            Raw message = sides.write(i, payload);
            CHECK_EQ(message.size(), message_overhead(*pattern, i) + payload.size());
            CHECK(std::search(message.begin(), message.end(), payload.begin(), payload.end()) == message.end());
            const auto read = sides.reader(i).read_message(message);
            REQUIRE(read);
            CHECK_EQ(Raw(read->begin(), read->end()), payload);
            CHECK_EQ(read->data() + read->size() + kCipherTagBytes, message.data() + message.size());  // in place
        }
        for (const Handshake* side : {&sides.initiator, &sides.responder}) {
            CHECK(side->is_finished());
            CHECK_FALSE(side->is_my_turn());
        }
        CHECK_EQ(sides.initiator.handshake_hash(), sides.responder.handshake_hash());
        const SessionCiphers a = sides.initiator.split();
        const SessionCiphers z = sides.responder.split();
        CHECK(connected(a.send, z.receive));
        CHECK(connected(z.send, a.receive));
        CHECK_FALSE(connected(a.send, a.receive));
        CHECK_FALSE(connected(a.send, z.send));
        CHECK_EQ(sides.initiator.handshake_hash(), sides.responder.handshake_hash());
        CHECK_EQ(sides.initiator.remote_static(), public_of(kResponderSide.static_key));
        CHECK_EQ(sides.responder.remote_static(), public_of(kInitiatorSide.static_key));
    }
}

TEST_CASE("noise_handshake: each side knows the other's static key as soon as a message named it") {
    NoiseSides ik(kIkPsk2);
    CHECK_EQ(ik.initiator.remote_static(), public_of(kResponderSide.static_key));
    CHECK_FALSE(ik.responder.remote_static());
    ik.run_until(1);
    CHECK_EQ(ik.responder.remote_static(), public_of(kInitiatorSide.static_key));

    NoiseSides xx(kXxPsk3);
    xx.run_until(1);
    CHECK_FALSE(xx.initiator.remote_static());
    CHECK(xx.read(1, xx.write(1, {})));
    CHECK_EQ(xx.initiator.remote_static(), public_of(kResponderSide.static_key));
    CHECK_FALSE(xx.responder.remote_static());
    CHECK(xx.read(2, xx.write(2, {})));
    CHECK_EQ(xx.responder.remote_static(), public_of(kInitiatorSide.static_key));
}

TEST_CASE("noise_handshake: a message is appended to what the datagram holds") {
    NoiseSides sides(kXxPsk3);
    Raw datagram = raw("head");
    REQUIRE(sides.initiator.write_message(view("payload"), datagram));
    CHECK_EQ(Raw(datagram.begin(), datagram.begin() + 4), raw("head"));
    CHECK(sides.responder.read_message(std::span(datagram).subspan(4)));
}

TEST_CASE("noise_handshake: 65,535 bytes are a message, one more is an error that changes nothing") {
    for (const Pattern* pattern : kBoth) {
        NoiseSides sides(*pattern);
        for (std::size_t i = 0; i < pattern->messages.size(); ++i) {
            const Raw largest(kMessageBytesMax - message_overhead(*pattern, i), 'x');
            Raw too_large = largest;
            too_large.push_back('x');
            Raw datagram = raw("head");
            CHECK_EQ(sides.writer(i).write_message(too_large, datagram).error(), Error::too_big);
            CHECK_EQ(datagram, raw("head"));
            const Raw message = sides.write(i, largest);
            CHECK_EQ(message.size(), 65535);
            Raw longer = message;
            longer.push_back(0);
            CHECK_FALSE(sides.read(i, longer));
            CHECK(sides.read(i, message));
        }
    }
}

TEST_CASE("noise_handshake: the bytes are a function of what was handed in, the ephemeral key included") {
    for (const Pattern* pattern : kBoth) {
        NoiseSides first(*pattern);
        NoiseSides same(*pattern);
        NoiseSide other_side = kInitiatorSide;
        other_side.ephemeral = 0x66;
        NoiseSides other(*pattern, other_side);
        const Raw message = first.write(0, view("payload"));
        CHECK_EQ(message, same.write(0, view("payload")));
        const Raw differs = other.write(0, view("payload"));
        CHECK_FALSE(std::equal(message.begin(), message.begin() + 32, differs.begin()));
        CHECK_FALSE(std::equal(message.begin() + 32, message.end(), differs.begin() + 32));
    }
}

TEST_CASE("noise_handshake: another ephemeral key of either side gives another session") {
    for (const Pattern* pattern : kBoth) {
        NoiseSides first(*pattern);
        first.run_until(pattern->messages.size());
        for (const bool initiators : {true, false}) {
            NoiseSide a = kInitiatorSide;
            NoiseSide z = kResponderSide;
            (initiators ? a : z).ephemeral = 0x66;
            NoiseSides other(*pattern, a, z);
            other.run_until(pattern->messages.size());
            CHECK_NE(first.initiator.handshake_hash(), other.initiator.handshake_hash());
        }
    }
}

TEST_CASE("noise_handshake: it can be moved between its messages") {
    NoiseSides sides(kXxPsk3);
    sides.run_until(1);
    Handshake responder = std::move(sides.responder);
    Raw second;
    REQUIRE(responder.write_message({}, second));
    REQUIRE(sides.initiator.read_message(second));
    Handshake initiator = handshake_of(kIkPsk2, Role::initiator, kInitiatorSide);
    initiator = std::move(sides.initiator);
    Raw third;
    REQUIRE(initiator.write_message({}, third));
    REQUIRE(responder.read_message(third));
    CHECK_EQ(initiator.handshake_hash(), responder.handshake_hash());
}

TEST_CASE("noise_handshake: its own keys are wiped by split, by a move and by its end") {
    const std::array<Raw, 3> keys = {Raw(32, kInitiatorSide.static_key), Raw(32, kInitiatorSide.ephemeral),
                                     Raw(32, kInitiatorSide.psk)};
    const auto keys_in = [&keys](const testing::Storage<Handshake>& storage) {
        return std::count_if(keys.begin(), keys.end(), [&](const Raw& key) { return storage.contains(key); });
    };
    for (const Pattern* pattern : kBoth) {
        CAPTURE(std::string(pattern->protocol_name));
        testing::Storage<Handshake> storage(handshake_of(*pattern, Role::initiator, kInitiatorSide));
        Handshake responder = handshake_of(*pattern, Role::responder, kResponderSide);
        CHECK_EQ(keys_in(storage), 3);
        for (std::size_t i = 0; i < pattern->messages.size(); ++i) {
            Raw message;
            REQUIRE((i % 2 == 0 ? *storage : responder).write_message({}, message));
            REQUIRE((i % 2 == 0 ? responder : *storage).read_message(message));
            CHECK_EQ(keys_in(storage), 3);
        }
        (void)storage->split();
        CHECK_EQ(keys_in(storage), 0);

        testing::Storage<Handshake> moved(handshake_of(*pattern, Role::initiator, kInitiatorSide));
        Raw message;
        REQUIRE(moved->write_message({}, message));
        const Handshake taken = std::move(*moved);
        CHECK_EQ(keys_in(moved), 0);

        testing::Storage<Handshake> ended(handshake_of(*pattern, Role::initiator, kInitiatorSide));
        ended.destroy();
        CHECK_EQ(keys_in(ended), 0);
    }
}

}  // namespace
}  // namespace chord::net::noise
