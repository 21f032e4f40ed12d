#include "node/core/data/quorum_reader.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/hash.hpp"

namespace chord {

// What the holders have said; index 0 is the owner.
struct QuorumReader::Poll {
    std::vector<Peer> holders;
    std::vector<std::optional<Version>> versions;  // nullopt: no answer; zero: no record
    std::size_t best = 0;                          // index of the greatest version
    std::optional<Record> record;                  // of the best, once it is here
    std::size_t answers = 0;

    void count(std::size_t index, const Version& version, std::optional<Record> its_record) {
        const bool greater = !versions[best] || *versions[best] < version;
        versions[index] = version;
        ++answers;
        if (greater) {
            best = index;
            record.reset();
        }
        if (version == *versions[best] && its_record) {
            record = std::move(its_record);
        }
    }
    std::size_t agree() const {
        return static_cast<std::size_t>(std::count(versions.begin(), versions.end(), versions[best]));
    }
};

Task<Result<Found>> QuorumReader::read(Id key, Route route, std::size_t needed, Time deadline) {
    Poll poll;
    poll.holders = {route.successors.front()};
    const std::vector<Peer> replicas = reader_.replicas_of(route).peers;
    poll.holders.insert(poll.holders.end(), replicas.begin(), replicas.end());
    if (poll.holders.size() < needed) {
        co_await ask_owner_for_more(poll);
    }
    poll.versions.resize(poll.holders.size());
    if (poll.holders.size() < needed) {
        co_return Error::no_quorum;
    }
    const Status collected = co_await collect(key, poll, needed, deadline);
    if (!collected) {
        co_return collected.error();
    }
    const Status fetched = co_await fetch_best(key, poll);
    if (!fetched) {
        co_return fetched.error();
    }
    repair(key, poll);
    co_return Found{std::move(poll.record), poll.holders[poll.best], static_cast<std::uint8_t>(poll.agree()),
                    static_cast<std::uint8_t>(poll.answers)};
}

// A successor list shorter than R does not name all holders: the owner knows who comes after it.
Task<void> QuorumReader::ask_owner_for_more(Poll& poll) {
    const Peer owner = poll.holders.front();
    std::vector<Peer> successors = context_.ring.successors();
    if (owner.id != context_.self()) {
        Result<StateReply> state = co_await context_.calls.ask<StateReply>(owner, StateQuery{});
        successors = state ? std::move(state->successors) : std::vector<Peer>{};
    }
    successors.resize(std::min(successors.size(), context_.options.replicas - 1));
    for (const Peer& peer : successors) {
        const auto is_peer = [&](const Peer& known) { return known.id == peer.id; };
        if (std::none_of(poll.holders.begin(), poll.holders.end(), is_peer)) {
            poll.holders.push_back(peer);
        }
    }
}

// Until as many as needed have answered, and the owner too, unless that one is silent for longer than it ever is.
Task<Status> QuorumReader::collect(Id key, Poll& poll, std::size_t needed, Time deadline) {
    Gather asked(context_.calls, context_.durability);
    std::vector<std::size_t> index_of;  // the holder, by the index of the call
    for (std::size_t i = 0; i < poll.holders.size(); ++i) {
        if (poll.holders[i].id != context_.self()) {
            asked.start(poll.holders[i], i == 0 ? Request(Read{key}) : Request(HeadQuery{key}));
            index_of.push_back(i);
        }
    }
    const Time owner_silent = context_.now() + reader_.hedge_after(poll.holders.front());
    bool owner_ended = poll.holders.front().id == context_.self();
    for (std::size_t i = 0; i < poll.holders.size(); ++i) {
        if (poll.holders[i].id == context_.self()) {
            co_await read_here(key, poll, i);
        }
    }
    while (asked.outstanding() > 0 && !(poll.answers >= needed && owner_ended)) {
        const Time until = poll.answers >= needed ? std::min(owner_silent, deadline) : deadline;
        std::optional<Gather::Outcome> ended = co_await asked.next_until(asked.is_coming() ? kNever : until);
        if (!ended && asked.is_coming()) {
            continue;
        }
        if (!ended) {
            break;
        }
        const std::size_t index = index_of[ended->index];
        if (index > 0) {
            const Result<HeadReply> head = expect<HeadReply>(std::move(ended->answer));
            if (head) {
                poll.count(index, head->version.value_or(Version{}), std::nullopt);
            }
            continue;
        }
        owner_ended = true;
        Result<ReadReply> reply = expect_read(std::move(ended->answer), key);
        if (reply) {
            const Version version = reply->record ? reply->record->version : Version{};
            poll.count(index, version, std::move(reply->record));
        } else if (reply.error() == Error::not_owner) {
            co_return Error::not_owner;
        }
    }
    if (poll.answers < needed) {
        co_return Error::no_quorum;
    }
    co_return Success{};
}

Task<void> QuorumReader::read_here(Id key, Poll& poll, std::size_t index) {
    Result<std::optional<Record>> held = records_.find(key);
    if (index == 0) {
        Result<Found> found = co_await reader_.read_owned(key);
        held = found ? Result<std::optional<Record>>(std::move(found->record)) : found.error();
    }
    if (held) {
        const Version version = *held ? (*held)->version : Version{};
        poll.count(index, version, std::move(*held));
    }
}

Task<Status> QuorumReader::fetch_best(Id key, Poll& poll) {
    const Version best = poll.versions[poll.best].value_or(Version{});
    if (poll.record || best == Version{}) {
        co_return Success{};
    }
    Result<ReadReply> reply = expect_read(co_await context_.calls.ask_any(poll.holders[poll.best], Fetch{key}), key);
    if (!reply || !reply->record || reply->record->version < best) {
        co_return Error::try_again;
    }
    poll.versions[poll.best] = reply->record->version;
    poll.record = std::move(reply->record);
    co_return Success{};
}

void QuorumReader::repair(Id key, const Poll& poll) {
    for (std::size_t i = 0; poll.record && i < poll.holders.size(); ++i) {
        if (!poll.versions[i] || !(*poll.versions[i] < poll.record->version)) {
            continue;
        }
        ++context_.counters.read_repairs;
        if (poll.holders[i].id == context_.self()) {
            records_.merge(key, *poll.record);
        } else {
            context_.scheduler.spawn(context_.calls.tell(poll.holders[i], Replicate{*poll.record}));
        }
    }
}

}  // namespace chord
