// What a Handshake refuses: changed, cut, replayed and misplaced messages, other keys, points of low order. And that
// whatever it refused, it still accepts the right message.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "net/noise/handshake.hpp"
#include "tests/support/noise_points.hpp"
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

bool reads(Handshake& side, Raw message) {
    return side.read_message(message).has_value();
}

TEST_CASE("noise_refusal: every flipped bit, and the right message is accepted after all of them") {
    for (const Pattern* pattern : kBoth) {
        CAPTURE(std::string(pattern->protocol_name));
        NoiseSides sides(*pattern);
        for (std::size_t i = 0; i < pattern->messages.size(); ++i) {
            CAPTURE(i);
            const Raw good = sides.write(i, view("payload"));
            std::size_t accepted = 0;
            for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
                Raw bad = good;
                bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
                if (sides.read(i, bad)) ++accepted;
            }
            CHECK_EQ(accepted, 0);
            REQUIRE(sides.read(i, good));
        }
        CHECK_EQ(sides.initiator.handshake_hash(), sides.responder.handshake_hash());
    }
}

TEST_CASE("noise_refusal: every shorter message, and longer ones") {
    for (const Pattern* pattern : kBoth) {
        CAPTURE(std::string(pattern->protocol_name));
        NoiseSides sides(*pattern);
        for (std::size_t i = 0; i < pattern->messages.size(); ++i) {
            CAPTURE(i);
            const Raw good = sides.write(i, view("payload"));
            for (std::size_t size = 0; size < good.size(); ++size) {
                CAPTURE(size);
                CHECK_FALSE(sides.read(i, Raw(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))));
            }
            for (const std::size_t more : {std::size_t{1}, std::size_t{16}, kMessageBytesMax}) {
                Raw longer = good;
                longer.resize(good.size() + more);
                CHECK_FALSE(sides.read(i, longer));
            }
            REQUIRE(sides.read(i, good));
        }
    }
}

/// The first message that is refused between these two, or the number of messages when none is. The sides go on as far
/// as they can.
std::size_t first_refused(const Pattern& pattern, const NoiseSide& a, const NoiseSide& z) {
    NoiseSides sides(pattern, a, z);
    for (std::size_t i = 0; i < pattern.messages.size(); ++i) {
        if (!sides.read(i, sides.write(i, view("payload")))) return i;
    }
    return pattern.messages.size();
}

TEST_CASE("noise_refusal: another prologue, pre-shared key or static key than the other side believes in") {
    CHECK_EQ(first_refused(kIkPsk2, kInitiatorSide, kResponderSide), 2);
    CHECK_EQ(first_refused(kXxPsk3, kInitiatorSide, kResponderSide), 3);

    NoiseSide other = kInitiatorSide;
    other.prologue = "a rinG";
    CHECK_EQ(first_refused(kIkPsk2, other, kResponderSide), 0);
    CHECK_EQ(first_refused(kXxPsk3, other, kResponderSide), 0);

    // The psk goes in last: who writes the last message is the one that learns nothing of it (net/noise/handshake.hpp).
    other = kInitiatorSide;
    other.psk = 0x34;
    CHECK_EQ(first_refused(kIkPsk2, other, kResponderSide), 1);
    CHECK_EQ(first_refused(kXxPsk3, other, kResponderSide), 2);

    other = kInitiatorSide;
    other.expected = 0x23;
    CHECK_EQ(first_refused(kIkPsk2, other, kResponderSide), 0);
}

TEST_CASE("noise_refusal: a responder of IKpsk2 that has not the key it is taken for cannot answer") {
    // The impostor has everything but the private key: the right prologue, psk, and the initiator's message.
    NoiseSides sides(kIkPsk2);
    const Raw first = sides.write(0, {});
    NoiseSide impostor_side = kResponderSide;
    impostor_side.static_key = 0x23;
    Handshake impostor = handshake_of(kIkPsk2, Role::responder, impostor_side);
    Raw copy = first;
    CHECK_FALSE(impostor.read_message(copy));
    REQUIRE(sides.read(0, first));
    CHECK(sides.read(1, sides.write(1, {})));
}

