#include "node/core/ring/finger_repair.hpp"

#include <algorithm>

namespace chord {

namespace {

constexpr int kStepsBackMax = 3;

}  // namespace

Task<void> FingerRepair::run() {
    while (true) {
        // A change among the neighbours says nothing of the fingers; how long sessions are, does.
        const Duration period = context_.pace.period_of_churn(context_.now());
        co_await wake_.wait_until(context_.now() + context_.rng.jittered(period, context_.options.jitter_percent));
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
            co_await fill(wanted);
        } else {
            const int exponent = wanted[next_++ % wanted.size()];
            const bool right = co_await still_right(exponent);
            if (!right) {
                co_await refresh(exponent);
            }
        }
    }
}

// The successor stands a little further on, and so do its fingers: each is that of this node, or a few nodes behind it.
Task<void> FingerRepair::fill(std::vector<int> wanted) {
    const Peer successor = context_.ring.successors().front();
    Result<FingersReply> reply = co_await context_.calls.ask<FingersReply>(successor, FingersQuery{});
    const std::vector<Peer> theirs = reply ? std::move(reply->fingers) : std::vector<Peer>{};
    for (const int exponent : wanted) {
        if (context_.ring.alone()) {
            co_return;
        }
        const Id target = context_.self().plus_power_of_two(exponent);
        const auto guess = std::min_element(theirs.begin(), theirs.end(), [&](const Peer& a, const Peer& b) {
            return a.id.distance_from(target) < b.id.distance_from(target);
        });
        bool right = set_from_list(exponent);
        if (!right && guess != theirs.end() && in_open_open(guess->id, target, context_.self())) {
            context_.fingers.set(exponent, *guess);
            right = co_await still_right(exponent);
        }
        if (!right) {
            co_await refresh(exponent);
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

// What the successor list covers needs no message.
bool FingerRepair::set_from_list(int exponent) {
    const Id target = context_.self().plus_power_of_two(exponent);
    const RingState& ring = context_.ring;
    const auto listed = std::find_if(ring.successors().begin(), ring.successors().end(), [&](const Peer& peer) {
        return in_open_closed(target, context_.self(), peer.id);
    });
    if (listed != ring.successors().end()) {
        context_.fingers.set(exponent, *listed);
    }
    return listed != ring.successors().end();
}

Task<bool> FingerRepair::refresh(int exponent) {
    if (set_from_list(exponent)) {
        co_return true;
    }
    const Id target = context_.self().plus_power_of_two(exponent);
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
