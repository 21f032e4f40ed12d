#include "node/core/ring/join.hpp"

#include <algorithm>
#include <utility>

namespace chord {

namespace {

constexpr std::size_t kCandidatesPerRound = 16;
constexpr int kLookupsPerJoin = 4;
constexpr std::size_t kHeadsAtOnce = 4;
constexpr std::size_t kSmallestPerRound = 4;
constexpr Id kLargestId{{~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}}};

}  // namespace

Task<void> Join::run() {
    const Time nobody_until = context_.now() + context_.options.meeting_patience;
    const Time patience_ends = context_.now() + context_.options.join_patience;
    while (context_.phase == Phase::joining) {
        const Round outcome = co_await round(nobody_until, patience_ends);
        if (outcome == Round::joined) {
            co_return;
        }
        if (outcome != Round::wait) {
            neighborhood_.become_solo();
            co_return;
        }
        co_await context_.scheduler.sleep_for(context_.rng.jittered(context_.options.join_retry));
    }
}

Task<void> Join::regroup() {
    ++context_.counters.rejoins;
    // A predecessor that answers is a live successor too, the last one clockwise. Joining behind it could bring the
    // same dead entries again, for ever (scenario "a join after the last survivor of a ring" of tests/sim).
    if (const std::optional<Peer> before = context_.ring.predecessor()) {
        Result<StateReply> reply = co_await context_.calls.ask<StateReply>(*before, StateQuery{});
        if (reply && context_.ring.alone() && context_.ring.merge(*before, reply->successors)) {
            neighborhood_.follow();
            co_return;
        }
    }
    Gather asked(context_.calls, context_.durability);
    for (const Peer& peer : context_.peers.sample(kCandidatesPerRound, context_.rng)) {
        asked.start(peer, StateQuery{});
    }
    while (asked.outstanding() > 0) {
        const std::optional<Gather::Outcome> outcome = co_await asked.next();
        if (!context_.ring.alone()) {
            co_return;  // somebody notified us meanwhile
        }
        if (outcome->answer && std::holds_alternative<StateReply>(outcome->answer->response)) {
            const Peer member = outcome->answer->from;
            const bool joined = co_await join_through(member);
            if (joined) {
                co_return;
            }
        }
    }
    if (context_.ring.alone()) {
        neighborhood_.become_solo();
    }
}

std::vector<Endpoint> Join::candidates() {
    std::vector<Endpoint> addresses;
    const auto add = [&](const Endpoint& address) {
        if (addresses.size() < kCandidatesPerRound &&
            std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
            addresses.push_back(address);
        }
    };
    for (const Endpoint& address : met_) {
        add(address);
    }
    // Half of the places for seeds, in turn, so that a long list of them cannot crowd out the remembered peers.
    const std::size_t seeds = std::min(seeds_.size(), kCandidatesPerRound / 2);
    for (std::size_t i = 0; i < seeds; ++i) {
        add(seeds_[(static_cast<std::size_t>(rounds_) * seeds + i) % seeds_.size()]);
    }
    // The smallest ids next: when a whole site restarts, all ask the same few, and so agree on who begins.
    for (const Peer& peer : context_.peers.peers_near(kLargestId, kSmallestPerRound)) {
        add(peer.address);
    }
    for (const Peer& peer : context_.peers.sample(kCandidatesPerRound, context_.rng)) {
        add(peer.address);
    }
    return addresses;
}

void Join::meet(const Endpoint& address) {
    std::erase(met_, address);
    if (met_.size() == kMetMax) {
        met_.erase(met_.begin());
    }
    met_.push_back(address);
}

