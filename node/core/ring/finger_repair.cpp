#include "node/core/ring/finger_repair.hpp"

#include <algorithm>

namespace chord {

Task<void> FingerRepair::run() {
    while (true) {
        co_await wake_.wait_until(context_.now() + context_.rng.jittered(context_.options.stabilize_period));
        if (!context_.is_member() || context_.ring.alone()) {
            context_.fingers.clear();
            complete_ = false;
            continue;
        }
        const std::vector<int> wanted = context_.fingers.wanted(context_.ring.successors().front().id);
        context_.fingers.keep_only(wanted);
        if (wanted.empty()) {
            continue;
        }
        if (!complete_) {
            bool all = true;
            for (const int exponent : wanted) {
                const bool found = co_await refresh(exponent);
                all = all && found;
            }
            complete_ = all;
        } else {
            const int exponent = wanted[next_++ % wanted.size()];
            co_await refresh(exponent);
        }
    }
}

Task<bool> FingerRepair::refresh(int exponent) {
    const Id target = context_.self().plus_power_of_two(exponent);
    const RingState& ring = context_.ring;
    // What the successor list covers needs no message.
    const auto listed = std::find_if(ring.successors().begin(), ring.successors().end(), [&](const Peer& peer) {
        return in_open_closed(target, context_.self(), peer.id);
    });
    if (listed != ring.successors().end()) {
        context_.fingers.set(exponent, *listed);
        co_return true;
    }
    Result<Route> route = co_await lookup_.find(target);
    if (!route) {
        co_return false;
    }
    if (route->successors.front().id != context_.self()) {
        context_.fingers.set(exponent, route->successors.front());
    } else {
        // The target lies behind the last other node: the ring is small and this finger wraps round to self.
        context_.fingers.set(exponent, route->predecessor);
    }
    co_return true;
}

}  // namespace chord
