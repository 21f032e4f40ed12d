// Endpoint and Peer: where a node can be reached, and which node it is.
//
// Text forms of addresses belong to net/address.hpp; the core only copies and compares them.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>

#include "node/core/base/id.hpp"

namespace chord {

/// An IPv6 address (IPv4 as ::ffff:a.b.c.d), its scope (0 unless link-local) and a UDP port.
struct Endpoint {
    std::array<std::uint8_t, 16> ip{};
    std::uint32_t scope = 0;
    std::uint16_t port = 0;

    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// A link-local address that was heard of from another link: it names no place from here. Its node is there, and can be
/// reached through others, or at another address.
inline constexpr Endpoint kElsewhere{{0xfe, 0x80}, 0, 1};

inline bool names_a_place(const Endpoint& address) {
    return address != kElsewhere && address.port != 0;
}

/// Whom a request is meant for: who is at an address, or only a certain node there.
struct Callee {
    Callee(const Endpoint& anybody_at) : address(anybody_at) {}  // NOLINT: an address says it all
    Callee(const Endpoint& at, const std::optional<Id>& expected) : address(at), id(expected) {}

    Endpoint address;
    std::optional<Id> id{};
};

/// A peer card: the node's position on the ring and its address.
struct Peer {
    Id id;
    Endpoint address;

    friend auto operator<=>(const Peer&, const Peer&) = default;
};

}  // namespace chord
