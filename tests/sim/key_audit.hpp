// KeyAudit: writes keys through random nodes, remembers what was acknowledged, and reads everything back.
//
// A key is right when the read answers the acknowledged write of the greatest version, or a later one that was tried
// and never acknowledged: a client that heard nothing cannot know. Which of two writes is greater is the store's own
// order (Version), whatever the clocks of the devices say.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/cluster.hpp"

namespace chord::sim {

class KeyAudit {
public:
    /// The world must outlive it.
    /// Values are some tens of bytes long, and with `value_bytes_max` up to about that.
    KeyAudit(Cluster& world, std::uint64_t seed, std::size_t value_bytes_max = 0)
        : world_(world), rng_(seed), value_bytes_max_(value_bytes_max) {}

    /// Writes `count` new keys, a few at a time, each through a random member, and waits for each to end.
    void write(std::size_t count);
    /// A random member begins to write a new key, or, one time in four, a new value of an old one. REQUIRES: some live.
    void begin_write();

    struct Findings {
        std::uint64_t attempted = 0, acknowledged = 0;  // keys
        std::uint64_t read = 0;
        std::vector<std::string> lost;        // acknowledged, and not there, older or different, which is told
        std::vector<std::string> unreadable;  // the read itself ended with an error, which is told
    };
    /// Reads every acknowledged key through a random member.
    Findings read_all();

    struct Acknowledged {
        Version version;
        std::string value;
    };
    /// By key, the greatest acknowledged write.
    using Ledger = std::map<std::string, Acknowledged>;
    const Ledger& acknowledged() const { return *acknowledged_; }

private:
    void begin(const std::string& key, const std::function<void()>& ended);
    bool is_right(const std::string& key, const std::optional<Record>& record) const;

    Cluster& world_;
    Rng rng_;
    std::size_t value_bytes_max_;
    std::uint64_t attempted_ = 0;
    std::uint64_t values_ = 0;
    // Shared with the callbacks: one that comes late, or after the audit, still finds it.
    std::shared_ptr<Ledger> acknowledged_ = std::make_shared<Ledger>();
};

}  // namespace chord::sim
