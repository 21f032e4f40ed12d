#include "node/daemon/startup.hpp"

#include <sodium.h>
#include <asio/post.hpp>

#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "node/daemon/initiation_file.hpp"
#include "node/daemon/listen.hpp"
#include "node/daemon/signals_blocked.hpp"
#include "node/daemon/wall_clock.hpp"

namespace chord::daemon {
namespace {

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

/// What a node stands on in either kind of ring.
struct Foundation {
    std::unique_ptr<storage::LmdbStore> store;
    std::unique_ptr<net::UdpSockets> udp;
    LocalSocket api;
    std::uint64_t first_initiation = 0;
};

OrFault<Foundation> open_foundation(const Options& options, const Id& node, asio::io_context& io, StoreWake& wake,
                                    Log& log) {
    OrFault<std::unique_ptr<storage::LmdbStore>> store = open_store(options, node, wake);
    if (!store) return store.fault();
    OrFault<std::unique_ptr<net::UdpSockets>> udp = open_udp(io, options, log);
    if (!udp) return udp.fault();
    OrFault<LocalSocket> api = LocalSocket::listen(options.api_path);
    if (!api) return api.fault();
    // Last, so that a failed start takes no numbers; under the store's lock, so that no two processes take the same.
    OrFault<std::uint64_t> first = reserve_initiations(options.state_dir, Clock::wall_us() / 1'000'000);
    if (!first) return first.fault();
    return Foundation{std::move(*store), std::move(*udp), std::move(*api), *first};
}

Clock clock_of(storage::LmdbStore& store) {
    const std::optional<Bytes> saved = store.meta(kNodeTimeMeta);
    return Clock(saved ? decode_node_time(*saved).value_or(Time{}) : Time{});
}

OrFault<Opened> open_trial(const Options& options, const NetworkKey& key, DeviceSecrets device, asio::io_context& io,
                           StoreWake& wake, Log& log) {
    std::shared_ptr<net::TrialCredentials> credentials = trial_credentials(key, device);
    const Id node = credentials->id();
    OrFault<Foundation> base = open_foundation(options, node, io, wake, log);
    if (!base) return base.fault();
    net::LocalIdentity identity{.static_key = std::move(device.static_key),
                                .network_key = net::noise::SecretKey::copy_of(key.bytes),
                                .credentials = std::move(credentials),
                                .first_initiation = base->first_initiation,
                                .dice = system_dice()};
    const Clock clock = clock_of(*base->store);
    return Opened{node,        std::move(identity),  std::move(base->store),
                  clock,       std::move(base->udp), std::move(base->api),
                  std::nullopt};
}

OrFault<Opened> open_fleet(const Options& options, DeviceSecrets device, asio::io_context& io, StoreWake& wake,
                           Log& log) {
    using namespace net::admission;
    OrFault<FleetState> state = read_fleet_state(options.state_dir, device.public_keys());
    if (!state) return state.fault();
    const Id node = state->certificate.content.position(0);
    OrFault<Foundation> base = open_foundation(options, node, io, wake, log);
    if (!base) return base.fault();
    const Clock clock = clock_of(*base->store);
    auto disk = std::make_unique<FleetDisk>(options.state_dir, state->origin.network(), log);
    FleetMemberOptions member_options;
    member_options.fleet_key = state->origin.fleet_key;
    member_options.built = release_time_floor();
    randombytes_buf(&member_options.seed, sizeof member_options.seed);
    Result<std::unique_ptr<FleetMember>> member =
        FleetMember::open(member_options, device.sign_key, state->files, *disk, clock.now());
    if (!member) return bad_fleet_item(options.state_dir, FleetItem::certificate);  // the others were looked through
    net::LocalIdentity identity = (*member)->identity(device.static_key.clone(), base->first_initiation, system_dice());
    OpenedFleet fleet{std::move(state->origin),
                      state->certificate.content.name,
                      std::move(device.sign_key),
                      std::move(device.static_key),
                      std::move(disk),
                      std::move(*member)};
    return Opened{node,
                  std::move(identity),
                  std::move(base->store),
                  clock,
                  std::move(base->udp),
                  std::move(base->api),
                  std::move(fleet)};
}

}  // namespace

void StoreWake::post() {
    if (posted_.exchange(true)) return;
    asio::post(io_, [this] {
        posted_.store(false);
        on_commits();
    });
}

std::string credentials_dir() {
    const char* const path = std::getenv("CREDENTIALS_DIRECTORY");
    return path == nullptr ? "" : path;
}

net::Dice system_dice() {
    return [](std::span<std::uint8_t> out) { randombytes_buf(out.data(), out.size()); };
}

OrFault<DeviceSecrets> open_device_keys(const KeyPlaces& places) {
    OrFault<net::noise::SecretKey> seed = open_identity(places);
    if (!seed) return seed.fault();
    OrFault<net::noise::SecretKey> private_key = open_static_key(places);
    if (!private_key) return private_key.fault();
    return DeviceSecrets{net::admission::SigningKey(*seed), net::noise::KeyPair(std::move(*private_key))};
}

std::shared_ptr<net::TrialCredentials> trial_credentials(const NetworkKey& network_key, const DeviceSecrets& device) {
    return std::make_shared<net::TrialCredentials>(network_id(network_key), device.sign_key.seed(),
                                                   device.static_key.public_key());
}

OrFault<Opened> open_all(const Options& options, const Start& start, asio::io_context& io, StoreWake& wake, Log& log) {
    CHORD_CHECK(start.mode != StartMode::unadmitted);
    if (std::optional<Fault> fault = prepare_state_dir(options.state_dir)) return *fault;
    OrFault<DeviceSecrets> device = open_device_keys({options.state_dir, credentials_dir()});
    if (!device) return device.fault();
    if (start.mode == StartMode::trial)
        return open_trial(options, start.network_key, std::move(*device), io, wake, log);
    return open_fleet(options, std::move(*device), io, wake, log);
}

OrFault<OpenedLobby> open_lobby(const Options& options, asio::io_context& io, Log& log) {
    if (std::optional<Fault> fault = prepare_state_dir(options.state_dir)) return *fault;
    OrFault<StateLock> lock = StateLock::take(options.state_dir);
    if (!lock) return lock.fault();
    OrFault<DeviceSecrets> device = open_device_keys({options.state_dir, credentials_dir()});
    if (!device) return device.fault();
    OrFault<std::optional<net::admission::Invite>> invite = read_pending_invite(options.state_dir);
    if (!invite) return invite.fault();
    OrFault<std::unique_ptr<net::UdpSockets>> udp = open_udp(io, options, log);
    if (!udp) return udp.fault();
    OrFault<LocalSocket> api = LocalSocket::listen(options.api_path);
    if (!api) return api.fault();
    return OpenedLobby{std::move(*lock), std::move(*device), std::move(*invite), std::move(*udp), std::move(*api)};
}

}  // namespace chord::daemon
