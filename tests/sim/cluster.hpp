// Cluster: a set of simulated devices, as audits, churn and nemesis see it: what they do is the same whether whole
// stacks exchange datagrams (World) or bare cores exchange messages (MessageWorld).
//
// Invariants
//  1. Devices are numbered from 0 in the order in which they came; a number is never given again.
//  2. What happens depends on the seed and the calls made, on nothing else.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "node/core/base/rng.hpp"
#include "node/core/node.hpp"

namespace chord::sim {

class Cluster {
public:
    Cluster() = default;
    virtual ~Cluster() = default;
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    /// A new device starts now, with up to three live ones as its seeds. Returns its number.
    virtual std::size_t add() = 0;
    /// SIGKILL. REQUIRES: alive.
    virtual void kill(std::size_t device) = 0;
    /// The device comes back with its disk and seeds. REQUIRES: !alive.
    virtual void restart(std::size_t device) = 0;
    /// Leaves in order, and goes off soon after the node has said goodbye. REQUIRES: alive.
    virtual void leave(std::size_t device) = 0;

    /// Lets everything happen that is due by then.
    virtual void run_until(Time until) = 0;
    void run_for(Duration duration) { run_until(now() + duration); }
    /// Looks every 100 ms; returns how long it took, nullopt if it was not so within `limit`.
    std::optional<Duration> run_until(const std::function<bool()>& condition, Duration limit);
    virtual Time now() const = 0;

    /// A turn of the device in which `use` talks to its node. REQUIRES: alive.
    virtual void with_client(std::size_t device, const std::function<void(Client&)>& use) = 0;

    virtual std::size_t devices() const = 0;
    virtual bool alive(std::size_t device) const = 0;
    /// REQUIRES: alive.
    virtual const Node& node(std::size_t device) const = 0;
    /// Numbers of the live devices; in no order that means anything, but the same in each run.
    virtual const std::vector<std::size_t>& live() const = 0;
    std::size_t live_count() const { return live().size(); }
    /// A live device whose node is a member and not about to leave; any live one when there is none. REQUIRES: some
    /// live.
    std::size_t random_member(Rng& rng) const;

    /// Every live node is a member with the right pointers, and there is one.
    virtual bool ideal() const = 0;
    /// Besides, every key has its copies.
    bool settled() const;
    /// The member that owns `point` at this instant; nullopt when there is none.
    std::optional<Id> true_owner(const Id& point) const;
    std::size_t member_count() const { return members_.size(); }
    /// Called after each change of who is a member. One listener at a time; none takes it away. REQUIRES: nobody
    /// listens yet, or none.
    void on_membership_change(std::function<void()> listener) {
        CHORD_CHECK(!listener || !membership_changed_);
        membership_changed_ = std::move(listener);
    }

protected:
    /// The node with this id has become, or is no longer, a member.
    void note_member(const Id& id, std::size_t device, bool member);
    bool is_listed(const Id& id) const { return members_.contains(id); }

private:
    std::map<Id, std::size_t> members_;
    std::function<void()> membership_changed_;
};

/// Whether the node counts as a member: it has a place on the ring, be it to leave it.
bool is_member(const Node& node);

}  // namespace chord::sim
