#include "node/core/task/calls.hpp"

namespace chord {

Task<void> Calls::tell(Peer to, Request request) {
    const Result<Ack> ignored = co_await ask<Ack>(to, std::move(request));
    static_cast<void>(ignored);
}

CallId Calls::start(Completion& completion, Endpoint to, const std::optional<Id>& expected, Request request,
                    Priority priority) {
    CHORD_CHECK(expected != self_);
    if (expected && to == kElsewhere) {
        if (const std::optional<Peer> known = find_(*expected)) {
            to = known->address;
        }
    }
    const CallId id = next_id();
    pending_.emplace(id, Pending{&completion, expected, to});
    network_.call(id, Callee(to, expected), std::move(request), priority);
    return id;
}

void Calls::abandon(const Completion& completion) {
    // The call goes on: whether the peer answers is still worth knowing.
    for (auto& [id, pending] : pending_) {
        if (pending.completion == &completion) {
            pending.completion = nullptr;
        }
    }
}

void Calls::on_answer(CallId id, Result<Answer> answer) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) {
        return;
    }
    const Pending pending = found->second;
    pending_.erase(found);
    if (answer && pending.expected && answer->from.id != *pending.expected) {
        answer = Error::wrong_peer;
    }
    if (answer) {
        observe_(answer->from, pending.to, true);
    } else if (pending.expected && answer.error() != Error::overloaded) {
        observe_(Peer{*pending.expected, pending.to}, pending.to, false);
    }
    if (pending.completion) {
        pending.completion->done(id, std::move(answer));
    }
}

void Calls::on_coming(CallId id) {
    const auto found = pending_.find(id);
    if (found != pending_.end() && found->second.completion) {
        found->second.completion->coming(id);
    }
}

void Durability::wait(Ticket ticket, CallId id, Completion& completion) {
    if (ticket <= committed_) {
        completion.done(id, Answer{});
        return;
    }
    waiting_.emplace(ticket, Waiting{id, &completion});
}

void Durability::abandon(const Completion& completion) {
    std::erase_if(waiting_, [&](const auto& entry) { return entry.second.completion == &completion; });
}

void Durability::on_commit(const Commit& commit) {
    CHORD_CHECK(commit.first > committed_ && commit.last >= commit.first);
    committed_ = commit.last;
    while (!waiting_.empty() && waiting_.begin()->first <= commit.last) {
        const Waiting waiting = waiting_.begin()->second;
        waiting_.erase(waiting_.begin());
        waiting.completion->done(waiting.id, commit.error ? Result<Answer>(*commit.error) : Result<Answer>(Answer{}));
    }
}

Gather::~Gather() {
    if (!running_.empty()) {
        calls_.abandon(*this);
        durability_.abandon(*this);
    }
}

std::size_t Gather::note_started(CallId id) {
    running_.emplace(id, started_);
    ++outstanding_;
    return started_++;
}

std::size_t Gather::start(const Peer& to, Request request, Priority priority) {
    return note_started(calls_.start(*this, to.address, to.id, std::move(request), priority));
}

std::size_t Gather::start_address(const Endpoint& to, Request request) {
    return note_started(calls_.start(*this, to, std::nullopt, std::move(request)));
}

std::size_t Gather::start_durable(Ticket ticket) {
    const CallId id = calls_.next_id();
    const std::size_t index = note_started(id);
    durability_.wait(ticket, id, *this);
    return index;
}

void Gather::done(CallId id, Result<Answer> answer) {
    const auto found = running_.find(id);
    CHORD_CHECK(found != running_.end());
    ended_.push_back(Outcome{found->second, std::move(answer)});
    running_.erase(found);
    coming_.erase(id);
    ended_signal_.set();
}

std::optional<Gather::Outcome> Gather::take() {
    if (ended_.empty()) {
        return std::nullopt;
    }
    --outstanding_;
    Outcome outcome = std::move(ended_.front());
    ended_.pop_front();
    return outcome;
}

}  // namespace chord
