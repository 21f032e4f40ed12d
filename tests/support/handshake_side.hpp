// A node's side of handshakes without the channels around it: Initiator and Responder, driven frame by frame.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "net/channel/initiator.hpp"
#include "net/channel/responder.hpp"
#include "node/core/base/check.hpp"
#include "tests/support/test_identity.hpp"

namespace chord::testing {

/// An id of which test_identity() makes keys and dice like nobody else's.
inline Id node_id(std::uint64_t number) {
    return Id{{0, number << 20, 0, number}};
}

class HandshakeSide {
public:
    using Raw = std::vector<std::uint8_t>;

    HandshakeSide(const Endpoint& at, net::LocalIdentity own)
        : address(at), identity(std::move(own)), initiator(identity), responder(identity, net::TableSecret{}) {}
    HandshakeSide(const HandshakeSide&) = delete;
    HandshakeSide& operator=(const HandshakeSide&) = delete;

    const net::PeerKey& key() const { return identity.static_key.public_key(); }

    /// REQUIRES: it is not too early.
    Raw open(const HandshakeSide& to, bool by_key, Time now) {
        auto frame = initiator.open(to.address, by_key ? std::optional(to.key()) : std::nullopt, now);
        CHORD_CHECK(frame.has_value());
        return *std::move(frame);
    }

    /// An xx_open, ik_open or xx_finish; the bytes are a copy. Of other kinds comes nothing.
    net::Responder::Outcome respond(Raw frame, const Endpoint& from, Time now, const Endpoint& at) {
        const auto head = net::parse_frame_head(frame);
        const bool is_known = head && (head->kind == net::FrameKind::xx_open || head->kind == net::FrameKind::ik_open ||
                                       head->kind == net::FrameKind::xx_finish);
        net::Responder::Outcome nothing;
        nothing.drop = net::Responder::Drop::malformed;
        return is_known ? responder.receive(*head, frame, from, at, now) : std::move(nothing);
    }
    net::Responder::Outcome respond(Raw frame, const Endpoint& from, Time now) {
        return respond(std::move(frame), from, now, address);
    }

    Result<net::Initiator::Answered> take_answer(Raw frame, Time now) {
        const auto head = net::parse_frame_head(frame);
        if (!head) return head.error();
        return initiator.take_answer(*head, frame, now);
    }

    std::optional<net::Initiator::Again> take_cookie(const Raw& frame, Time now) {
        const auto head = net::parse_frame_head(frame);
        CHORD_CHECK(head && head->kind == net::FrameKind::cookie);
        return initiator.take_cookie(*head, frame, now);
    }

    Endpoint address;
    net::LocalIdentity identity;
    net::Initiator initiator;
    net::Responder responder;
};

inline net::FrameKind kind_of(const std::vector<std::uint8_t>& frame) {
    const auto head = net::parse_frame_head(frame);
    CHORD_CHECK(head.has_value());
    return head->kind;
}

inline std::vector<std::uint8_t> with_flipped_bit(std::vector<std::uint8_t> bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
    return bytes;
}

/// The frame with new macs, as a member makes them.
inline std::vector<std::uint8_t> with_right_macs(std::vector<std::uint8_t> frame,
                                                 const net::noise::SecretKey& network_key, Time now) {
    frame.resize(frame.size() - net::kMacsBytes);
    net::CookieHolder(net::mac_key_of(network_key)).append_macs(frame, now);
    return frame;
}

/// Whether what one session seals the other opens, both ways. Uses up a counter of each.
inline bool are_one(net::Session& a, net::Session& z) {
    for (auto [from, to] : {std::pair(&a, &z), std::pair(&z, &a)}) {
        std::vector<std::uint8_t> frame(net::kDataOverheadBytes + 3);
        from->seal(frame);
        const auto head = net::parse_frame_head(frame);
        if (!to->open(*head, frame)) return false;
    }
    return true;
}

}  // namespace chord::testing
