#include "node/daemon/daemon.hpp"

#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <utility>

#include "node/api/notes.hpp"
#include "node/api/phase_text.hpp"
#include "node/core/context.hpp"
#include "node/daemon/api_setup.hpp"
#include "node/daemon/engine_options.hpp"
#include "node/daemon/interfaces.hpp"
#include "node/daemon/listen.hpp"
#include "node/daemon/sd_notify.hpp"
#include "node/daemon/state_report.hpp"
#include "node/daemon/wall_clock.hpp"

namespace chord::daemon {
namespace {

constexpr std::chrono::seconds kHouseEvery{10};
constexpr std::chrono::seconds kLeaveWithin{10};
/// For two beacons of somebody else, and the answer.
constexpr std::chrono::seconds kMeetingPatience{2};
constexpr std::chrono::seconds kFleetToldEvery{1};

std::uint64_t random_number() {
    std::uint64_t number = 0;
    randombytes_buf(&number, sizeof number);
    return number;
}

EngineOptions engine_options(const Options& options, const Opened& opened) {
    EngineOptions engine;
    engine.node.self = Peer{opened.node, own_address(*opened.udp)};
    engine.rpc.self = opened.node;
    engine.rpc.first_request_id = random_number();
    apply_profile(options.profile, engine);
    apply_value_limit(options.value_bytes_max, engine);
    if (uses_discovery(options)) engine.node.meeting_patience = kMeetingPatience;
    return engine;
}

std::unique_ptr<MemberPort> member_port(const Options& options, Opened& opened, Engine& engine) {
    if (!opened.fleet) return nullptr;
    OpenedFleet& fleet = *opened.fleet;
    return std::make_unique<MemberPort>(MemberPort::Parts{.origin = fleet.origin,
                                                          .sign_key = fleet.sign_key,
                                                          .static_key = fleet.static_key,
                                                          .disk = *fleet.disk,
                                                          .member = *engine.fleet(),
                                                          .client = engine.client(),
                                                          .addresses = bootstrap_addresses(*opened.udp),
                                                          .fallback_name = options.ring_name});
}

/// In a fleet a node's name is what its certificate says.
api::ApiContext node_context(const Options& options, const Opened& opened, Client& client, api::FleetPort* fleet) {
    api::ApiContext context = api_context(options, client);
    context.fleet = fleet;
    if (opened.fleet) context.node_name = opened.fleet->device_name;
    if (opened.fleet && !opened.fleet->origin.name.empty()) context.ring_name = opened.fleet->origin.name;
    return context;
}

/// Whom to ask for the ring: whom the operator names, and whom the fleet named when it admitted this device.
std::vector<Endpoint> seeds(const Options& options, const Opened& opened) {
    std::vector<Endpoint> all = options.peers;
    if (opened.fleet)
        all.insert(all.end(), opened.fleet->origin.bootstrap.begin(), opened.fleet->origin.bootstrap.end());
    return all;
}

}  // namespace

Daemon::Daemon(const Ground& ground, const Options& options, Opened opened, std::function<OrFault<Options>()> reload)
    : io_(ground.io),
      log_(ground.log),
      options_(options),
      reload_(std::move(reload)),
      opened_(std::move(opened)),
      clock_(opened_.clock),
      trial_key_(opened_.identity.network_key.clone()),
      engine_(engine_options(options_, opened_), std::move(opened_.identity), *opened_.store, random_number(),
              opened_.fleet ? std::move(opened_.fleet->member) : nullptr),
      fleet_(member_port(options, opened_, engine_)),
      context_(node_context(options, opened_, engine_.client(), fleet_.get())),
      api_(io_, std::move(opened_.api), context_, api_options(),
           {[this] { begin_turn(); }, [this] { return clock_.now(); }}, log_),
      signals_(io_),
      engine_timer_(io_),
      house_timer_(io_),
      leave_timer_(io_),
      ring_log_(log_),
      fleet_log_(log_) {
    ground.wake.on_commits = [this] { take_commits(); };
    if (uses_discovery(options_)) open_discovery();
    asio::error_code ignored;
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) signals_.add(number, ignored);
}

Ending Daemon::run() {
    wait_for_signal();

    begin_turn();
    time_saved_at_ = now_;
    if (fleet_) engine_.set_clock_synchronised(read_wall_clock().synchronised);
    engine_.start(now_, wall_, seeds(options_, opened_));
    look_at_addresses();
    opened_.udp->start([this](std::span<const net::UdpSocket::Received> batch) {
        begin_turn();
        for (const auto& datagram : batch) {
            const std::uint64_t strange = engine_.traffic().drops_stranger;
            engine_.receive(now_, wall_, datagram.from, datagram.bytes, datagram.at);
            if (engine_.traffic().drops_stranger != strange) stranger_ = datagram.from;
        }
    });
    api_.start();
    if (discovery_) discovery_->start();

    const std::string ready =
        "listening on " + text(*opened_.udp) + ", api " + options_.api_path + ", node " + opened_.node.short_hex();
    log_.notice("ready", "ready: " + ready);
    sd_notify("READY=1\nSTATUS=" + ready);
    keep_house();
    io_.run();
    return Ending::over;
}

