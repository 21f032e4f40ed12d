// sd_notify(3) without libsystemd: one datagram to $NOTIFY_SOCKET.
#pragma once

#include <string_view>

namespace chord::daemon {

/// Sends "READY=1", "STOPPING=1", … to the service manager; does nothing where there is none. Never blocks or fails: a
/// service manager that does not listen must not stop the node.
void sd_notify(std::string_view state);

}  // namespace chord::daemon
