// LookupAudit: asks for the owners of random points and compares each answer with the truth: right if the node named
// owned the point at some instant between question and answer.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "tests/sim/cluster.hpp"

namespace chord::sim {

class LookupAudit {
public:
    /// Listens to the world's changes of membership from now on. The world must outlive it.
    LookupAudit(Cluster& world, std::uint64_t seed);
    ~LookupAudit();
    LookupAudit(const LookupAudit&) = delete;
    LookupAudit& operator=(const LookupAudit&) = delete;

    /// A random member asks for a random point.
    void ask();
    std::size_t outstanding() const { return pending_.size(); }

    struct Statistics {
        std::uint64_t asked = 0;
        std::uint64_t right = 0;
        std::uint64_t wrong = 0;
        std::uint64_t failed = 0;     // ended with an error
        std::uint64_t cut_short = 0;  // the asking device went off
        std::uint64_t hops = 0;       // of the right ones, the hop to the owner included (PROTOCOL-NOTES 1.2)
        std::uint64_t timeouts = 0;   // nodes asked that stayed silent
    };
    const Statistics& statistics() const { return statistics_; }

private:
    struct Pending {
        Id target;
        std::size_t device = 0;
        std::vector<Id> owners;  // of the target since it was asked
    };

    void note_owners();
    void done(std::uint64_t number, const Id& self, const Result<LookupTrace>& trace);

    Cluster& world_;
    Rng rng_;
    std::map<std::uint64_t, Pending> pending_;
    std::shared_ptr<LookupAudit*> self_ = std::make_shared<LookupAudit*>(this);  // what late answers look for
    Statistics statistics_;
};

}  // namespace chord::sim
