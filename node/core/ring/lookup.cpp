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
    bool silence = false;  // some node asked was silent for longer than it ever takes
    // What the nearest node that answered knows of the target's holders, if all between them are silent.
    struct Fallback {
        Peer predecessor;
        std::vector<Peer> holders;
    };
    std::optional<Fallback> fallback;

    void consider(const Peer& from, const std::vector<Peer>& its_successors) {
        const bool better = !fallback || nearer(from.id, fallback->predecessor.id, target);
        const auto first = std::find_if(its_successors.begin(), its_successors.end(),
                                        [&](const Peer& peer) { return in_open_closed(target, from.id, peer.id); });
        if (better && first != its_successors.end()) {
            fallback = Fallback{from, {first, its_successors.end()}};
        }
    }

    Route concluded() {
        route.predecessor = fallback->predecessor;
        route.successors = std::move(fallback->holders);
        return std::move(route);
    }

    void offer(const Peer& peer, RouteSource source) {
        if (peer.id != self && seen.insert(peer.id).second) {
            open.push_back(Candidate{peer, source});
        }
    }

    // What `from` names as next hops; where its successors reach to the target, those before it.
    void offer(const Id& from, const StepReply& reply) {
        for (const Candidate& candidate : reply.candidates) {
            offer(candidate.peer, candidate.source);
        }
        for (std::size_t i = 0; i < reply.successors.size(); ++i) {
            if (in_open_open(reply.successors[i].id, from, target)) {
                offer(reply.successors[i], RouteSource{static_cast<std::uint16_t>(kRouteSourceSuccessor + i)});
            }
        }
    }

    // The nearest of those not asked yet, unless a node that answered is nearer still: to go back from there, past
    // all who have the same dead nodes before the target, would lead nowhere.
    std::optional<Candidate> take_nearest() {
        if (fallback) {
            std::erase_if(open, [this](const Candidate& candidate) {
                return !nearer(candidate.peer.id, fallback->predecessor.id, target);
            });
        }
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

StepReply Lookup::step(const Step& asked) const {
    const std::size_t most = asked.wanted == 0 ? SIZE_MAX : asked.wanted;
    StepReply reply = step(asked.target, std::min(most, kCandidatesMax));
    if (reply.found) {
        reply.successors.resize(std::min(reply.successors.size(), most));
    }
    return reply;
}

StepReply Lookup::step(const Id& target, std::size_t candidates_max) const {
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
        // Who is silent to this node is left out, unless all are; if it lives after all, those behind it say so.
        const auto last = std::remove_if(reply.successors.begin(), reply.successors.end(), [this](const Peer& peer) {
            return context_.peers.is_suspect(peer.id, context_.now());
        });
        if (last != reply.successors.begin()) {
            reply.successors.erase(last, reply.successors.end());
        } else {
            reply.successors = ring.successors();
        }
        return reply;
    }
    if (!context_.options.plain_chord && in_open_closed(target, context_.self(), ring.successors().back().id)) {
        // The list says it all: who comes before the target, and who holds it if they are dead.
        reply.successors = ring.successors();
        std::erase_if(reply.successors,
                      [this](const Peer& peer) { return context_.peers.is_suspect(peer.id, context_.now()); });
        if (!reply.successors.empty() && in_open_closed(target, context_.self(), reply.successors.back().id)) {
            return reply;
        }
        reply.successors.clear();
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
    candidates.resize(std::min(candidates.size(), candidates_max));
    reply.candidates = std::move(candidates);
    return reply;
}

Task<Result<Route>> Lookup::route_to(Id target, Time deadline) {
    const RingState& ring = context_.ring;
    if (!context_.is_member()) {
        co_return Error::not_member;
    }
    if (ring.alone() || (ring.predecessor() && ring.owns(target))) {
        Route here;
        here.successors.push_back(ring.self());
        here.successors.insert(here.successors.end(), ring.successors().begin(), ring.successors().end());
        co_return here;
    }
    Result<Route> route = co_await find(target, deadline);
    co_return route;
}

Task<Result<Route>> Lookup::find(Id target, Time deadline) {
    // All that this node knows: no datagram bounds it, and after a mass failure the nearest few may all be dead.
    StepReply first = step(target, SIZE_MAX);
    Result<Route> route = co_await search(target, std::move(first), context_.ring.self(), deadline);
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
    Result<Route> route = co_await search(target, std::move(first), context_.ring.self(), kNever);
    co_return route;
}

Task<Result<Route>> Lookup::search(Id target, StepReply first, Peer first_from, Time deadline) {
    Search search{target, context_.self(), {}, {}, {}, false, {}};
    if (first.found) {
        search.route.predecessor = first_from;
        search.route.successors = std::move(first.successors);
        co_return std::move(search.route);
    }
    search.offer(first_from.id, first);
    search.consider(first_from, first.successors);
    // A hop that is silent for longer than it ever takes gets company; whoever answers first leads on.
    Gather asked(context_.calls, context_.durability);
    std::vector<Time> asked_at;
    Time hedge_at = context_.now();       // when the next candidate is asked
    Time patient_until = context_.now();  // until when the latest one may be silent
    while (true) {
        const bool due = asked.outstanding() == 0 || hedge_at <= context_.now();
        const bool room = asked.outstanding() < kParallelMax && asked_at.size() < kHopsMax;
        const std::optional<Candidate> next = due && room ? search.take_nearest() : std::nullopt;
        if (next) {
            search.silence = search.silence || asked.outstanding() > 0;
            const std::size_t few = std::max(kWantedUsual, context_.options.replicas);
            asked.start(next->peer, Step{target, static_cast<std::uint8_t>(search.silence ? 0 : few)});
            asked_at.push_back(context_.now());
            search.route.hops.push_back(LookupHop{next->peer, next->source, std::nullopt});
            ++search.route.messages;
            patient_until = context_.now() + context_.patience(next->peer);
            hedge_at = patient_until;
        } else if (due) {
            const bool silent = asked.outstanding() == 0 || patient_until <= context_.now();
            if (search.fallback && silent) {
                co_return search.concluded();
            }
            hedge_at = search.fallback ? patient_until : kNever;
        }
        if (asked.outstanding() == 0) {
            break;
        }
        std::optional<Gather::Outcome> outcome = co_await asked.next_until(std::min(hedge_at, deadline));
        if (!outcome && deadline <= context_.now()) {
            co_return Error::timeout;
        }
        if (!outcome) {
            continue;
        }
        LookupHop& hop = search.route.hops[outcome->index];
        Result<StepReply> reply = expect<StepReply>(std::move(outcome->answer));
        if (!reply) {
            ++context_.counters.lookup_retries;
            search.silence = true;
            continue;
        }
        hop.rtt = context_.now() - asked_at[outcome->index];
        if (reply->found && !reply->successors.empty()) {
            search.route.predecessor = hop.peer;
            search.route.successors = std::move(reply->successors);
            co_return std::move(search.route);
        }
        search.offer(hop.peer.id, *reply);
        search.consider(hop.peer, reply->successors);
        hedge_at = context_.now();
    }
    co_return Error::try_again;
}

}  // namespace chord
