// Startup: opens everything that a node stands on, in an order in which a failure leaves nothing behind, and says in
// one sentence what is in the way.
#pragma once

#include <asio/io_context.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "net/channel/local_identity.hpp"
#include "net/channel/trial_credentials.hpp"
#include "net/noise/key_pair.hpp"
#include "net/udp_sockets.hpp"
#include "node/core/base/id.hpp"
#include "node/daemon/identity.hpp"
#include "node/daemon/local_socket.hpp"
#include "node/daemon/log.hpp"
#include "node/daemon/network_key.hpp"
#include "node/daemon/options.hpp"
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

/// What a running node holds. The store is locked for this process, the sockets are bound.
struct Opened {
    NetworkKey network_key;
    Id node;                      // the id that the identity's credentials show
    net::LocalIdentity identity;  // its numbers of initiations are reserved on disk
    std::unique_ptr<storage::LmdbStore> store;
    std::unique_ptr<net::UdpSockets> udp;
    LocalSocket api;
};

/// The network key that the options name, else the one among the credentials that systemd lends this service
/// ($CREDENTIALS_DIRECTORY, or as given; empty: none); a fault if there is neither.
OrFault<NetworkKey> open_network_key(const Options& options);
OrFault<NetworkKey> open_network_key(const Options& options, const std::string& credentials_dir);

/// What the node shows of itself in handshakes. The signing key signs them once and is not kept.
struct OwnKeys {
    net::noise::KeyPair static_key;
    std::shared_ptr<net::TrialCredentials> credentials;
};

/// Both keys are made if this is the first start.
OrFault<OwnKeys> open_own_keys(const NetworkKey& network_key, const KeyPlaces& places);

/// `wake` must outlive what is opened.
OrFault<Opened> open_all(const Options& options, asio::io_context& io, StoreWake& wake, Log& log);

}  // namespace chord::daemon
