// The device's clock as fleets read it (net/admission/fleet_time.hpp), and what is known without one.
#pragma once

#include "net/admission/fleet_time.hpp"

namespace chord::daemon {

/// No chordd of this version ran before that day (CHORD_TIME_FLOOR in CMakeLists.txt): it is written there by
/// hand, so that two builds of one source are the same.
net::admission::Seconds release_time_floor();

/// The clock now, and whether the kernel says that something keeps it right (adjtimex(2) without STA_UNSYNC). A kernel
/// that does not answer says no.
net::admission::WallClock read_wall_clock();

}  // namespace chord::daemon
