#include "node/daemon/startup.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <asio/post.hpp>

#include <optional>
#include <string>
#include <utility>

#include "node/daemon/identity.hpp"
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

/// The identity in the state directory, made now if this is the first start.
OrFault<PublicKey> open_identity(const std::string& state_dir) {
    OrFault<std::optional<PublicKey>> found = load_identity(state_dir);
    if (!found) return found.fault();
    if (found->has_value()) return **found;

    // A store without its identity belongs to a node that may come back; a new one must not take its place.
    struct stat status {};
    if (::lstat((state_dir + "/data.mdb").c_str(), &status) == 0)
        return Fault{Exit::needs_operator, "the state directory " + state_dir +
                                               " holds a store but no identity; restore the file 'identity' from a "
                                               "backup, or start with an empty --state-dir"};
    OrFault<PublicKey> made = create_identity(state_dir);
    if (made) return made;
    // Another daemon may have been quicker on this directory; the store's lock then decides between the two.
    found = load_identity(state_dir);
    if (found && found->has_value()) return **found;
    return made;
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

}  // namespace

void StoreWake::post() {
    if (posted_.exchange(true)) return;
    asio::post(io_, [this] {
        posted_.store(false);
        on_commits();
    });
}

OrFault<NetworkKey> open_network_key(const Options& options) {
    if (options.network_key_file.empty())
        return Fault{Exit::needs_operator,
                     std::string("no network key is given (--network-key FILE); ") + kMakeNetworkKey};
    return load_network_key(options.network_key_file);
}

OrFault<Opened> open_all(const Options& options, asio::io_context& io, StoreWake& wake, Log& log) {
    OrFault<NetworkKey> key = open_network_key(options);
    if (!key) return key.fault();
    if (std::optional<Fault> fault = prepare_state_dir(options.state_dir)) return *fault;
    OrFault<PublicKey> identity = open_identity(options.state_dir);
    if (!identity) return identity.fault();
    const Id node = node_id(network_id(*key), *identity);
    OrFault<std::unique_ptr<storage::LmdbStore>> store = open_store(options, node, wake);
    if (!store) return store.fault();
    OrFault<std::unique_ptr<net::UdpSockets>> udp = open_udp(io, options, log);
    if (!udp) return udp.fault();
    OrFault<LocalSocket> api = LocalSocket::listen(options.api_path);
    if (!api) return api.fault();
    return Opened{std::move(*key), node, std::move(*store), std::move(*udp), std::move(*api)};
}

}  // namespace chord::daemon
