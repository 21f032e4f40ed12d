// What the local interface is set up with, whether or not there is a node behind it.
#pragma once

#include "node/api/context.hpp"
#include "node/daemon/api_server.hpp"
#include "node/daemon/options.hpp"

namespace chord::daemon {

/// As many clients as the bound allows and as there can be descriptors; raises the soft limit as far as it may.
ApiServer::Options api_options();

/// The client must outlive the context.
api::ApiContext api_context(const Options& options, Client& client);

}  // namespace chord::daemon
