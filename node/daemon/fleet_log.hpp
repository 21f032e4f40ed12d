// FleetLog: what happens between this device and its fleet, as lines for the operator.
//
// It is told the member's state now and then, and writes what has changed. What is counted gets a line a minute at
// most, and a certificate that nobody renews one a day.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/admission/fleet_member.hpp"
#include "node/core/base/time.hpp"
#include "node/daemon/log.hpp"

namespace chord::daemon {

class FleetLog {
public:
    static constexpr Duration kCountedEvery = std::chrono::minutes(1);
    static constexpr Duration kNotRenewedEvery = std::chrono::hours(24);

    explicit FleetLog(Log& log) : log_(log) {}

    /// The first call tells nothing but a standing that is not `admitted`.
    void state(const net::admission::FleetStatus& now_is, Time now);

private:
    void standing(const net::admission::FleetStatus& is);
    void renewal(const net::admission::FleetStatus& is, Time now);

    Log& log_;
    std::optional<net::admission::FleetStatus> told_;
    Time refused_quiet_until_{};
    Time not_renewed_quiet_until_{};
};

/// "5 days", "1 hour", "20 minutes": rounded down.
std::string rough_text(net::admission::Seconds seconds);

}  // namespace chord::daemon
