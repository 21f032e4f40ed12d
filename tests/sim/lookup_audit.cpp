#include "tests/sim/lookup_audit.hpp"

#include <algorithm>

namespace chord::sim {

LookupAudit::LookupAudit(Cluster& world, std::uint64_t seed) : world_(world), rng_(seed) {
    world_.on_membership_change([this] { note_owners(); });
}

LookupAudit::~LookupAudit() {
    world_.on_membership_change({});
}

void LookupAudit::ask() {
    if (world_.member_count() == 0) {
        return;
    }
    const std::uint64_t number = ++statistics_.asked;
    const std::size_t device = world_.random_member(rng_);
    const Id target{{rng_.next(), rng_.next(), rng_.next(), rng_.next()}};
    const Id self = world_.node(device).ring().self().id;
    pending_.emplace(number, Pending{target, device, {*world_.true_owner(target)}});
    world_.with_client(device, [&](Client& client) {
        const std::weak_ptr<LookupAudit*> audit = self_;  // an answer may come when the audit is over
        client.lookup(target, [audit, number, self](const Result<LookupTrace>& trace) {
            if (const auto there = audit.lock()) {
                (*there)->done(number, self, trace);
            }
        });
    });
}

void LookupAudit::note_owners() {
    for (auto pending = pending_.begin(); pending != pending_.end();) {
        Pending& lookup = pending->second;
        if (!world_.alive(lookup.device)) {
            ++statistics_.cut_short;
            pending = pending_.erase(pending);
            continue;
        }
        const std::optional<Id> owner = world_.true_owner(lookup.target);
        if (owner && *owner != lookup.owners.back()) {
            lookup.owners.push_back(*owner);
        }
        ++pending;
    }
}

void LookupAudit::done(std::uint64_t number, const Id& self, const Result<LookupTrace>& trace) {
    const auto found = pending_.find(number);
    if (found == pending_.end()) {
        return;
    }
    const Pending lookup = std::move(found->second);
    pending_.erase(found);
    if (!trace) {
        ++statistics_.failed;
        return;
    }
    std::uint64_t answered = 0;
    for (const LookupHop& hop : trace->hops) {
        ++(hop.rtt ? answered : statistics_.timeouts);
    }
    const Id owner = trace->holders.front().id;
    if (std::find(lookup.owners.begin(), lookup.owners.end(), owner) == lookup.owners.end()) {
        ++statistics_.wrong;
        return;
    }
    ++statistics_.right;
    // The hop to the owner counts, whether the lookup made it to be sure or left it to the caller.
    const bool reached = (owner == self && answered == 0) || (answered > 0 && trace->hops.back().peer.id == owner);
    statistics_.hops += answered + (reached ? 0 : 1);
}

}  // namespace chord::sim
