// ApiContext: what all sessions of one daemon share. It outlives them.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "node/core/client.hpp"

namespace chord::api {

using CounterList = std::vector<std::pair<std::string, std::uint64_t>>;

class FleetPort;

struct ApiContext {
    Client& client;
    std::string version{};  // of chordd, "0.1.0"
    std::string ring_name{};
    std::string node_name{};
    std::uint32_t position = 0;  // which of the node's positions is active
    std::int64_t process_id = 0;
    std::string socket_path{};
    std::string config_file{};  // named to those who try CONFIG SET; may be empty
    /// Microseconds since 1970, for TIME alone.
    std::function<std::uint64_t()> wall_us{};
    /// What CONFIG GET tells; a name that Redis' tools ask for and that is missing here has its fixed value.
    std::vector<std::pair<std::string, std::string>> config{};
    std::size_t value_bytes_max = kValueBytesDefault;  // NodeOptions
    std::size_t peers_configured = 0;                  // addresses given with --peer
    FleetPort* fleet = nullptr;                        // null in trial mode; outlives the sessions

    /// Counts of the daemon's own, by name; may be empty.
    std::function<CounterList()> daemon_counters{};

    // Kept by the daemon.
    bool store_full = false;  // the last write was refused for want of room

    // Kept by the sessions.
    std::uint64_t sessions_started = 0;
    std::uint64_t sessions_open = 0;
    std::uint64_t commands_processed = 0;
};

/// Who is at the other end, from SO_PEERCRED and SO_PEERGROUPS.
struct Caller {
    std::uint32_t uid = 0;
    bool admin = false;
};

}  // namespace chord::api
