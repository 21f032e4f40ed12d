#include "node/core/data/reader.hpp"

#include <algorithm>

#include "node/core/base/hash.hpp"

namespace chord {

namespace {

constexpr Duration kHedgeAtLatest = std::chrono::seconds(3);
constexpr Duration kReplicaPatience = std::chrono::seconds(5);

// The greatest version among several answers, and what else they say together.
struct Ballot {
    std::optional<Record> best;
    Peer best_from;
    std::size_t answers = 0;
    std::size_t agree = 0;  // with the best
    bool complete = false;

    void count(ReadReply reply, const Peer& from) {
        ++answers;
        complete = complete || reply.complete;
        const Version best_version = best ? best->version : Version{};
        const Version version = reply.record ? reply.record->version : Version{};
        if (agree == 0 || best_version < version) {
            best = std::move(reply.record);
            best_from = from;
            agree = 1;
        } else if (best_version == version) {
            ++agree;
        }
    }

    Found found() && {
        return Found{std::move(best), best_from, static_cast<std::uint8_t>(agree), static_cast<std::uint8_t>(answers)};
    }
};

}  // namespace

Result<ReadReply> expect_read(Result<Answer> answer, const Id& key) {
    Result<ReadReply> reply = expect<ReadReply>(std::move(answer));
    if (reply && reply->record && key_id(reply->record->key) != key) {
        return Error::bad_message;
    }
    return reply;
}

Task<Result<Found>> Reader::read_owned(Id key) {
    Result<Standing> found = co_await standing(key);
    if (!found) {
        co_return found.error();
    }
    co_return Found{std::move(found->record), context_.options.self};
}

Task<Result<Reader::Standing>> Reader::standing(Id key) {
    if (!context_.ring.owns(key)) {
        co_return Error::not_owner;
    }
    Result<std::optional<Record>> own = records_.find(key);
    if (own && keeper_.complete(key)) {
        co_return Standing{std::move(*own), true};
    }
    const std::optional<Version> own_version = own && *own ? std::optional((*own)->version) : std::nullopt;
    Ballot ballot;
    Gather asked(context_.calls, context_.durability);
    std::vector<Peer> replicas = context_.ring.successors();
    replicas.resize(std::min(replicas.size(), context_.options.replicas - 1));
    for (const Peer& replica : replicas) {
        asked.start(replica, Fetch{key});
    }
    while (asked.outstanding() > 0) {
        std::optional<Gather::Outcome> outcome = co_await asked.next();
        Result<ReadReply> reply = expect_read(std::move(outcome->answer), key);
        if (reply) {
            ballot.count(std::move(*reply), replicas[outcome->index]);
        }
    }
    std::optional<Record> best = own && *own ? std::move(*own) : std::nullopt;
    if (ballot.best && (!own_version || *own_version < ballot.best->version)) {
        ++context_.counters.read_repairs;
        records_.merge(key, *ballot.best);
        keeper_.mark_dirty();  // the other replicas may lack it too
        best = std::move(ballot.best);
    }
    // A value that only this node holds stands when nobody else is there to ask; absence does not.
    const bool certain = ballot.complete || (own && keeper_.complete(key));
    const bool sure =
        certain || (best && ballot.answers == replicas.size() && (!replicas.empty() || context_.ring.alone()));
    if (!sure) {
        co_return own ? Error::try_again : own.error();  // a record that cannot be read is not an absent one
    }
    co_return Standing{std::move(best), certain};
}

// One lost datagram is no reason to have the value sent three times: a repetition has the time to be answered.
Duration Reader::hedge_after(const Peer& owner) const {
    if (context_.peers.is_suspect(owner.id, context_.now())) {
        return Duration::zero();
    }
    const Duration patience = context_.patience(owner);
    const Duration answered = context_.network.repeats_after(owner.address) + patience / 2;
    return std::max(patience, std::min(answered, kHedgeAtLatest));
}

// A route that ends at a replica of a small ring does not name that one: its list is of others. Where this node knows
// everybody, the holders are all but the owner.
Reader::Holders Reader::replicas_of(const Route& route) const {
    const RingState& ring = context_.ring;
    const std::vector<Peer>& all = ring.successors();
    const std::size_t replicas = context_.options.replicas - 1;
    const bool circle = !all.empty() && all.size() < ring.length_max() && ring.predecessor() == all.back();
    if (circle && all.size() <= replicas && context_.ring_size_confirmed <= all.size() + 1) {
        Holders holders{all, true};
        holders.peers.push_back(context_.options.self);
        std::erase(holders.peers, route.successors.front());
        return holders;
    }
    const auto end = route.successors.begin() +
                     static_cast<std::ptrdiff_t>(std::min(route.successors.size(), context_.options.replicas));
    Holders holders{{route.successors.begin() + 1, end}, false};
    holders.all = holders.peers.size() == replicas;
    return holders;
}

Task<Result<Found>> Reader::read_remote(Id key, Route route, Time deadline) {
    const Peer owner = route.successors.front();
    Gather asked(context_.calls, context_.durability);
    asked.start(owner, Read{key});
    bool hedged = false;
    Holders replicas;
    Ballot ballot;
    std::vector<Peer> names{owner};  // of those asked, by the index of the outcome
    if (keeper_.complete(key)) {
        ballot.complete = true;  // this node is a complete holder itself: it stands in until the new owner is ready
    }
    Error owner_error = Error::timeout;
    const Time began = context_.now();
    Time hedge_at = began + hedge_after(owner);
    while (asked.outstanding() > 0 || !hedged) {
        std::optional<Gather::Outcome> outcome;
        if (asked.outstanding() > 0) {
            // What is long and on its way is waited for: to ask others for it as well would make it later still.
            const Time patience = hedged ? deadline : std::min(hedge_at, deadline);
            outcome = co_await asked.next_until(asked.is_coming() ? kNever : patience);
            if (!outcome && asked.is_coming()) {
                continue;
            }
            // Who is heard is not silent: its answer stands in line, and copies from others would stand behind it. The
            // call itself ends when that answer does not come at all.
            const Time heard = context_.network.heard(owner);
            const Time silent_at = heard + context_.patience(owner);
            if (!outcome && !hedged && heard > began && silent_at > context_.now()) {
                hedge_at = silent_at;
                deadline = std::max(deadline, silent_at);
                continue;
            }
        }
        if (outcome && outcome->index == 0) {
            Result<ReadReply> reply = expect_read(std::move(outcome->answer), key);
            if (reply) {
                co_return Found{std::move(reply->record), owner};
            }
            owner_error = reply.error();
            if (!hedged && context_.now() + kReplicaPatience > deadline) {
                deadline = context_.now() + kReplicaPatience;  // it was on its way for long, and then the owner ended
            }
            if (owner_error == Error::not_owner) {
                co_return owner_error;
            }
        } else if (outcome) {
            Result<ReadReply> reply = expect_read(std::move(outcome->answer), key);
            if (reply) {
                ballot.count(std::move(*reply), names[outcome->index]);
            }
        } else if (hedged) {
            co_return Error::timeout;
        }
        if (!hedged && (!outcome || outcome->index == 0)) {
            hedged = true;
            replicas = replicas_of(route);
            for (const Peer& replica : replicas.peers) {
                if (replica.id == context_.self()) {
                    Response own = on_fetch(Fetch{key});
                    if (auto* reply = std::get_if<ReadReply>(&own)) {
                        ballot.count(std::move(*reply), replica);
                    }
                } else {
                    asked.start(replica, Fetch{key});
                    names.push_back(replica);
                }
            }
        }
        if (ballot.best && replicas.all && ballot.answers == replicas.peers.size()) {
            co_return std::move(ballot).found();  // found, and no acknowledged write can be newer
        }
    }
    // R - 1 replicas together know every write that was acknowledged by W = 2 of R = 3. An owner that answers that it
    // does not know yet has joined just now, and its replicas may have too.
    const bool silent =
        owner_error == Error::timeout || owner_error == Error::wrong_peer || owner_error == Error::not_member;
    if (ballot.complete || (silent && ballot.answers + 1 == context_.options.replicas)) {
        co_return std::move(ballot).found();
    }
    co_return owner_error;
}

Task<void> Reader::on_head_query(HeadQuery query, std::function<void(Response)> reply) {
    const Result<std::optional<Record>> held = records_.find(query.key);
    if (!held) {
        reply(Refusal{held.error(), {}});
        co_return;
    }
    HeadReply head;
    head.version = *held ? std::optional((*held)->version) : std::nullopt;
    head.complete = keeper_.complete(query.key);
    head.outcome = records_.operations().find(query.operation, context_.now());
    if (query.durable && records_.latest() != 0) {
        Gather durable(context_.calls, context_.durability);
        durable.start_durable(records_.latest());
        const std::optional<Gather::Outcome> outcome = co_await durable.next();
        if (!outcome->answer) {
            reply(Refusal{outcome->answer.error(), {}});  // the version may have been undone
            co_return;
        }
    }
    reply(std::move(head));
}

Response Reader::on_fetch(const Fetch& fetch) {
    Result<std::optional<Record>> held = records_.find(fetch.key);
    if (!held) {
        return Refusal{held.error(), {}};
    }
    return ReadReply{std::move(*held), keeper_.complete(fetch.key)};
}

}  // namespace chord
