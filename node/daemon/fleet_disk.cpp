#include "node/daemon/fleet_disk.hpp"

#include "node/daemon/fleet_state.hpp"

namespace chord::daemon {

Status FleetDisk::save(net::admission::FleetItem item, net::admission::View content) {
    const std::optional<Fault> fault = save_fleet_item(state_dir_, network_, item, content);
    std::optional<Error>& failed = failed_[static_cast<std::size_t>(item)];
    failed.reset();
    if (!fault) return Success{};
    log_.error("fleet-save", fault->sentence);
    failed = fault->exit == Exit::store_full ? Error::full : Error::io;
    return *failed;
}

}  // namespace chord::daemon
