#include "node/daemon/start_mode.hpp"

#include <sys/stat.h>

#include "node/daemon/fleet_state.hpp"

namespace chord::daemon {
namespace {

bool is_there(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

OrFault<std::optional<NetworkKey>> configured_network_key(const Options& options, const std::string& credentials_dir) {
    if (!options.network_key_file.empty()) {
        OrFault<NetworkKey> key = load_network_key(options.network_key_file);
        if (!key) return key.fault();
        return std::optional<NetworkKey>(*key);
    }
    if (credentials_dir.empty()) return std::optional<NetworkKey>();
    return load_network_key_credential(credentials_dir);
}

OrFault<Start> start_mode(const Options& options, const std::string& credentials_dir) {
    OrFault<std::optional<NetworkKey>> key = configured_network_key(options, credentials_dir);
    if (!key) return key.fault();
    const std::string& state_dir = options.state_dir;
    const bool is_of_fleet = has_fleet_state(state_dir);
    const bool is_enrolling = is_there(joining_directory(state_dir) + "/invite");
    if (key->has_value() && (is_of_fleet || is_enrolling)) {
        const std::string directory = is_of_fleet ? fleet_directory(state_dir) : joining_directory(state_dir);
        return Fault{Exit::needs_operator,
                     "a network key is configured (--network-key), but this device belongs to a fleet (" + directory +
                         "); remove the network key, or choose another --state-dir for the trial ring"};
    }
    if (key->has_value()) return Start{StartMode::trial, **key};
    if (is_of_fleet) return Start{StartMode::fleet, {}};
    if (is_there(state_dir + "/data.mdb")) {
        return Fault{Exit::needs_operator,
                     "the state directory " + state_dir +
                         " holds the store of a node, but there is neither its network key (--network-key FILE) nor "
                         "its fleet (the directory 'fleet' in it); give it back what it had, or start with an empty "
                         "--state-dir"};
    }
    return Start{StartMode::unadmitted, {}};
}

}  // namespace chord::daemon
