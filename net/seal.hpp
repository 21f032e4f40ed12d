// Seal: what authenticates datagrams. The seam at which Noise sessions will sit; today there is MacSeal.
//
// A seal knows nothing of what it seals. It never answers anybody.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "node/core/base/peer.hpp"
#include "node/core/base/result.hpp"

namespace chord::net {

class Seal {
public:
    virtual ~Seal() = default;

    /// Turns envelope and body into the datagram for `to`, in place.
    virtual void seal(const Endpoint& to, std::vector<std::uint8_t>& datagram) = 0;

    /// Envelope and body of a datagram that came from `from`; valid until the next call and as long as `datagram`.
    /// Errors: bad_message when it was not sealed by a holder of the key, or was changed on its way.
    virtual Result<std::span<const std::uint8_t>> open(const Endpoint& from,
                                                       std::span<const std::uint8_t> datagram) = 0;
};

/// A tag behind the datagram: keyed BLAKE2b-128 over all that stands before it, under a key derived from the network
/// key. It tells insiders from strangers, not one insider from another, and stops no replay: that is Noise's business.
class MacSeal final : public Seal {
public:
    explicit MacSeal(const std::array<std::uint8_t, 32>& network_key);
    ~MacSeal() override;
    MacSeal(const MacSeal&) = delete;
    MacSeal& operator=(const MacSeal&) = delete;

    void seal(const Endpoint& to, std::vector<std::uint8_t>& datagram) override;
    Result<std::span<const std::uint8_t>> open(const Endpoint& from, std::span<const std::uint8_t> datagram) override;

private:
    std::array<std::uint8_t, 32> key_{};
};

}  // namespace chord::net
