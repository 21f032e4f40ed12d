// Credentials: what a node shows of itself inside a handshake, and whom it takes others for. The seam between channels,
// which prove that the peer holds a static key, and admission, which says what that key may be.
//
// In a trial ring everybody who has the network key is let in; in a fleet a certificate says who is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "net/noise/key_pair.hpp"
#include "node/core/base/id.hpp"
#include "node/core/base/result.hpp"

namespace chord::net {

/// A handshake's answer must stay below three times the bytes of what it answers (net/WIRE.md).
inline constexpr std::size_t kCredentialBytesMax = 224;

class Credentials {
public:
    virtual ~Credentials() = default;

    /// What this node shows; at most kCredentialBytesMax bytes. Read at every handshake, so it may be renewed.
    virtual std::span<const std::uint8_t> own() const = 0;

    /// The ring id of the peer that shows `shown` and claims, or has proved, to hold the private key of `static_key`.
    /// Costs at most some signature checks. Errors: bad_message when it is not well-formed or not true; wrong_peer when
    /// it is true, but its holder is not let in (any more).
    virtual Result<Id> judge(std::span<const std::uint8_t> shown, const noise::PublicKey& static_key) = 0;
};

}  // namespace chord::net
