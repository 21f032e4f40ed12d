// LocalIdentity: the secrets and the dice with which a node enters handshakes. Made by the driver: the daemon reads
// them from files and the kernel, the simulator from its seed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "net/channel/credentials.hpp"
#include "net/noise/key_pair.hpp"

namespace chord::net {

/// Fills the bytes with randomness that nobody can foresee; in a simulation, with what follows from the seed.
using Dice = std::function<void(std::span<std::uint8_t>)>;

struct LocalIdentity {
    noise::KeyPair static_key;
    noise::SecretKey network_key;  // the pre-shared key of all nodes of the network
    std::shared_ptr<Credentials> credentials;
    /// Greater than every number that this static key has ever put into an initiation
    /// (net/guard/initiation_log.hpp).
    std::uint64_t first_initiation = 1;
    Dice dice;
};

}  // namespace chord::net