// ---- Turns ----------------------------------------------------------------------------------------------------------

void Daemon::begin_turn() {
    now_ = clock_.now();
    wall_ = Clock::wall();
    engine_.begin_turn(now_, wall_);
    if (turn_open_ || finished_) return;
    turn_open_ = true;
    // Behind the handlers that are ready already: what they put in leaves together.
    asio::post(io_, [this] { end_turn(); });
}

void Daemon::end_turn() {
    if (finished_) return;
    begin_turn();  // the replies' flush may run commands that waited
    keep_fleet();
    api_.flush();
    opened_.udp->send(engine_.take_datagrams());
    tell_ring();
    arm_timer();
    turn_open_ = false;
}

void Daemon::arm_timer() {
    const Time deadline = std::min(engine_.next_deadline(), fleet_ ? fleet_->next_deadline() : kNever);
    // A timer that fires too early looks again; moving it further away each turn would cost more.
    if (deadline >= armed_for_) return;
    armed_for_ = deadline;
    engine_timer_.expires_at(clock_.steady_at(deadline));
    engine_timer_.async_wait([this](const asio::error_code& error) {
        if (error || finished_) return;
        armed_for_ = kNever;
        const Time due = std::min(engine_.next_deadline(), fleet_ ? fleet_->next_deadline() : kNever);
        if (clock_.now() < due) return arm_timer();
        begin_turn();
        engine_.tick(now_, wall_);
    });
}

void Daemon::take_commits() {
    begin_turn();
    for (const Commit& commit : opened_.store->take_commits()) {
        if (commit.error) log_.error("store-write", "the store refused a write: " + std::string(text(*commit.error)));
        note_commit(commit);
        engine_.committed(now_, wall_, commit);
    }
}

void Daemon::note_commit(const Commit& commit) {
    const std::uint64_t used = opened_.store->stats().used_bytes;
    if (commit.error == Error::full) {
        context_.store_full = true;
        full_used_bytes_ = used;
    } else if (used != full_used_bytes_) {
        context_.store_full = false;  // something went, or there was room after all
    }
}

void Daemon::open_discovery() {
    discovery_.emplace(
        io_, clock_, log_,
        net::Discovery(opened_.node, beacon_keys(),
                       [](std::span<std::uint8_t> out) { randombytes_buf(out.data(), out.size()); }),
        opened_.udp->local(),
        LanDiscovery::Node{.is_alone = [this] { return engine_.node().ring().alone(); },
                           .is_known = [this](const Peer& peer) { return engine_.node().knows(peer.id); },
                           .meet =
                               [this](const Peer& peer) {
                                   begin_turn();
                                   engine_.meet(now_, wall_, peer.address);
                               }});
    context_.daemon_counters = [this] { return discovery_->named_counters(); };
}

// ---- House-keeping --------------------------------------------------------------------------------------------------

void Daemon::keep_house() {
    if (finished_) return;
    api_.drop_stalled();
    look_at_state_dir();
    look_at_addresses();
    if (discovery_) discovery_->look();
    if (fleet_) engine_.set_clock_synchronised(read_wall_clock().synchronised);
    const std::uint64_t commits = opened_.store->stats().commits;
    // Without other writes the disk is left alone for longer: flash wears.
    const Duration period = commits != commits_at_save_ ? kNodeTimeSavedEvery : kNodeTimeSavedEveryIdle;
    if (clock_.now() - time_saved_at_ >= period) save_node_time();
    house_timer_.expires_after(kHouseEvery);
    house_timer_.async_wait([this](const asio::error_code& error) {
        if (!error) keep_house();
    });
}

/// Beacons are sealed under the keys with which handshakes begin.
std::vector<net::noise::SecretKey> Daemon::beacon_keys() {
    if (engine_.fleet() != nullptr) return engine_.fleet()->network_keys();
    std::vector<net::noise::SecretKey> keys;
    keys.push_back(trial_key_.clone());
    return keys;
}

/// At the end of each turn: whoever waits for something of the fleet's gets it; what has changed is told, once a second
/// at most.
void Daemon::keep_fleet() {
    if (!fleet_) return;
    fleet_->after_turn(now_);
    if (now_ - fleet_looked_at_ < kFleetToldEvery && fleet_looked_at_ != Time{}) return;
    fleet_looked_at_ = now_;
    const net::admission::FleetStatus status = engine_.fleet()->status();
    fleet_log_.state(status, now_);
    if (discovery_ && status.network_keys != beacon_key_numbers_) {
        beacon_key_numbers_ = status.network_keys;
        discovery_->set_keys(beacon_keys());
    }
}

