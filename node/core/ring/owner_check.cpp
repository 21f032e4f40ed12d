#include "node/core/ring/owner_check.hpp"

#include <algorithm>

namespace chord {

namespace {

enum class Standing : std::uint8_t { unasked, asked, alive, failed };

struct Holder {
    Peer peer;
    RouteSource source{};
    Standing standing = Standing::unasked;
    Time answered_at{};
    std::optional<Id> predecessor{};      // as it said
    bool doubted = false;                 // silent to this node just before: no full patience a second time
    Time silent_from{};                   // when it has been asked for longer than it ever takes
    std::size_t outstanding = 0;          // calls that may still show that it lives
    std::optional<Time> witness_until{};  // how long a witness has to reach it
};

// The candidates for the ownership of `target`, in the order of the ring from there on.
class Candidates {
public:
    Candidates(const Id& target, const std::vector<Peer>& successors) : target_(target) {
        for (const Peer& peer : successors) {
            // A peer's list may hold anything; each node once, and in order, is what the rest relies on.
            if (!holders_.empty() && peer.id.distance_from(target) <= holders_.back().peer.id.distance_from(target)) {
                continue;
            }
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
    Holder& of(const Id& id) {
        return *find([&](const Holder& holder) { return holder.peer.id == id; });
    }
    // Who is silent to this node and yet named as its predecessor by a live one; and a live one other than `self` that
    // can look for it.
    std::pair<Holder*, Holder*> to_witness(const Id& self, Time now) {
        for (Holder& silent : holders_) {
            const bool asked = silent.standing == Standing::failed ||
                               (silent.standing == Standing::asked && silent.silent_from <= now);
            if (asked && !silent.witness_until && behind(silent.peer.id)) {
                // Who needed a witness itself is out of this node's reach.
                return {&silent, find([&](const Holder& holder) {
                            return holder.standing == Standing::alive && holder.peer.id != self &&
                                   !holder.witness_until;
                        })};
            }
        }
        return {};
    }
    // Not whom a live node names as its predecessor: that one has a witness.
    void fail_doubted() {
        for (Holder& holder : holders_) {
            if (holder.doubted && holder.standing == Standing::asked && !behind(holder.peer.id)) {
                holder.standing = Standing::failed;
            }
        }
    }
    // Nor one whose witness has had its time.
    void fail_unwitnessed(Time now) {
        for (Holder& holder : holders_) {
            if (holder.standing == Standing::asked && holder.witness_until && *holder.witness_until <= now) {
                holder.standing = Standing::failed;
            }
        }
    }
    Time witness_due() const {
        Time due = kNever;
        for (const Holder& holder : holders_) {
            if (holder.standing == Standing::asked && holder.witness_until) {
                due = std::min(due, *holder.witness_until);
            }
        }
        return due;
    }
    // The first that lives, when all before it have failed.
    Holder* heir() {
        Holder* first = find([](const Holder& holder) { return holder.standing != Standing::failed; });
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
    Holder* behind(const Id& id) {
        return find(
            [&](const Holder& holder) { return holder.standing == Standing::alive && holder.predecessor == id; });
    }
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
          candidates(target, route.successors),
          asked(context.calls, context.durability),
          company_at(context.now()) {}

    void judge(Holder& holder, const std::optional<Peer>& predecessor, bool owns) {
        holder.standing = Standing::alive;
        holder.answered_at = context.now();
        holder.predecessor = predecessor ? std::optional(predecessor->id) : std::nullopt;
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
        holder.doubted = context.peers.is_suspect(holder.peer.id, context.now());
        holder.witness_until.reset();
        holder.silent_from = company_at = context.now() + context.patience(holder.peer);
        start(holder, holder.peer, OwnerQuery{target});
        route.hops.push_back(LookupHop{holder.peer, holder.source, std::nullopt});
    }

    void start(Holder& about, const Peer& to, Request request) {
        const bool direct = std::holds_alternative<OwnerQuery>(request);
        about.standing = Standing::asked;
        ++about.outstanding;
        asked.start(to, std::move(request));
        questions.push_back(Question{about.peer.id, direct, context.now(), route.hops.size()});
        ++route.messages;
    }

    // Nobody is given up on one node's word: the path to it may be broken.
    bool call_witness() {
        const auto [silent, witness] = candidates.to_witness(context.self(), context.now());
        if (!witness) {
            return false;
        }
        silent->witness_until = context.now() + context.options.witness_patience;
        start(*silent, witness->peer, Witness{silent->peer, std::nullopt});
        return true;
    }

    void take(Gather::Outcome outcome) {
        const Question& question = questions[outcome.index];
        Holder& holder = candidates.of(question.about);
        --holder.outstanding;
        if (question.direct) {
            if (const Result<OwnerReply> reply = expect<OwnerReply>(std::move(outcome.answer))) {
                route.hops[question.hop].rtt = context.now() - question.at;
                judge(holder, reply->predecessor, reply->owner);
                return;
            }
        } else if (const Result<StateReply> state = expect<StateReply>(std::move(outcome.answer))) {
            const std::optional<Peer>& before = state->predecessor;
            judge(holder, before, before && in_open_closed(target, before->id, holder.peer.id));
            return;
        }
        if (holder.outstanding == 0 && holder.standing == Standing::asked) {
            holder.standing = Standing::failed;
        }
    }

    // Asks whom it is time to ask. Afterwards company_at says when to look again; kNever: when somebody answers.
    void go_on() {
        while (!owner && (asked.outstanding() == 0 || company_at <= context.now())) {
            Holder* const next = candidates.next_unasked();
            if (next && asked.outstanding() < Lookup::kParallelMax && questions.size() < kAskedMax) {
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

    // An heir that answered before the last of those before it had failed may have a new predecessor by now.
    void conclude() {
        while (!owner && call_witness()) {
        }
        while (Holder* heir = owner ? nullptr : candidates.heir()) {
            if (heir->answered_at == context.now()) {
                owner = heir->peer.id;
            } else {
                ask(*heir);
            }
        }
    }

    Context& context;
    Id target;
    Route route;
    Candidates candidates;
    Gather asked;
    struct Question {
        Id about;
        bool direct = false;  // asked of that node itself, not of a witness
        Time at{};
        std::size_t hop = 0;  // of the route, of a direct one
    };
    std::vector<Question> questions;  // as numbered by Gather
    Time company_at;
    std::optional<Id> owner;
};

Task<Result<Route>> OwnerCheck::confirm(Id target, Route route, Time deadline) {
    Inquiry inquiry(context_, target, std::move(route));
    while (true) {
        inquiry.candidates.fail_unwitnessed(context_.now());
        inquiry.conclude();
        inquiry.go_on();
        if (inquiry.owner || inquiry.asked.outstanding() == 0) {
            break;
        }
        const Time wake_at = std::min(inquiry.company_at, inquiry.candidates.witness_due());
        std::optional<Gather::Outcome> outcome = co_await inquiry.asked.next_until(std::min(wake_at, deadline));
        if (outcome) {
            inquiry.take(std::move(*outcome));
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
