// World: whole engines (core, net, storage) in virtual time, joined by a simulated datagram network. One seed decides
// everything. The daemon's twin: it does with virtual sockets and disks what the daemon does with real ones.
//
// Invariants
//  1. What happens depends on the seed and the calls made, on nothing else; trace_hash() tells two runs apart.
//  2. After each input of an engine whose ring state it changed, the ring checker has seen the whole ring; in a world
//     of more than kCheckedWhole live devices that node alone, and the whole ring within kCheckPeriod.
//  3. A crashed device keeps exactly what its disk had committed; its node time stands still while it is off.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "node/engine/engine.hpp"
#include "tests/sim/cluster.hpp"
#include "tests/sim/disk.hpp"
#include "tests/sim/event_queue.hpp"
#include "tests/sim/network_model.hpp"
#include "tests/sim/ring_checker.hpp"
#include "tests/sim/trace_hash.hpp"
#include "tests/sim/traffic.hpp"

namespace chord::sim {

/// Who the devices are, where they are not whoever they say (test_identity): a fleet.
class Identities {
public:
    virtual ~Identities() = default;
    /// The ring id of the device with this number, which is about to be added.
    virtual Id id(std::size_t device) = 0;
    /// The engine of one start of it. `life`: 1, 2, …; `now`: the node's time.
    virtual std::unique_ptr<Engine> engine(std::size_t device, std::uint64_t life, const EngineOptions& options,
                                           Store& store, std::uint64_t seed, Time now) = 0;
};

struct WorldOptions {
    std::uint64_t seed = 1;
    NetworkConditions network;
    NodeOptions node;     // of every node; `self` is filled in
    net::RpcOptions rpc;  // likewise; so are `self` and the first request id
    Duration commit_time = std::chrono::milliseconds(2);
    Identities* identities = nullptr;  // outlives the world; null: test identities
};

class World final : public Cluster {
public:
    static constexpr std::size_t kCheckedWhole = 64;
    static constexpr Duration kCheckPeriod = std::chrono::milliseconds(100);

    explicit World(const WorldOptions& options);
    ~World() override;

    std::size_t add() override;
    void kill(std::size_t device) override;
    void restart(std::size_t device) override { restart(device, Return{}); }
    void restart(std::size_t device, const Return& how);
    /// Remembers what the device's disk has committed, for Return::DiskFate::stale.
    void back_up(std::size_t device);
    /// The device's wall clock jumps by this, from now on; jumps add up.
    void jump_clock(std::size_t device, std::chrono::milliseconds by) { devices_[device]->wall_off += by; }
    /// The device goes off a second after the node has said goodbye.
    void leave(std::size_t device) override;
    /// Devices of different sides cannot hear each other. One side for each device; empty heals.
    void split(std::vector<std::uint8_t> sides) { network_.split(std::move(sides)); }
    NetworkModel& network() { return network_; }

    using Cluster::run_until;
    void run_until(Time until) override;
    void with_client(std::size_t device, const std::function<void(Client&)>& use) override;

    /// A turn of the device's engine. REQUIRES: alive.
    void with_engine(std::size_t device, const std::function<void(Engine&)>& use);
    const Engine& engine(std::size_t device) const { return *devices_[device]->engine; }

    Time now() const override { return now_; }
    std::size_t devices() const override { return devices_.size(); }
    bool alive(std::size_t device) const override { return devices_[device]->engine != nullptr; }
    const Node& node(std::size_t device) const override { return devices_[device]->engine->node(); }
    const Disk& disk(std::size_t device) const { return devices_[device]->disk; }
    /// The version under the key on the device's disk.
    std::optional<Version> held(std::size_t device, const Id& key_id) const {
        const Result<std::optional<Record>> record = devices_[device]->disk.get(key_id);
        return record && *record ? std::optional((*record)->version) : std::nullopt;
    }
    /// The same of the whole record, if it is alive.
    std::optional<Record> live_record(std::size_t device, const Id& key_id) const;
    const std::vector<std::size_t>& live() const override { return live_; }
    /// Which start of the device this is, or was the last: 1, 2, …
    std::uint64_t life(std::size_t device) const { return devices_[device]->incarnation; }
    std::size_t replicas() const { return options_.node.replicas; }
    /// Whether some live device that stands alone was told of this one when it first started.
    bool is_awaited(std::size_t device) const;
    /// Whether some other live device is where this one was told of others when it first started.
    bool has_live_seed(std::size_t device) const;
    bool ideal() const override { return !views_.empty() && is_ideal(views_, options_.node.successors); }

    struct Statistics {
        std::uint64_t datagrams = 0, datagram_bytes = 0, datagrams_lost = 0;
        std::uint64_t inputs = 0;                               // of engines
        std::uint64_t ring_checks = 0;                          // of the whole ring
        std::array<std::uint64_t, kRules> broken{};             // checks that found the rule broken
        std::uint64_t calls_answered = 0, calls_timed_out = 0;  // of the devices that are on, since they are
    };
    Statistics statistics() const;
    /// All datagrams sent, by kind.
    const Traffic& traffic() const { return traffic_; }
    /// The id of a device, live or not.
    const Id& id(std::size_t device) const { return devices_[device]->id; }
    /// Of the rules that each node alone can keep: none may ever break. The first of them, at most 8.
    const std::vector<std::string>& violations() const { return violations_; }
    std::uint64_t trace_hash() const { return trace_.value(); }
    /// One line a live node, in the order of the ring.
    std::string dump() const;

private:
    enum class Kind : std::uint8_t { datagram, wake, commit, stop };
    struct Happening {
        Kind kind{};
        std::uint32_t device = 0;
        std::uint32_t incarnation = 0;  // of the device; a datagram reaches whichever there is
        std::uint32_t from = 0;         // the place it was sent from
        std::vector<std::uint8_t> bytes;
    };
    struct Device {
        Device() : disk(storage::MemoryStore::CommitMode::on_request) {}
        Id id;
        Disk disk;
        std::unique_ptr<Engine> engine;
        std::vector<Endpoint> seeds;
        std::uint32_t incarnation = 0;
        Duration off{};     // virtual time minus node time
        Time stopped_at{};  // node time when it went off
        Time wake_at = kNever;
        bool commit_pending = false;
        std::size_t place = 0;  // which address it has
        std::chrono::milliseconds wall_off{};
        std::optional<Disk> backup;
        Time backed_up_at{};   // node time
        std::size_t slot = 0;  // in live_ and views_
    };

    void start(std::size_t device);
    void stop(std::size_t device);
    void handle(Happening happening);
    /// After each input: sends what is to be sent, asks for the next wake-up, looks at the ring state.
    void follow(std::size_t device);
    void send(std::size_t from, net::Datagram datagram);
    void look_at(std::size_t device);
    void changed(const RingView* view);
    void note(const RingReport& report);
    void check();
    void take_place(std::size_t device);
    Time node_time(const Device& device) const { return now_ - device.off; }
    WallMs wall(const Device& device) const;

    WorldOptions options_;
    Rng rng_;
    NetworkModel network_;
    Time now_{};
    EventQueue<Happening> queue_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::vector<std::size_t> places_;  // by address: the device that is, or was, there
    Time check_at_ = kNever;           // of the whole ring, when something has changed
    Traffic traffic_;
    std::vector<std::size_t> live_;
    std::vector<RingView> views_;  // of live_, slot by slot
    Statistics statistics_;
    std::vector<std::string> violations_;
    TraceHash trace_;
};

}  // namespace chord::sim
