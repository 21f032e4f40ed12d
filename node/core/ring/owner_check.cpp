#include "node/core/ring/owner_check.hpp"

#include <algorithm>

namespace chord {

namespace {

enum class Standing : std::uint8_t { unasked, asked, alive, failed };

struct Holder {
    Peer peer;
    RouteSource source{};
    Standing standing = Standing::unasked;
    bool doubted = false;                             // silent to this node just before: no full patience a second time
    std::size_t call = static_cast<std::size_t>(-1);  // as numbered by Gather
};

// The candidates for the ownership of `target`, in the order of the ring from there on.
class Candidates {
public:
    Candidates(const Id& target, const std::vector<Peer>& successors) : target_(target) {
        for (const Peer& peer : successors) {
            const auto source = static_cast<std::uint16_t>(kRouteSourceSuccessor + holders_.size());
            holders_.push_back(Holder{peer, RouteSource{source}});
        }
    }

    // A node that one of them named as its predecessor; it counts if it is nearer behind the target. Whether it is new.
    bool offer(const Peer& peer) {
        const auto place = std::find_if(holders_.begin(), holders_.end(), [&](const Holder& holder) {
            return peer.id.distance_from(target_) <= holder.peer.id.distance_from(target_);
        });
        if (place == holders_.end() || place->peer.id == peer.id) {
            return false;
        }
        holders_.insert(place, Holder{peer, RouteSource{kRouteSourcePredecessor}});
        return true;
    }

    Holder* next_unasked() {
        return find([](const Holder& holder) { return holder.standing == Standing::unasked; });
    }
    Holder* of_call(std::size_t call) {
        return find([call](const Holder& holder) { return holder.call == call; });
    }
    bool any_doubted() {
        return find([](const Holder& holder) { return holder.doubted && holder.standing == Standing::asked; });
    }
    void fail_doubted() {
        while (Holder* doubted =
                   find([](const Holder& holder) { return holder.doubted && holder.standing == Standing::asked; })) {
            doubted->standing = Standing::failed;
        }
    }
    // The first that lives, when all before it have failed.
    const Holder* heir() {
        const Holder* first = find([](const Holder& holder) { return holder.standing != Standing::failed; });
        return first && first->standing == Standing::alive ? first : nullptr;
    }
    bool first_failed() const { return !holders_.empty() && holders_.front().standing == Standing::failed; }
    std::vector<Peer> from(const Id& owner) {
        std::vector<Peer> peers;
        for (const Holder& holder : holders_) {
            if (!peers.empty() || holder.peer.id == owner) {
                peers.push_back(holder.peer);
            }
        }
        return peers;
    }

private:
    Holder* find(auto predicate) {
        const auto found = std::find_if(holders_.begin(), holders_.end(), predicate);
        return found == holders_.end() ? nullptr : &*found;
    }

    Id target_;
    std::vector<Holder> holders_;
};

}  // namespace

// One check in progress.
struct OwnerCheck::Inquiry {
    Inquiry(Context& its_context, const Id& its_target, Route its_route)
        : context(its_context),
          target(its_target),
          route(std::move(its_route)),
          first_hop(route.hops.size()),
          candidates(target, route.successors),
          asked(context.calls, context.durability),
          company_at(context.now()) {}

    void judge(Holder& holder, const std::optional<Peer>& predecessor, bool owns) {
        holder.standing = Standing::alive;
        if (owns) {
            owner = holder.peer.id;
        } else if (predecessor && candidates.offer(*predecessor)) {
            company_at = context.now();
        }
    }

    void ask(Holder& holder) {
        if (holder.peer.id == context.self()) {
            judge(holder, context.ring.predecessor(), context.ring.owns(target));
            return;
        }
        holder.standing = Standing::asked;
        holder.doubted = context.peers.is_suspect(holder.peer.id, context.now());
        holder.call = asked.start(holder.peer, OwnerQuery{target});
        asked_at.push_back(context.now());
        route.hops.push_back(LookupHop{holder.peer, holder.source, std::nullopt});
        ++route.messages;
        company_at = context.now() + context.patience(holder.peer);
    }

    void take(Gather::Outcome outcome) {
        Holder& holder = *candidates.of_call(outcome.index);
        Result<OwnerReply> reply = expect<OwnerReply>(std::move(outcome.answer));
        if (!reply) {
            holder.standing = Standing::failed;
            return;
        }
        route.hops[first_hop + outcome.index].rtt = context.now() - asked_at[outcome.index];
        judge(holder, reply->predecessor, reply->owner);
    }

    // Asks whom it is time to ask. Afterwards company_at says when to look again; kNever: when somebody answers.
    void go_on() {
        while (!owner && (asked.outstanding() == 0 || company_at <= context.now())) {
            Holder* const next = candidates.next_unasked();
            if (next && asked.outstanding() < Lookup::kParallelMax && asked_at.size() < kAskedMax) {
                ask(*next);
            } else {
                candidates.fail_doubted();
                company_at = kNever;
            }
            conclude();
            if (company_at == kNever || (asked.outstanding() == 0 && !candidates.next_unasked())) {
                return;
            }
        }
    }

    void conclude() {
        if (const Holder* heir = owner ? nullptr : candidates.heir()) {
            owner = heir->peer.id;
        }
    }

    Context& context;
    Id target;
    Route route;
    std::size_t first_hop;
    Candidates candidates;
    Gather asked;
    std::vector<Time> asked_at;
    Time company_at;
    std::optional<Id> owner;
};

Task<Result<Route>> OwnerCheck::confirm(Id target, Route route, Time deadline) {
    Inquiry inquiry(context_, target, std::move(route));
    while (true) {
        inquiry.go_on();
        if (inquiry.owner || inquiry.asked.outstanding() == 0) {
            break;
        }
        std::optional<Gather::Outcome> outcome =
            co_await inquiry.asked.next_until(std::min(inquiry.company_at, deadline));
        if (outcome) {
            inquiry.take(std::move(*outcome));
            inquiry.conclude();
        } else if (deadline <= context_.now()) {
            co_return Error::timeout;
        }
    }
    const Peer before = inquiry.route.predecessor;
    if (inquiry.candidates.first_failed() && before.id != context_.self()) {
        // The node before is the one to notice that it has a dead successor.
        context_.scheduler.spawn(context_.calls.tell(before, Nudge{}));
    }
    if (!inquiry.owner) {
        co_return Error::try_again;
    }
    inquiry.route.successors = inquiry.candidates.from(*inquiry.owner);
    co_return std::move(inquiry.route);
}

}  // namespace chord
