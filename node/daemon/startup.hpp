// Startup: opens everything that a node stands on, in an order in which a failure leaves nothing behind, and says in
// one sentence what is in the way.
#pragma once

#include <asio/io_context.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/admission/fleet_member.hpp"
#include "net/channel/local_identity.hpp"
#include "net/channel/trial_credentials.hpp"
#include "net/noise/key_pair.hpp"
#include "net/udp_sockets.hpp"
#include "node/core/base/id.hpp"
#include "node/daemon/clock.hpp"
#include "node/daemon/fleet_disk.hpp"
#include "node/daemon/fleet_state.hpp"
#include "node/daemon/identity.hpp"
#include "node/daemon/local_socket.hpp"
#include "node/daemon/log.hpp"
#include "node/daemon/options.hpp"
#include "node/daemon/start_mode.hpp"
#include "node/daemon/state_dir.hpp"
#include "node/host/fault.hpp"
#include "storage/lmdb_store.hpp"

namespace chord::daemon {

/// Carries the store's wake from its commit thread into the loop: any number of wakes before the loop turns are one.
class StoreWake {
public:
    explicit StoreWake(asio::io_context& io) : io_(io) {}

    /// Called in the loop. To be set before the loop runs.
    std::function<void()> on_commits;

    /// From any thread.
    void post();

private:
    asio::io_context& io_;
    std::atomic<bool> posted_{false};
};

/// The keys that make a device this one.
struct DeviceSecrets {
    net::admission::SigningKey sign_key;
    net::noise::KeyPair static_key;

    DeviceKeys public_keys() const { return {sign_key.public_key(), static_key.public_key()}; }
};

/// Both keys are made if this is the first start.
OrFault<DeviceSecrets> open_device_keys(const KeyPlaces& places);

/// What a node of a trial ring shows of itself in handshakes: its keys, signed once.
std::shared_ptr<net::TrialCredentials> trial_credentials(const NetworkKey& network_key, const DeviceSecrets& device);

/// What a node of a fleet stands on besides.
struct OpenedFleet {
    FleetOrigin origin;
    std::string device_name;  // by its certificate
    net::admission::SigningKey sign_key;
    net::noise::KeyPair static_key;
    std::unique_ptr<FleetDisk> disk;
    std::unique_ptr<net::admission::FleetMember> member;
};

/// What a running node holds. The store is locked for this process, the sockets are bound.
struct Opened {
    Id node;
    net::LocalIdentity identity;  // its numbers of initiations are reserved on disk
    std::unique_ptr<storage::LmdbStore> store;
    Clock clock;  // goes on where the store says that it was
    std::unique_ptr<net::UdpSockets> udp;
    LocalSocket api;
    std::optional<OpenedFleet> fleet;  // none in a trial ring
};

/// What a device holds that waits to be admitted. The state directory is locked for this process.
struct OpenedLobby {
    StateLock lock;
    DeviceSecrets device;
    std::optional<net::admission::Invite> invite;  // one that was being redeemed when the power went
    std::unique_ptr<net::UdpSockets> udp;
    LocalSocket api;
};

/// Where systemd lends this service its credentials ($CREDENTIALS_DIRECTORY); empty when it lends none.
std::string credentials_dir();

/// Randomness that nobody can foresee.
net::Dice system_dice();

/// For StartMode::trial and fleet. `wake` and `log` must outlive what is opened.
OrFault<Opened> open_all(const Options& options, const Start& start, asio::io_context& io, StoreWake& wake, Log& log);

/// For StartMode::unadmitted.
OrFault<OpenedLobby> open_lobby(const Options& options, asio::io_context& io, Log& log);

}  // namespace chord::daemon