Task<Join::Round> Join::round(Time nobody_until, Time patience_ends) {
    const std::vector<Endpoint> addresses = candidates();
    const std::size_t met = std::exchange(met_, {}).size();  // the first of the candidates
    if (addresses.empty()) {
        co_return context_.now() < nobody_until ? Round::wait : Round::alone_here;
    }
    // Each round waits longer for stragglers, so that slow paths are heard in the end.
    const Time others_by = context_.now() + context_.options.join_retry * (1 << std::min(rounds_++, 4));
    Gather asked(context_.calls, context_.durability);
    for (const Endpoint& address : addresses) {
        asked.start_address(address, StateQuery{});
    }
    bool joiners = false;
    bool smaller_joiner = false;
    while (asked.outstanding() > 0) {
        const std::optional<Gather::Outcome> outcome =
            co_await asked.next_until(joiners ? others_by : std::max(others_by, patience_ends));
        if (!outcome) {
            break;
        }
        if (!outcome->answer || outcome->answer->from.id == context_.self()) {
            continue;
        }
        const Peer from = outcome->answer->from;
        if (outcome->index < met) {
            meet(addresses[outcome->index]);
        }
        if (std::holds_alternative<StateReply>(outcome->answer->response)) {
            const bool joined = co_await join_through(from);
            if (joined) {
                co_return Round::joined;
            }
        } else if (const auto* refusal = std::get_if<Refusal>(&outcome->answer->response);
                   refusal && refusal->error == Error::not_member) {
            joiners = true;
            smaller_joiner = smaller_joiner || from.id < context_.self();
            for (const Peer& peer : refusal->known) {
                context_.peers.heard_of(peer);
            }
        }
    }
    if (joiners) {
        co_return smaller_joiner ? Round::wait : Round::first_of_joiners;
    }
    co_return context_.now() >= patience_ends ? Round::alone_here : Round::wait;
}

// What is left of the list when the dead at its head are passed over. A member whose successor does not know it would
// own an arc that nobody finds, for as long as it takes to find out that the nodes before that one are dead; so it
// finds out first, about several at once. Where none answers, the list is as it was: stabilize will see.
Task<std::vector<Peer>> Join::from_first_alive(std::vector<Peer> successors) {
    std::erase_if(successors, [this](const Peer& peer) { return peer.id == context_.self(); });
    Gather asked(context_.calls, context_.durability);
    std::vector<bool> failed(successors.size());
    for (std::size_t i = 0; i < std::min(successors.size(), kHeadsAtOnce); ++i) {
        asked.start(successors[i], Ping{});
    }
    std::vector<bool> alive(successors.size());
    while (asked.outstanding() > 0) {
        const std::optional<Gather::Outcome> outcome = co_await asked.next();
        (outcome->answer ? alive : failed)[outcome->index] = true;
        const auto head = static_cast<std::size_t>(std::find(failed.begin(), failed.end(), false) - failed.begin());
        if (head < successors.size() && alive[head]) {
            successors.erase(successors.begin(), successors.begin() + static_cast<std::ptrdiff_t>(head));
            break;
        }
    }
    std::erase_if(successors, [this](const Peer& peer) { return context_.outcasts.contains(peer.id); });
    co_return successors;
}

Task<bool> Join::join_through(Peer member) {
    Peer start = member;
    for (int attempt = 0; attempt < kLookupsPerJoin; ++attempt) {
        Result<Route> route = co_await lookup_.find_from(start, context_.self());
        if (!route) {
            co_return false;
        }
        const Peer before = route->predecessor;
        Result<StateReply> reply = co_await context_.calls.ask<StateReply>(before, StateQuery{});
        if (context_.phase == Phase::leaving || context_.phase == Phase::gone) {
            co_return true;
        }
        if (!reply || !context_.ring.alone()) {
            co_return reply.has_value();  // unreachable, or somebody notified us meanwhile
        }
        neighborhood_.learn(*reply);
        const std::vector<Peer> successors = co_await from_first_alive(reply->successors);
        if (context_.phase == Phase::leaving || context_.phase == Phase::gone || !context_.ring.alone()) {
            co_return true;
        }
        if (context_.ring.join_after(before, successors)) {
            context_.phase = Phase::member;
            context_.network.set_member(true);
            neighborhood_.follow();
            // The successor hears of it now and not after the first stabilize: until then it answers for this arc.
            context_.scheduler.spawn(context_.calls.tell(context_.ring.successors().front(), Notify{}));
            co_return true;
        }
        start = before;
    }
    co_return false;
}

}  // namespace chord
