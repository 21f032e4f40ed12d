#include "node/daemon/engine_options.hpp"

#include <algorithm>
#include <chrono>

namespace chord::daemon {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void apply_profile(Profile profile, EngineOptions& options) {
    NodeOptions& node = options.node;
    switch (profile) {
        case Profile::standard: break;  // the defaults as they stand in the option structs
        case Profile::lan:
            node.stabilize_period = seconds(5);
            node.stabilize_period_unsettled = seconds(1);
            node.stabilize_period_min = milliseconds(500);
            node.probe_period = seconds(20);
            node.reconcile_period = minutes(2);
            node.join_patience = seconds(2);
            options.rpc.first_timeout = milliseconds(200);
            break;
        case Profile::metered:
            node.stabilize_period = seconds(45);
            node.stabilize_period_unsettled = seconds(15);
            node.stabilize_period_min = seconds(15);  // churn must not eat the budget
            node.witness_patience = seconds(3);
            node.probe_period = minutes(3);
            node.reconcile_period = minutes(30);
            node.suspect_for = minutes(1);
            options.rpc.first_timeout = seconds(1);  // cellular links wake up slowly
            break;
    }
}

void apply_value_limit(std::size_t value_bytes_max, EngineOptions& options) {
    constexpr std::size_t kBesideValue = 8 * 1024;  // the key, the record, the envelope
    options.node.value_bytes_max = value_bytes_max;
    net::ReassemblyOptions& reassembly = options.rpc.messages.reassembly;
    reassembly.message_bytes_max = value_bytes_max + kBesideValue;
    reassembly.peer_bytes_max = 2 * reassembly.message_bytes_max;
    reassembly.node_bytes_max = std::max(reassembly.node_bytes_max, 4 * reassembly.message_bytes_max);
}

}  // namespace chord::daemon
