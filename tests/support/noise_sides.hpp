// Two sides of a Noise handshake with known keys, for tests, fuzz targets and benches.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "net/noise/handshake.hpp"
#include "node/core/base/check.hpp"

namespace chord::testing {

using Raw = std::vector<std::uint8_t>;

inline net::noise::SecretKey secret_of(std::uint8_t byte) {
    net::noise::SecretKey secret;
    for (std::uint8_t& each : secret.writable()) each = byte;
    return secret;
}

inline std::span<const std::uint8_t> view(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline Raw raw(std::string_view text) {
    return {text.begin(), text.end()};
}

/// What both sides are made of; each number stands for the 32 bytes that are all that number. One changed, and the
/// sides do not understand each other.
struct NoiseSide {
    std::uint8_t static_key = 0;
    std::uint8_t ephemeral = 0;
    std::uint8_t psk = 0x33;
    std::string_view prologue = "a ring";
    std::uint8_t expected = 0x22;  // the static key of the responder that an IK initiator wants to speak with
    std::optional<net::noise::PublicKey> expected_public = std::nullopt;  // instead, when given
};

inline constexpr NoiseSide kInitiatorSide{.static_key = 0x11, .ephemeral = 0x44};
inline constexpr NoiseSide kResponderSide{.static_key = 0x22, .ephemeral = 0x55};

inline net::noise::Handshake handshake_of(const net::noise::Pattern& pattern, net::Role role, const NoiseSide& side) {
    using namespace net::noise;
    const KeyPair own(secret_of(side.static_key));
    const SecretKey psk = secret_of(side.psk);
    std::optional<PublicKey> remote;
    if (pattern.responder_static_known && role == net::Role::initiator) {
        remote = side.expected_public ? *side.expected_public : KeyPair(secret_of(side.expected)).public_key();
    }
    return Handshake({.pattern = pattern,
                      .role = role,
                      .prologue = view(side.prologue),
                      .static_key = own,
                      .pre_shared_key = psk,
                      .ephemeral = secret_of(side.ephemeral),
                      .remote_static = remote});
}

struct NoiseSides {
    explicit NoiseSides(const net::noise::Pattern& used, const NoiseSide& a = kInitiatorSide,
                        const NoiseSide& z = kResponderSide)
        : pattern(used),
          initiator(handshake_of(used, net::Role::initiator, a)),
          responder(handshake_of(used, net::Role::responder, z)) {}

    net::noise::Handshake& writer(std::size_t index) { return index % 2 == 0 ? initiator : responder; }
    net::noise::Handshake& reader(std::size_t index) { return index % 2 == 0 ? responder : initiator; }

    /// Message `index` as its writer makes it.
    Raw write(std::size_t index, std::span<const std::uint8_t> payload) {
        Raw message;
        CHORD_CHECK(writer(index).write_message(payload, message).has_value());
        return message;
    }

    /// Whether message `index` was accepted; the bytes are copied, as read_message destroys them.
    bool read(std::size_t index, Raw message) { return reader(index).read_message(message).has_value(); }

    /// Goes through the messages before `index`, with these payloads.
    void run_until(std::size_t index, std::span<const std::uint8_t> payload = {}) {
        for (std::size_t i = 0; i < index; ++i) CHORD_CHECK(read(i, write(i, payload)));
    }

    const net::noise::Pattern& pattern;
    net::noise::Handshake initiator;
    net::noise::Handshake responder;
};

}  // namespace chord::testing
