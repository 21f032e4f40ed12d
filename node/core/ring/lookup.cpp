#include "node/core/ring/lookup.hpp"

#include <algorithm>
#include <set>

namespace chord {

namespace {

// A candidate is better the less it has left to go, clockwise, to the target.
bool nearer(const Id& a, const Id& b, const Id& target) {
    return target.distance_from(a) < target.distance_from(b);
}

}  // namespace

// The state of one lookup: who could be asked, and who was.
struct Lookup::Search {
    Id target;
    Id self;
    Route route;
    std::vector<Candidate> open;
    std::set<Id> seen;

    void offer(const std::vector<Candidate>& candidates) {
        for (const Candidate& candidate : candidates) {
            if (candidate.peer.id != self && seen.insert(candidate.peer.id).second) {
                open.push_back(candidate);
            }
        }
    }

    std::optional<Candidate> take_nearest() {
        if (open.empty()) {
            return std::nullopt;
        }
        const auto best = std::min_element(open.begin(), open.end(), [this](const Candidate& a, const Candidate& b) {
            return nearer(a.peer.id, b.peer.id, target);
        });
        Candidate taken = *best;
        open.erase(best);
        return taken;
    }
};

StepReply Lookup::step(const Id& target) const {
    const RingState& ring = context_.ring;
    StepReply reply;
    if (ring.alone()) {
        reply.found = true;
        reply.successors.push_back(ring.self());
        return reply;
    }
    if (in_open_closed(target, context_.self(), ring.successors().front().id)) {
        reply.found = true;
        reply.successors = ring.successors();
        return reply;
    }
    std::vector<Candidate> candidates;
    const auto consider = [&](const Peer& peer, std::uint16_t source) {
        const bool known = std::any_of(candidates.begin(), candidates.end(),
                                       [&](const Candidate& c) { return c.peer.id == peer.id; });
        if (!known && in_open_open(peer.id, context_.self(), target) && !context_.peers.is_suspect(peer.id, context_.now())) {
            candidates.push_back(Candidate{peer, static_cast<RouteSource>(source)});
        }
    };
    for (const FingerTable::Finger& finger : context_.fingers.fingers()) {
        consider(finger.peer, static_cast<std::uint16_t>(finger.exponent));
    }
    const std::size_t listed = context_.options.plain_chord ? 1 : ring.successors().size();
    for (std::size_t i = 0; i < listed; ++i) {
        consider(ring.successors()[i], static_cast<std::uint16_t>(Id::kBits + i));
    }
    std::sort(candidates.begin(), candidates.end(),
              [&](const Candidate& a, const Candidate& b) { return nearer(a.peer.id, b.peer.id, target); });
    candidates.resize(std::min(candidates.size(), kCandidatesMax));
    reply.candidates = std::move(candidates);
    return reply;
}

Task<Result<Route>> Lookup::find(Id target) {
    StepReply first = step(target);
    Result<Route> route = co_await search(target, std::move(first), context_.ring.self());
    if (route) {
        ++context_.counters.lookups_ok;
        context_.counters.lookup_hops += route->hops.size();
    } else {
        ++context_.counters.lookups_failed;
    }
    co_return route;
}

Task<Result<Route>> Lookup::find_from(Peer start, Id target) {
    StepReply first;
    first.candidates.push_back(Candidate{start, RouteSource{}});
    Result<Route> route = co_await search(target, std::move(first), context_.ring.self());
    co_return route;
}

Task<Result<Route>> Lookup::search(Id target, StepReply first, Peer first_from) {
    Search search{target, context_.self(), {}, {}, {}};
    if (first.found) {
        search.route.predecessor = first_from;
        search.route.successors = std::move(first.successors);
        co_return std::move(search.route);
    }
    search.offer(first.candidates);
    for (int hop = 0; hop < kHopsMax; ++hop) {
        const std::optional<Candidate> next = search.take_nearest();
        if (!next) {
            break;
        }
        const Time asked = context_.now();
        ++search.route.messages;
        Result<StepReply> reply = co_await context_.calls.ask<StepReply>(next->peer, Step{target});
        LookupHop trace{next->peer, next->source, std::nullopt};
        if (!reply) {
            ++context_.counters.lookup_retries;
            search.route.hops.push_back(trace);
            continue;
        }
        trace.rtt = context_.now() - asked;
        search.route.hops.push_back(trace);
        if (reply->found && !reply->successors.empty()) {
            search.route.predecessor = next->peer;
            search.route.successors = std::move(reply->successors);
            co_return std::move(search.route);
        }
        search.offer(reply->candidates);
    }
    co_return Error::try_again;
}

}  // namespace chord