void Daemon::save_node_time() {
    time_saved_at_ = clock_.now();
    opened_.store->put_meta(kNodeTimeMeta, encode_node_time(time_saved_at_));
    commits_at_save_ = opened_.store->stats().commits + 1;  // with the one that this costs
}

void Daemon::tell_phase() {
    const Phase phase = engine_.node().phase();
    if (phase == told_phase_) return;
    told_phase_ = phase;
    const std::string line = "node " + opened_.node.short_hex() + " is " + std::string(api::phase_text(phase));
    log_.notice("phase", line);
    if (!leaving_)
        for (const std::string& note : api::notes(context_, engine_.client().view())) log_.warning("note", note);
    sd_notify("STATUS=" + line);
}

/// At the end of each turn, so nothing is done unless something has changed.
void Daemon::tell_ring() {
    tell_phase();
    const Node& node = engine_.node();
    const Counters& counters = node.counters();
    if (counters.neighbor_changes != told_changes_) {
        told_changes_ = counters.neighbor_changes;
        if (discovery_) discovery_->look();  // perhaps alone now
        std::vector<Peer> neighbors = node.ring().successors();
        const std::optional<Peer>& predecessor = node.ring().predecessor();
        if (predecessor && std::find(neighbors.begin(), neighbors.end(), *predecessor) == neighbors.end())
            neighbors.push_back(*predecessor);
        ring_log_.neighbors(std::move(neighbors), counters.evictions,
                            [&](const Id& peer) { return node.given_up(peer); });
    }
    ring_log_.counts({.merges = counters.merges,
                      .conflicts = counters.conflicts,
                      .no_quorum = counters.no_quorum,
                      .unauthentic = engine_.traffic().drops_stranger},
                     stranger_, now_);
}

void Daemon::look_at_addresses() {
    begin_turn();
    engine_.set_addresses(now_, wall_, addresses_to_tell(reachable_at(opened_.udp->local(), interface_addresses())));
}

/// Whoever removes the directory under the open files in it would learn of it at the next start only.
void Daemon::look_at_state_dir() {
    struct stat status {};
    const ino_t inode = ::stat((options_.state_dir + "/data.mdb").c_str(), &status) == 0 ? status.st_ino : 0;
    const std::optional<ino_t> before = std::exchange(store_inode_, inode);
    if (before && inode != *before)
        log_.error("state-dir", "the store in " + options_.state_dir +
                                    " was removed or replaced under the running node, and is lost when it ends; run: "
                                    "chordctl leave, which hands its keys to the others, then start chordd anew");
}

void Daemon::tell_state() {
    for (const std::string& line : state_report(engine_.client().view())) log_.notice("state", line);
    const net::UdpCounters udp = opened_.udp->counters();
    log_.notice("state", "state: " + std::to_string(api_.connections()) + " clients, " +
                             std::to_string(context_.commands_processed) + " commands processed, " +
                             std::to_string(udp.send_drops + udp.send_errors) + " datagrams could not leave");
}

// ---- Signals and the end --------------------------------------------------------------------------------------------

void Daemon::wait_for_signal() {
    signals_.async_wait([this](const asio::error_code& error, int number) {
        if (error || finished_) return;
        on_signal(number);
        wait_for_signal();
    });
}

void Daemon::on_signal(int number) {
    switch (number) {
        case SIGHUP: return reload_log_level();
        case SIGUSR1: return tell_state();
        default: return leaving_ ? finish() : leave();
    }
}

void Daemon::leave() {
    leaving_ = true;
    if (discovery_) discovery_->stop();
    log_.notice("leave",
                "leaving the ring within " + std::to_string(kLeaveWithin.count()) + " s; a second signal ends at once");
    sd_notify("STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000");
    leave_timer_.expires_after(kLeaveWithin);
    leave_timer_.async_wait([this](const asio::error_code& error) {
        if (error || finished_) return;
        log_.warning("leave-late", "the neighbours did not take over in time; other replicas serve what was here");
        finish();
    });
    begin_turn();
    engine_.client().leave([this](const Result<Success>& left) {
        const bool left_before = !left && left.error() == Error::shutting_down;
        if (!left && !left_before)
            log_.warning("leave-failed", "left without hand-over: " + std::string(text(left.error())));
        asio::post(io_, [this] { finish(); });
    });
}

/// The last turn: everything written is on disk, every reply that can leave has left.
void Daemon::finish() {
    if (finished_) return;
    save_node_time();
    opened_.store->drain();
    take_commits();
    api_.flush();
    opened_.udp->send(engine_.take_datagrams());
    finished_ = true;
    api_.close();
    io_.stop();
    log_.notice("end", "ended; the store is closed in order");
}

void Daemon::reload_log_level() {
    OrFault<Options> options = reload_();
    if (!options) return log_.error("reload", "kept the old configuration: " + options.fault().sentence);
    log_.set_level(options->log_level);
    log_.notice("reload", "log level is " + std::string(text(options->log_level)) +
                              "; other options take effect at the next start");
}

}  // namespace chord::daemon
