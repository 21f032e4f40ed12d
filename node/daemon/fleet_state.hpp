// FleetState: what a device that was admitted holds on its disk, read and checked as a whole at the start, and the way
// in which a device that is admitted gets it.
//
// The directory `fleet` in the state directory is there if and only if the device has been admitted. It is made
// under the name `joining` and renamed when all is in it, so that a power cut leaves a device admitted or not, never
// half. While an invite is redeemed, `joining` holds that.
//
// Invariants
//  1. All files that are read here are of one fleet, and the certificate is made out for this device's keys.
//  2. Reading changes nothing but what a power cut left unfinished: an old `joining` beside `fleet`, and an invite that
//     has served.
#pragma once

#include <optional>
#include <string>

#include "net/admission/bootstrap.hpp"
#include "net/admission/certificate.hpp"
#include "net/admission/fleet_files.hpp"
#include "net/admission/invite.hpp"
#include "node/host/fault.hpp"

namespace chord::daemon {

/// This device's public keys, for which its certificate must be made out.
struct DeviceKeys {
    net::admission::VerifyKey sign_key{};
    net::noise::PublicKey static_key{};
};

/// Who the fleet is, as the device learnt it when it was admitted.
struct FleetOrigin {
    net::admission::VerifyKey fleet_key{};
    std::string name;  // is_name(), or empty: an admission file does not say
    net::admission::Bootstrap bootstrap;

    net::admission::NetworkId network() const { return net::admission::network_id(fleet_key); }
};

/// What is on disk. Its network keys are wiped when it goes.
struct FleetState {
    FleetState() = default;
    FleetState(FleetState&&) = default;
    FleetState& operator=(FleetState&&) = default;
    ~FleetState();

    FleetOrigin origin;
    net::admission::SignedCertificate certificate;  // that of `files`
    net::admission::FleetFiles files;               // certificate and network keys at least
};

/// STATE/fleet and STATE/joining.
std::string fleet_directory(const std::string& state_dir);
std::string joining_directory(const std::string& state_dir);

/// True when the device has been admitted, or what is there looks so much like it that it must not be passed over.
bool has_fleet_state(const std::string& state_dir);

/// What is in STATE/fleet. Faults: a missing, damaged or foreign file, a directory that others may write to.
/// REQUIRES: has_fleet_state().
OrFault<FleetState> read_fleet_state(const std::string& state_dir, const DeviceKeys& own);

/// The sentence about an item whose file is whole but whose content is not.
Fault bad_fleet_item(const std::string& state_dir, net::admission::FleetItem item);

/// Makes STATE/fleet with these; on disk when it returns, and the invite that led to it is gone.
/// REQUIRES: no has_fleet_state().
std::optional<Fault> create_fleet_state(const std::string& state_dir, const FleetOrigin& origin,
                                        const net::admission::FleetFiles& files);

/// Replaces one part of it, on disk when the call returns.
std::optional<Fault> save_fleet_item(const std::string& state_dir, const net::admission::NetworkId& network,
                                     net::admission::FleetItem item, net::admission::View content);

/// The invite that is being redeemed; nullopt when there is none. Its file is damaged: a fault.
OrFault<std::optional<net::admission::Invite>> read_pending_invite(const std::string& state_dir);
/// Keeps it, on disk when the call returns.
std::optional<Fault> save_pending_invite(const std::string& state_dir, const net::admission::Invite& invite);
/// It is not to be tried again.
void drop_pending_invite(const std::string& state_dir);

}  // namespace chord::daemon
