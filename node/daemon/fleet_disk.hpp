// FleetDisk: where a member's state goes when it changes: the files of STATE/fleet (fleet_state.hpp).
//
// It writes while the loop waits, a few milliseconds on flash: on an admission at this node, a new list, a new key or
// certificate, and the time once an hour. A thread of its own for that would cost more than it saves.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "net/admission/fleet_files.hpp"
#include "node/daemon/log.hpp"

namespace chord::daemon {

class FleetDisk final : public net::admission::FleetSaves {
public:
    FleetDisk(std::string state_dir, const net::admission::NetworkId& network, Log& log)
        : state_dir_(std::move(state_dir)), network_(network), log_(log) {}

    /// Errors: full, io; the log says more.
    Status save(net::admission::FleetItem item, net::admission::View content) override;

    /// Why the item's latest save failed; nullopt when what is on disk is what it should be.
    std::optional<Error> failed(net::admission::FleetItem item) const {
        return failed_[static_cast<std::size_t>(item)];
    }

private:
    std::string state_dir_;
    net::admission::NetworkId network_;
    Log& log_;
    std::array<std::optional<Error>, net::admission::kFleetItems> failed_{};
};

}  // namespace chord::daemon
