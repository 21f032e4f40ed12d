// KeyAudit: writes keys through random nodes, remembers what was acknowledged, and reads everything back.
#pragma once

#include <string>
#include <vector>

#include "tests/sim/cluster.hpp"

namespace chord::sim {

class KeyAudit {
public:
    /// The world must outlive it.
    KeyAudit(Cluster& world, std::uint64_t seed) : world_(world), rng_(seed) {}

    /// Writes `count` new keys, a few at a time, each through a random member.
    void write(std::size_t count);

    struct Findings {
        std::uint64_t attempted = 0, acknowledged = 0;
        std::uint64_t read = 0;
        std::vector<std::string> lost;        // acknowledged, and not there or different
        std::vector<std::string> unreadable;  // the read itself ended with an error, which is told
    };
    /// Reads every acknowledged key through a random member.
    Findings read_all();

private:
    Cluster& world_;
    Rng rng_;
    std::uint64_t attempted_ = 0;
    std::vector<std::string> acknowledged_;  // the value is made from the key
};

}  // namespace chord::sim
