#include "node/core/ring/lookup.hpp"

#include <algorithm>
#include <set>

namespace chord {

namespace {

constexpr Duration kPatienceFloor = std::chrono::milliseconds(50);
constexpr Duration kPatienceWithoutSample = std::chrono::milliseconds(250);

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
        // Whoever is silent may still be alive, but the others are the better bet; the asker checks.
        std::stable_partition(reply.successors.begin(), reply.successors.end(),
                              [this](const Peer& peer) { return !context_.peers.is_suspect(peer.id, context_.now()); });
        return reply;
    }
    std::vector<Candidate> candidates;
    const auto consider = [&](const Peer& peer, std::uint16_t source) {
        const bool known =
            std::any_of(candidates.begin(), candidates.end(), [&](const Candidate& c) { return c.peer.id == peer.id; });
        if (!known && in_open_open(peer.id, context_.self(), target) &&
            !context_.peers.is_suspect(peer.id, context_.now())) {
            candidates.push_back(Candidate{peer, static_cast<RouteSource>(source)});
        }
    };
    for (const FingerTable::Finger& finger : context_.fingers.fingers()) {
        consider(finger.peer, static_cast<std::uint16_t>(finger.exponent));
    }
    const std::size_t listed = context_.options.plain_chord ? 1 : ring.successors().size();
    for (std::size_t i = 0; i < listed; ++i) {
        consider(ring.successors()[i], static_cast<std::uint16_t>(kRouteSourceSuccessor + i));
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

Duration Lookup::patience(const Peer& hop) const {
    const std::optional<Duration> rtt = context_.network.rtt(hop.address);
    return rtt ? std::max(4 * *rtt, kPatienceFloor) : kPatienceWithoutSample;
}

Task<Result<Route>> Lookup::search(Id target, StepReply first, Peer first_from) {
    Search search{target, context_.self(), {}, {}, {}};
    if (first.found) {
        search.route.predecessor = first_from;
        search.route.successors = std::move(first.successors);
        co_return std::move(search.route);
    }
    search.offer(first.candidates);
    // A hop that is silent for longer than it ever takes gets company; whoever answers first leads on.
    Gather asked(context_.calls, context_.durability);
    std::vector<Time> asked_at;
    Time hedge_at = context_.now();
    while (true) {
        const bool due = asked.outstanding() == 0 || hedge_at <= context_.now();
        if (due && asked.outstanding() < kParallelMax && asked_at.size() < kHopsMax) {
            if (const std::optional<Candidate> next = search.take_nearest()) {
                asked.start(next->peer, Step{target});
                asked_at.push_back(context_.now());
                search.route.hops.push_back(LookupHop{next->peer, next->source, std::nullopt});
                ++search.route.messages;
                hedge_at = context_.now() + patience(next->peer);
            } else {
                hedge_at = kNever;
            }
        }
        if (asked.outstanding() == 0) {
            break;
        }
        const bool full = asked.outstanding() >= kParallelMax || asked_at.size() >= kHopsMax;
        std::optional<Gather::Outcome> outcome = co_await asked.next_until(full ? kNever : hedge_at);
        if (!outcome) {
            continue;
        }
        LookupHop& hop = search.route.hops[outcome->index];
        Result<StepReply> reply = expect<StepReply>(std::move(outcome->answer));
        if (!reply) {
            ++context_.counters.lookup_retries;
            continue;
        }
        hop.rtt = context_.now() - asked_at[outcome->index];
        if (reply->found && !reply->successors.empty()) {
            search.route.predecessor = hop.peer;
            search.route.successors = std::move(reply->successors);
            co_return std::move(search.route);
        }
        search.offer(reply->candidates);
        hedge_at = context_.now();
    }
    co_return Error::try_again;
}

}  // namespace chord