TEST_CASE("noise_refusal: a message is accepted once, and not by a handshake that it was not written for") {
    for (const Pattern* pattern : kBoth) {
        CAPTURE(std::string(pattern->protocol_name));
        NoiseSides sides(*pattern);
        NoiseSide a = kInitiatorSide;
        NoiseSide z = kResponderSide;
        a.ephemeral = 0x66;
        z.ephemeral = 0x77;
        NoiseSides other(*pattern, a, z);
        for (std::size_t i = 0; i < pattern->messages.size(); ++i) {
            CAPTURE(i);
            const Raw message = sides.write(i, view("payload"));
            const Raw others = other.write(i, view("payload"));
            if (i > 0) CHECK_FALSE(sides.read(i, others));
            REQUIRE(sides.read(i, message));
            REQUIRE(other.read(i, others));
            CHECK_FALSE(sides.read(i, message));
            CHECK_FALSE(reads(sides.writer(i), message));  // what it wrote itself
        }
    }
}

TEST_CASE("noise_refusal: a first message is accepted again by another Handshake; its sender cannot be there") {
    // The replay gives a responder that finishes, and nothing that decrypts under its ciphers.
    for (const std::string_view payload : {std::string_view("read"), std::string_view("")}) {
        NoiseSides sides(kIkPsk2);
        const Raw first = sides.write(0, view(payload));
        REQUIRE(sides.read(0, first));
        REQUIRE(sides.read(1, sides.write(1, {})));
        NoiseSide again = kResponderSide;
        again.ephemeral = 0x66;
        Handshake replayed = handshake_of(kIkPsk2, Role::responder, again);
        Raw copy = first;
        REQUIRE(replayed.read_message(copy));
        Raw answer;
        REQUIRE(replayed.write_message({}, answer));
        CHECK_FALSE(sides.initiator.read_message(answer));
        const SessionCiphers theirs = sides.initiator.split();
        const SessionCiphers ours = replayed.split();
        Raw message(kCipherTagBytes);
        REQUIRE(theirs.send.encrypt(0, {}, message));
        CHECK_FALSE(ours.receive.decrypt(0, {}, message));
    }
}

TEST_CASE("noise_refusal: messages out of their order") {
    for (const Pattern* pattern : kBoth) {
        CAPTURE(std::string(pattern->protocol_name));
        const std::size_t count = pattern->messages.size();
        NoiseSides source(*pattern);
        std::vector<Raw> messages;
        for (std::size_t i = 0; i < count; ++i) {
            messages.push_back(source.write(i, {}));
            REQUIRE(source.read(i, messages.back()));
        }
        NoiseSides sides(*pattern);
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t j = 0; j < count; ++j) {
                if (j != i) CHECK_FALSE(reads(sides.reader(i), messages[j]));
                CHECK_FALSE(reads(sides.writer(i), messages[j]));
            }
            REQUIRE_EQ(sides.write(i, {}), messages[i]);
            REQUIRE(sides.read(i, messages[i]));
        }
        for (const Raw& message : messages) {
            CHECK_FALSE(reads(sides.initiator, message));
            CHECK_FALSE(reads(sides.responder, message));
        }
    }
}

/// A first message of IKpsk2 by somebody who can compute everything but the secret of a static key that is not his: he
/// takes `claimed` for his public key and `ss` for the secret that it has with the responder's.
Raw forged_first_ik(const PublicKey& claimed, std::span<const std::uint8_t> ss) {
    const KeyPair ephemeral(secret_of(0x44));
    const PublicKey responder = KeyPair(secret_of(kResponderSide.static_key)).public_key();
    SymmetricState symmetric(kIkPsk2.protocol_name);
    symmetric.mix_hash(view(kResponderSide.prologue));
    symmetric.mix_hash(responder);
    Raw message(ephemeral.public_key().begin(), ephemeral.public_key().end());
    symmetric.mix_hash(ephemeral.public_key());
    symmetric.mix_key(ephemeral.public_key());
    symmetric.mix_key(ephemeral.diffie_hellman(responder)->bytes());
    message.insert(message.end(), claimed.begin(), claimed.end());
    message.resize(message.size() + kCipherTagBytes);
    CHECK(symmetric.encrypt_and_hash(std::span(message).subspan(kKeyBytes)));
    symmetric.mix_key(ss);
    message.resize(message.size() + kCipherTagBytes);
    CHECK(symmetric.encrypt_and_hash(std::span(message).last(kCipherTagBytes)));
    return message;
}

