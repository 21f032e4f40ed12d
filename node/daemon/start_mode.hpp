// StartMode: what kind of node this process will be, by what the operator configured and what the state directory
// holds.
//
// Invariants
//  1. A device of a fleet never becomes a node of a trial ring: with both a network key and a fleet it does not start.
//  2. Nothing is made or changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "node/daemon/network_key.hpp"
#include "node/daemon/options.hpp"
#include "node/host/fault.hpp"

namespace chord::daemon {

enum class StartMode : std::uint8_t {
    trial,       // a ring of everybody who has the network key
    fleet,       // admitted: STATE/fleet
    unadmitted,  // neither: it waits for chordctl join
};

struct Start {
    StartMode mode = StartMode::unadmitted;
    NetworkKey network_key;  // of a trial ring
};

/// The network key that the options name, else the one among the credentials that systemd lends this service (in
/// `credentials_dir`; empty: none); nullopt if there is neither.
OrFault<std::optional<NetworkKey>> configured_network_key(const Options& options, const std::string& credentials_dir);

/// Faults: a network key that is no good; a network key beside a fleet, or beside an invite that is being redeemed; the
/// store of a node without either.
OrFault<Start> start_mode(const Options& options, const std::string& credentials_dir);

}  // namespace chord::daemon
