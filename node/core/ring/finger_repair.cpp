#include "node/core/ring/finger_repair.hpp"

#include <algorithm>

namespace chord {

namespace {

constexpr int kStepsBackMax = 3;

}  // namespace

Task<void> FingerRepair::run() {
    while (true) {
        const Duration period =
            context_.rng.jittered(context_.pace.period(context_.now()), context_.options.jitter_percent);
        co_await wake_.wait_until(context_.now() + period);
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
            // Once: what was not found has its turn below. Under churn some lookup always fails, and to begin anew
            // each time would be most of the traffic.
            complete_ = true;
            for (const int exponent : wanted) {
                co_await refresh(exponent);
            }
        } else {
            const int exponent = wanted[next_++ % wanted.size()];
            const bool right = co_await still_right(exponent);
            if (!right) {
                co_await refresh(exponent);
            }
        }
    }
}

// Asks the finger itself, and walks back a few nodes where some have joined before it.
Task<bool> FingerRepair::still_right(int exponent) {
    const Id target = context_.self().plus_power_of_two(exponent);
    for (int step = 0; step < kStepsBackMax; ++step) {
        const std::optional<Peer> finger = context_.fingers.find(exponent);
        if (!finger || context_.ring.is_neighbor(finger->id)) {
            co_return false;
        }
        Result<OwnerReply> reply = co_await context_.calls.ask<OwnerReply>(*finger, OwnerQuery{target});
        if (!reply) {
            context_.fingers.forget(finger->id);
            co_return false;
        }
        if (reply->owner) {
            co_return true;
        }
        const std::optional<Peer>& before = reply->predecessor;
        if (!before || before->id == context_.self() ||
            before->id.distance_from(target) >= finger->id.distance_from(target)) {
            co_return false;
        }
        context_.fingers.set(exponent, *before);
    }
    co_return false;
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
    // Behind the last other node the finger would wrap round to this one: then it is the one before.
    const Peer& finger =
        route->successors.front().id != context_.self() ? route->successors.front() : route->predecessor;
    if (finger.id == context_.self()) {
        co_return false;  // the ring has become one of this node alone meanwhile
    }
    context_.fingers.set(exponent, finger);
    co_return true;
}

}  // namespace chord
