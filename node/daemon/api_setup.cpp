#include "node/daemon/api_setup.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "node/daemon/clock.hpp"

namespace chord::daemon {
namespace {

/// Descriptors that are not clients: store, sockets, log, the loop's own.
constexpr std::size_t kOwnDescriptors = 32;

/// What CONFIG GET tells: the options in force, lists as one text.
std::vector<std::pair<std::string, std::string>> config_entries(const Options& options) {
    std::vector<std::pair<std::string, std::string>> entries;
    for (const Setting& setting : options.in_force) {
        const std::string_view name = setting.option->name;
        if (!entries.empty() && entries.back().first == name)
            entries.back().second += " " + setting.value;
        else
            entries.emplace_back(name, setting.value);
    }
    return entries;
}

}  // namespace

ApiServer::Options api_options() {
    ApiServer::Options options;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return options;
    const rlim_t wanted = options.connections_max + kOwnDescriptors;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    const std::size_t room = std::max<rlim_t>(limit.rlim_cur, kOwnDescriptors + 1) - kOwnDescriptors;
    options.connections_max = std::min(options.connections_max, room);
    return options;
}

api::ApiContext api_context(const Options& options, Client& client) {
    return {.client = client,
            .version = CHORDD_VERSION,
            .ring_name = options.ring_name,
            .node_name = options.node_name,
            .process_id = ::getpid(),
            .socket_path = options.api_path,
            .config_file = options.config_file,
            .wall_us = &Clock::wall_us,
            .config = config_entries(options),
            .value_bytes_max = options.value_bytes_max,
            .peers_configured = options.peers.size()};
}

}  // namespace chord::daemon
