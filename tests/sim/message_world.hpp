// MessageWorld: whole cores (node/core/node.hpp) in virtual time over simulated messages, from one to a million of
// them. No engine, no crypto, no bytes: what net/rpc promises is modelled here, with retransmission, duplicates
// suppressed at the receiver, and a timeout after the last try.
//
// Invariants
//  1. Each call ends in exactly one on_answer, unless its caller goes off.
//  2. A request is handed up once; its copies are answered again with the same response, while its caller waits.
//  3. In a world of at most kCheckedMax live hosts the ring checker sees the whole ring after each event that changed a
//     ring state. In larger ones a node's own check of its pointers (Neighborhood) is all there is after each event,
//     and ideal() is asked for.
//  4. A call takes a slot from a free list and an event a place in one heap: in steady state neither allocates.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "node/core/node.hpp"
#include "tests/sim/call_slots.hpp"
#include "tests/sim/cluster.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/event_queue.hpp"
#include "tests/sim/network_model.hpp"
#include "tests/sim/ring_checker.hpp"
#include "tests/sim/trace_hash.hpp"

namespace chord::sim {

struct MessageWorldOptions {
    std::uint64_t seed = 1;
    NetworkConditions network;
    NodeOptions node;                                        // of every node; `self` is filled in
    Duration first_timeout = std::chrono::milliseconds(60);  // doubles with each try
    int tries = 4;
};

class MessageWorld final : public Cluster {
public:
    static constexpr std::size_t kCheckedMax = 64;

    /// Host i has ids[i] and is off.
    explicit MessageWorld(const MessageWorldOptions& options, const std::vector<Id>& ids = {});
    ~MessageWorld() override;

    /// Switches the host on; what its disk holds is what it remembers. REQUIRES: it is off.
    void start(std::size_t host, const std::vector<std::size_t>& seeds);
    /// `count` new hosts with random ids that stand in an ideal ring already, fingers included, as if they had joined
    /// long ago. Host numbers rise clockwise. REQUIRES: no host yet.
    void place_ring(std::size_t count);

    std::size_t add() override;
    void kill(std::size_t host) override;
    void restart(std::size_t host) override { restart(host, Return{}); }
    /// REQUIRES: it is off; it has not moved, as a host's address is its number.
    void restart(std::size_t host, const Return& how);
    /// Remembers what the host's disk holds, for Return::DiskFate::stale.
    void back_up(std::size_t host);
    void leave(std::size_t host) override;
    using Cluster::run_until;
    void run_until(Time until) override;
    void with_client(std::size_t host, const std::function<void(Client&)>& use) override;

    Time now() const override { return now_; }
    std::size_t devices() const override { return hosts_.size(); }
    bool alive(std::size_t host) const override;
    const Node& node(std::size_t host) const override;
    const std::vector<std::size_t>& live() const override { return live_; }
    bool member(std::size_t host) const { return alive(host) && is_member(node(host)); }
    /// Zave's assumption: without the host, every member would still have a live entry, or be the only one.
    bool may_vanish(std::size_t host) const;
    bool ideal() const override;
    /// What the disk of the host, on or off, holds under a key: for checkers, who may know what no node knows.
    std::optional<Record> held(std::size_t host, const Id& key) const;
    NetworkModel& network() { return network_; }

    /// Rules that each node alone can keep, broken at some instant. The first one.
    const std::optional<Violation>& violation() const { return violation_; }
    /// The other rules, broken for a while.
    const std::array<bool, kRules>& transient() const { return transient_; }
    /// From now on as if they had not been.
    void forget_transient() { transient_ = {}; }
    std::uint64_t messages() const { return messages_; }
    std::uint64_t events() const { return events_; }
    std::uint64_t trace_hash() const { return trace_.value(); }
    std::string dump() const;

private:
    class Port;
    enum class Kind : std::uint8_t { attempt, request, response, wake, stop };
    struct Happening {
        Kind kind{};
        std::uint32_t host = 0;  // where
        std::uint32_t incarnation = 0;
        std::uint64_t call = 0;
    };
    struct Host;

    /// The call, while its caller still waits for an answer.
    SimulatedCall* waiting(std::uint64_t call);
    void create(std::size_t host);
    void handle(const Happening& happening);
    void attempt(std::uint64_t call);
    void arrive(std::uint64_t call);
    void answer(std::uint64_t call);
    void respond(std::uint64_t call);
    void stop(std::size_t host);
    void deliver(Kind kind, std::size_t from, std::size_t host, std::uint64_t call);
    void open_turn(std::size_t host);
    void follow(std::size_t host);
    void look_at(std::size_t host);
    void check();
    std::vector<RingView> views() const;

    MessageWorldOptions options_;
    Rng rng_;
    NetworkModel network_;
    Time now_{};
    EventQueue<Happening> queue_;
    std::vector<std::unique_ptr<Host>> hosts_;
    std::vector<std::size_t> live_;
    CallSlots calls_;
    std::optional<Violation> violation_;
    std::array<bool, kRules> transient_{};
    std::uint64_t messages_ = 0;
    std::uint64_t events_ = 0;
    TraceHash trace_;
};

}  // namespace chord::sim