TEST_CASE("noise_refusal: a static key of low order, whose secret everybody knows") {
    NoiseSides sides(kIkPsk2);
    for (const PublicKey& point : testing::low_order_points()) {
        CHECK_FALSE(sides.read(0, forged_first_ik(point, PublicKey{})));
        CHECK_FALSE(sides.responder.remote_static());
    }
    // The forger makes no mistake: with a key of his own he is understood, with another's he is not.
    const KeyPair own(secret_of(0x12));
    const auto secret = own.diffie_hellman(KeyPair(secret_of(kResponderSide.static_key)).public_key());
    CHECK_FALSE(sides.read(0, forged_first_ik(KeyPair(secret_of(0x11)).public_key(), secret->bytes())));
    CHECK(sides.read(0, forged_first_ik(own.public_key(), secret->bytes())));
    CHECK_EQ(sides.responder.remote_static(), own.public_key());
}

TEST_CASE("noise_refusal: an initiator that was given a key of low order writes nothing") {
    for (const PublicKey& point : testing::low_order_points()) {
        NoiseSide side = kInitiatorSide;
        side.expected_public = point;
        Handshake initiator = handshake_of(kIkPsk2, Role::initiator, side);
        Raw datagram = raw("head");
        CHECK_EQ(initiator.write_message(view("payload"), datagram).error(), Error::bad_message);
        CHECK_EQ(datagram, raw("head"));
        CHECK(initiator.is_my_turn());
    }
}

/// A first message of XXpsk3 needs no secret at all, not even that of its own ephemeral key.
Raw anybodys_first_xx(const PublicKey& ephemeral, std::span<const std::uint8_t> payload) {
    SymmetricState symmetric(kXxPsk3.protocol_name);
    symmetric.mix_hash(view(kResponderSide.prologue));
    symmetric.mix_hash(ephemeral);
    symmetric.mix_key(ephemeral);
    Raw message(ephemeral.begin(), ephemeral.end());
    message.insert(message.end(), payload.begin(), payload.end());
    message.resize(message.size() + kCipherTagBytes);
    CHECK(symmetric.encrypt_and_hash(std::span(message).subspan(kKeyBytes)));
    return message;
}

TEST_CASE("noise_refusal: a message of 65,536 bytes that would decrypt") {
    const PublicKey ephemeral = KeyPair(secret_of(0x44)).public_key();
    const Raw payload(kMessageBytesMax - message_overhead(kXxPsk3, 0) + 1, 'x');
    NoiseSides sides(kXxPsk3);
    CHECK_FALSE(sides.read(0, anybodys_first_xx(ephemeral, payload)));
    CHECK(sides.read(0, anybodys_first_xx(ephemeral, std::span(payload).subspan(1))));
}

TEST_CASE("noise_refusal: an ephemeral key of low order, by the first side that multiplies with it") {
    for (const PublicKey& point : testing::low_order_points()) {
        // In each message but the first of XXpsk3 a secret is made of it at once.
        for (const Pattern* pattern : kBoth) {
            NoiseSides sides(*pattern);
            for (std::size_t i = 0; i < 2; ++i) {
                const Raw good = sides.write(i, {});
                if (pattern != &kXxPsk3 || i != 0) {
                    Raw bad = good;
                    std::copy(point.begin(), point.end(), bad.begin());
                    CHECK_FALSE(sides.read(i, bad));
                }
                REQUIRE(sides.read(i, good));
            }
        }
        // There it is accepted as anybody's message would be, and the answer cannot be written.
        Raw first = anybodys_first_xx(point, {});
        Handshake responder = handshake_of(kXxPsk3, Role::responder, kResponderSide);
        REQUIRE(responder.read_message(first));
        Raw datagram = raw("head");
        CHECK_EQ(responder.write_message({}, datagram).error(), Error::bad_message);
        CHECK_EQ(datagram, raw("head"));
    }
}

}  // namespace
}  // namespace chord::net::noise
