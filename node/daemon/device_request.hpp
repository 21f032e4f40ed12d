// A device's request to be admitted (net/admission/request.hpp), as its operator gets it.
#pragma once

#include <string>
#include <string_view>

#include "net/admission/request.hpp"
#include "node/api/fleet_port.hpp"
#include "node/host/fault.hpp"

namespace chord::daemon {

/// CHORD REQUEST armour. Faults: bad_input for a name or tag that cannot be one.
api::OrFleetFault<std::string> device_request(const net::admission::SigningKey& device,
                                              const net::noise::PublicKey& static_key, std::string_view name,
                                              std::string_view tag);

/// "2027-01-31", the day on which that second lies; UTC.
std::string day_of(net::admission::Seconds seconds);

/// The fault of a file operation, for the local API.
api::FleetFault fleet_fault(const Fault& fault);

}  // namespace chord::daemon
