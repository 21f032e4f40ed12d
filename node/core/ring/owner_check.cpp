#include "node/core/ring/owner_check.hpp"

#include <algorithm>
#include <deque>

namespace chord {

namespace {

enum class Standing { unasked, asked, alive, failed };

struct Holder {
    Peer peer;
    RouteSource source{};
    Standing standing = Standing::unasked;
    std::size_t hop = 0;
};

// The candidates for the ownership of `target`, in the order of the ring from there on.
class Candidates {
public:
    Candidates(const Id& target, const std::vector<Peer>& successors) : target_(target) {
        for (const Peer& peer : successors) {
            const auto source = static_cast<std::uint16_t>(kRouteSourceSuccessor + holders_.size());
            holders_.push_back(Holder{peer, RouteSource{source}, Standing::unasked, 0});
        }
    }

    // A node that one of them named as its predecessor; it counts if it is nearer behind the target.
    void offer(const Peer& peer) {
        const auto place = std::find_if(holders_.begin(), holders_.end(), [&](const Holder& holder) {
            return peer.id.distance_from(target_) <= holder.peer.id.distance_from(target_);
        });
        if (place != holders_.end() && place->peer.id != peer.id) {
            holders_.insert(place, Holder{peer, RouteSource{kRouteSourcePredecessor}, Standing::unasked, 0});
        }
    }

    std::size_t index_of_hop(std::size_t hop) const {
        return static_cast<std::size_t>(
            std::find_if(holders_.begin(), holders_.end(),
                         [hop](const Holder& h) { return h.standing != Standing::unasked && h.hop == hop; }) -
            holders_.begin());
    }
    std::optional<std::size_t> next_unasked() const {
        for (std::size_t i = 0; i < holders_.size(); ++i) {
            if (holders_[i].standing == Standing::unasked) {
                return i;
            }
        }
        return std::nullopt;
    }
    // The first that lives, when all before it have failed.
    std::optional<std::size_t> heir() const {
        for (std::size_t i = 0; i < holders_.size(); ++i) {
            if (holders_[i].standing != Standing::failed) {
                return holders_[i].standing == Standing::alive ? std::optional(i) : std::nullopt;
            }
        }
        return std::nullopt;
    }
    std::vector<Peer> from(std::size_t index) const {
        std::vector<Peer> peers;
        for (std::size_t i = index; i < holders_.size(); ++i) {
            peers.push_back(holders_[i].peer);
        }
        return peers;
    }
    Holder& operator[](std::size_t index) { return holders_[index]; }
    std::size_t size() const { return holders_.size(); }

private:
    Id target_;
    std::vector<Holder> holders_;
};

}  // namespace

Task<Result<Route>> OwnerCheck::confirm(Id target, Route route) {
    Candidates candidates(target, route.successors);
    const std::size_t first_hop = route.hops.size();
    Gather asked(context_.calls, context_.durability);
    std::vector<Time> asked_at;
    Time company_at = context_.now();
    std::optional<std::size_t> owner;
    while (!owner) {
        const bool due = asked.outstanding() == 0 || company_at <= context_.now();
        const std::optional<std::size_t> next = due ? candidates.next_unasked() : std::nullopt;
        if (next && asked.outstanding() < Lookup::kParallelMax && asked_at.size() < kAskedMax) {
            Holder& holder = candidates[*next];
            if (holder.peer.id == context_.self()) {
                holder.standing = Standing::alive;
                if (context_.ring.owns(target)) {
                    owner = next;
                } else {
                    candidates.offer(*context_.ring.predecessor());  // known, or this node would own everything
                    owner = candidates.heir();
                }
                continue;
            }
            holder.standing = Standing::asked;
            holder.hop = asked.start(holder.peer, OwnerQuery{target});
            asked_at.push_back(context_.now());
            route.hops.push_back(LookupHop{holder.peer, holder.source, std::nullopt});
            ++route.messages;
            company_at = context_.now() + lookup_.patience(holder.peer);
        }
        if (asked.outstanding() == 0) {
            break;
        }
        const bool more = candidates.next_unasked() && asked.outstanding() < Lookup::kParallelMax;
        const bool wait = !more || asked_at.size() >= kAskedMax || company_at <= context_.now();
        std::optional<Gather::Outcome> outcome = co_await asked.next_until(wait ? kNever : company_at);
        if (!outcome) {
            continue;
        }
        const std::size_t hop = outcome->index;
        const std::size_t index = candidates.index_of_hop(hop);
        Result<OwnerReply> reply = expect<OwnerReply>(std::move(outcome->answer));
        if (!reply) {
            candidates[index].standing = Standing::failed;
        } else {
            route.hops[first_hop + hop].rtt = context_.now() - asked_at[hop];
            candidates[index].standing = Standing::alive;
            if (reply->owner) {
                owner = index;
            } else if (reply->predecessor) {
                candidates.offer(*reply->predecessor);
                company_at = context_.now();
            }
        }
        if (!owner) {
            owner = candidates.heir();
        }
    }
    if (candidates.size() > 0 && candidates[0].standing == Standing::failed &&
        route.predecessor.id != context_.self()) {
        // The node before is the one to notice that it has a dead successor.
        context_.scheduler.spawn(context_.calls.tell(route.predecessor, Nudge{}));
    }
    if (!owner) {
        co_return Error::try_again;
    }
    route.successors = candidates.from(*owner);
    co_return std::move(route);
}

}  // namespace chord
