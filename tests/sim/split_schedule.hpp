// SplitSchedule: what the split walker does to a world, drawn from a seed. Any part of the actions is a schedule too.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "node/core/base/id.hpp"
#include "node/core/base/time.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/schedule_walker.hpp"

namespace chord::sim {

/// One thing done to the world from outside, and how long after the one before it. What does not apply is passed over.
struct SplitAction {
    enum class Kind : std::uint8_t {
        split,    // into `sides`
        heal,     //
        on,       // the host starts, or comes back with its disk as `disk` says
        kill,     //
        back_up,  // of the host's disk
        leave,    // and stays away if `for_good` and all was handed over
        write,    // and the rest: of `key`, through the first member at or after `host`
        erase,
        write_if_absent,
        write_if_present,
        read
    } kind{};
    std::uint8_t host = 0;
    std::uint8_t key = 0;
    Return::DiskFate disk = Return::DiskFate::old;
    bool for_good = false;
    std::vector<std::uint8_t> sides;  // by host
    Duration after{};
};

struct SplitSchedule {
    std::vector<Id> ids;                  // rising, so that neighbours in number are neighbours on the ring
    std::vector<std::uint8_t> together;   // the hosts that begin as one settled ring
    std::array<std::uint8_t, 3> seeds{};  // everybody's configured seeds
    std::vector<SplitAction> actions;
    std::uint64_t seed = 0;  // of the network and the nodes
};

/// Depends on the seed, r, the greatest number of hosts and the index only.
SplitSchedule random_split_schedule(const WalkOptions& options, std::uint64_t index);

/// One line for people, without its end.
std::string text(const SplitAction& action);

}  // namespace chord::sim
