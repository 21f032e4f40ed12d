// HandshakeFrames: how the messages of a handshake lie in datagrams, for both sides: head, opener, Noise message, macs.
//
// All macs are made with one key of the network, in place of one for each responder (PROTOCOL-NOTES 10.3): only who is
// in the network may learn that a node is there, and an opener does not know whom it reaches. So a frame that is meant
// for another member costs public-key work here; the gate bounds that.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "net/channel/frame.hpp"
#include "net/channel/local_identity.hpp"
#include "net/channel/session.hpp"
#include "net/guard/cookie.hpp"
#include "net/noise/handshake.hpp"

namespace chord::net {

/// A handshake that is complete, from the point of view of this side.
struct Established {
    PeerKey key;         // whom with
    SessionIndex index;  // this side's name for it
    Role role;
    Session session;
};

/// What mac1 and the cookies of the whole network are made with.
ResponderKey mac_key_of(const noise::SecretKey& network_key);

/// One side of a handshake under this network key. `responder`: the peer's key, for the initiator of IKpsk2.
noise::Handshake begin_handshake(const LocalIdentity& identity, const noise::SecretKey& network_key,
                                 const noise::Pattern& pattern, Role role,
                                 const std::optional<PeerKey>& responder = std::nullopt);

/// The head, and what else stands before the Noise message.
std::vector<std::uint8_t> begin_frame(const FrameHead& head, std::span<const std::uint8_t> behind = {});

/// The Noise message of a frame with macs, behind the head and `skipped` more bytes; empty when it is shorter than
/// that.
std::span<std::uint8_t> noise_message(std::span<std::uint8_t> frame, std::size_t skipped = 0);

SessionIndex random_index(const Dice& dice);

}  // namespace chord::net
