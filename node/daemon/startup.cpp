#include "node/daemon/startup.hpp"

#include <signal.h>
#include <sodium.h>
#include <asio/post.hpp>

#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "node/daemon/clock.hpp"
#include "node/daemon/initiation_file.hpp"
#include "node/daemon/listen.hpp"
#include "node/daemon/state_dir.hpp"

namespace chord::daemon {
namespace {

/// Threads made while it lives take no signals: those belong to the loop, and none shall interrupt a commit.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

Exit exit_of(Error error) {
    switch (error) {
        case Error::already_in_use: return Exit::unavailable;
        case Error::full: return Exit::store_full;
        case Error::io: return Exit::io;
        default: return Exit::needs_operator;
    }
}

OrFault<std::unique_ptr<storage::LmdbStore>> open_store(const Options& options, const Id& node, StoreWake& wake) {
    const SignalsBlocked blocked;
    const storage::LmdbOptions store_options{
        .directory = options.state_dir, .node = node, .map_bytes = options.map_bytes, .wake = [&wake] { wake.post(); }};
    std::string why;
    Result<std::unique_ptr<storage::LmdbStore>> store = storage::LmdbStore::open(store_options, why);
    if (!store) return Fault{exit_of(store.error()), why};
    return std::move(*store);
}

/// Where systemd lends this service its credentials; empty when it lends none.
std::string credentials_dir() {
    const char* const path = std::getenv("CREDENTIALS_DIRECTORY");
    return path == nullptr ? "" : path;
}

}  // namespace

void StoreWake::post() {
    if (posted_.exchange(true)) return;
    asio::post(io_, [this] {
        posted_.store(false);
        on_commits();
    });
}

OrFault<NetworkKey> open_network_key(const Options& options) {
    return open_network_key(options, credentials_dir());
}

OrFault<NetworkKey> open_network_key(const Options& options, const std::string& credentials_dir) {
    if (!options.network_key_file.empty()) return load_network_key(options.network_key_file);
    if (!credentials_dir.empty()) {
        OrFault<std::optional<NetworkKey>> lent = load_network_key_credential(credentials_dir);
        if (!lent) return lent.fault();
        if (lent->has_value()) return **lent;
    }
    return Fault{Exit::needs_operator, std::string("no network key is given (--network-key FILE); ") + kMakeNetworkKey};
}

OrFault<OwnKeys> open_own_keys(const NetworkKey& network_key, const KeyPlaces& places) {
    OrFault<net::noise::SecretKey> seed = open_identity(places);
    if (!seed) return seed.fault();
    OrFault<net::noise::SecretKey> private_key = open_static_key(places);
    if (!private_key) return private_key.fault();
    net::noise::KeyPair static_key(std::move(*private_key));
    auto credentials =
        std::make_shared<net::TrialCredentials>(network_id(network_key), std::move(*seed), static_key.public_key());
    return OwnKeys{std::move(static_key), std::move(credentials)};
}

OrFault<Opened> open_all(const Options& options, asio::io_context& io, StoreWake& wake, Log& log) {
    OrFault<NetworkKey> key = open_network_key(options);
    if (!key) return key.fault();
    if (std::optional<Fault> fault = prepare_state_dir(options.state_dir)) return *fault;
    OrFault<OwnKeys> own = open_own_keys(*key, {options.state_dir, credentials_dir()});
    if (!own) return own.fault();
    const Id node = own->credentials->id();
    OrFault<std::unique_ptr<storage::LmdbStore>> store = open_store(options, node, wake);
    if (!store) return store.fault();
    OrFault<std::unique_ptr<net::UdpSockets>> udp = open_udp(io, options, log);
    if (!udp) return udp.fault();
    OrFault<LocalSocket> api = LocalSocket::listen(options.api_path);
    if (!api) return api.fault();
    // Last, so that a failed start takes no numbers; under the store's lock, so that no two processes take the same.
    OrFault<std::uint64_t> first = reserve_initiations(options.state_dir, Clock::wall_us() / 1'000'000);
    if (!first) return first.fault();
    net::LocalIdentity identity{.static_key = std::move(own->static_key),
                                .network_key = net::noise::SecretKey::copy_of(key->bytes),
                                .credentials = std::move(own->credentials),
                                .first_initiation = *first,
                                .dice = [](std::span<std::uint8_t> out) { randombytes_buf(out.data(), out.size()); }};
    return Opened{*key, node, std::move(identity), std::move(*store), std::move(*udp), std::move(*api)};
}

}  // namespace chord::daemon
