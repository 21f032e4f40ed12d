// Daemon: the event loop around one engine. It moves bytes, time and signals to where they belong; what any of them
// means is decided elsewhere.
//
// Invariants
//  1. One thread, and it does not block before its end, but for a fleet's small files (fleet_disk.hpp); the store
//     commits on a thread of its own and posts its results here.
//  2. A turn is begun before every input of the engine, and owes at its end: replies, datagrams, the timer, in this
//  order.
//     All inputs that are ready at once share a turn.
//  3. The loop ends only after the store holds everything that it was given.
#pragma once

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

#include <sys/types.h>
#include <functional>
#include <optional>

#include "node/api/context.hpp"
#include "node/daemon/api_server.hpp"
#include "node/daemon/clock.hpp"
#include "node/daemon/discovery.hpp"
#include "node/daemon/ending.hpp"
#include "node/daemon/fleet_log.hpp"
#include "node/daemon/log.hpp"
#include "node/daemon/member_port.hpp"
#include "node/daemon/options.hpp"
#include "node/daemon/ring_log.hpp"
#include "node/daemon/startup.hpp"
#include "node/engine/engine.hpp"
#include "node/host/fault.hpp"

namespace chord::daemon {

class Daemon {
public:
    /// What the loop is built on; all of it outlives the daemon.
    struct Ground {
        asio::io_context& io;
        StoreWake& wake;
        Log& log;
    };

    /// `reload` reads the options as they are configured now; for SIGHUP.
    Daemon(const Ground& ground, const Options& options, Opened opened, std::function<OrFault<Options>()> reload);
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    /// Runs until a signal ends it.
    Ending run();

private:
    void begin_turn();
    void end_turn();
    void arm_timer();
    void take_commits();
    void keep_house();
    void save_node_time();
    void open_discovery();
    std::vector<net::noise::SecretKey> beacon_keys();
    void tell_phase();
    void tell_ring();
    void keep_fleet();
    void note_commit(const Commit& commit);
    void look_at_state_dir();
    void look_at_addresses();
    void tell_state();
    void wait_for_signal();
    void on_signal(int number);
    void leave();
    void finish();
    void reload_log_level();

    asio::io_context& io_;
    Log& log_;
    const Options& options_;
    std::function<OrFault<Options>()> reload_;
    Opened opened_;
    const Clock& clock_;
    net::noise::SecretKey trial_key_;  // or the fleet's newest one at the start
    Engine engine_;
    std::unique_ptr<MemberPort> fleet_;  // none in a trial ring
    api::ApiContext context_;
    ApiServer api_;
    std::optional<LanDiscovery> discovery_;
    std::vector<std::uint32_t> beacon_key_numbers_;  // of a fleet
    asio::signal_set signals_;
    asio::steady_timer engine_timer_;
    asio::steady_timer house_timer_;
    asio::steady_timer leave_timer_;

    Time now_{};  // of the turn
    WallMs wall_{};
    bool turn_open_ = false;
    Time armed_for_ = kNever;
    Time time_saved_at_{};
    std::uint64_t commits_at_save_ = 0;
    Phase told_phase_ = Phase::joining;
    RingLog ring_log_;
    FleetLog fleet_log_;
    Time fleet_looked_at_{};
    std::uint64_t told_changes_ = 0;     // of neighbours
    Endpoint stranger_;                  // who sent the latest datagram that failed authentication
    std::uint64_t full_used_bytes_ = 0;  // as the store refused a write for want of room
    std::optional<ino_t> store_inode_;   // 0: there is no such file
    bool leaving_ = false;
    bool finished_ = false;
};

}  // namespace chord::daemon
