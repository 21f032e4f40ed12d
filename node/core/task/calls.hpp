// Calls: outgoing requests as something a coroutine can await, one at a time (ask) or several at once (Gather); and
// Durability, the same for the store's commits.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "node/core/data/store.hpp"
#include "node/core/network.hpp"
#include "node/core/task/scheduler.hpp"

namespace chord {

/// Whoever started a call or waits for a commit.
class Completion {
public:
    virtual ~Completion() = default;
    virtual void done(CallId id, Result<Answer> answer) = 0;
    /// The answer is long and on its way.
    virtual void coming(CallId) {}
};

class Calls {
public:
    /// `observe` learns of each peer that answered (true) or stayed silent (false), and at which address it was asked.
    using Observer = std::function<void(const Peer& peer, const Endpoint& asked, bool answered)>;

    /// `find` knows where to look for a node of which somebody has told an address that names no place from here.
    using Finder = std::function<std::optional<Peer>(const Id& peer)>;

    Calls(Network& network, Scheduler& scheduler, const Id& self, Observer observe, Finder find)
        : network_(network), scheduler_(scheduler), self_(self), observe_(std::move(observe)), find_(std::move(find)) {}

    /// co_await ask<StateReply>(peer, StateQuery{}) -> Result<StateReply>. A Refusal becomes its error; an answer from
    /// another node than `to` is Error::wrong_peer, one of another kind Error::bad_message.
    template <typename R>
    auto ask(const Peer& to, Request request);

    /// The same, whatever kind of response comes: Result<Answer>.
    auto ask_any(const Peer& to, Request request);

    /// The same with an address alone: who answers is part of the result.
    auto ask_address(const Endpoint& to, Request request);

    /// Sends what needs no answer beyond its arrival: spawn(tell(peer, Notify{})).
    Task<void> tell(Peer to, Request request);

    void on_answer(CallId id, Result<Answer> answer);
    void on_coming(CallId id);

    // For the awaitables below.
    CallId start(Completion& completion, Endpoint to, const std::optional<Id>& expected, Request request,
                 Priority priority = Priority::foreground);
    void abandon(const Completion& completion);
    Scheduler& scheduler() { return scheduler_; }
    CallId next_id() { return static_cast<CallId>(++calls_made_); }

private:
    struct Pending {
        Completion* completion = nullptr;
        std::optional<Id> expected;
        Endpoint to;
    };

    Network& network_;
    Scheduler& scheduler_;
    Id self_;
    Observer observe_;
    Finder find_;
    std::uint64_t calls_made_ = 0;
    std::map<CallId, Pending> pending_;
};

/// Takes the expected kind of response out of an answer.
template <typename R>
Result<R> expect(Result<Answer> answer) {
    if (!answer) {
        return answer.error();
    }
    if (R* response = std::get_if<R>(&answer->response)) {
        return std::move(*response);
    }
    if (const Refusal* refusal = std::get_if<Refusal>(&answer->response)) {
        return refusal->error;
    }
    return Error::bad_message;
}

namespace task_detail {

class AskAwaiter : public Completion {
public:
    AskAwaiter(Calls& calls, const Endpoint& to, const std::optional<Id>& expected, Request request)
        : calls_(calls), to_(to), expected_(expected), request_(std::move(request)) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> awaiting) {
        awaiting_ = awaiting;
        calls_.start(*this, to_, expected_, std::move(request_));
    }
    Result<Answer> await_resume() { return std::move(*answer_); }

    void done(CallId, Result<Answer> answer) override {
        answer_.emplace(std::move(answer));
        calls_.scheduler().make_ready(awaiting_);
    }

private:
    Calls& calls_;
    Endpoint to_;
    std::optional<Id> expected_;
    Request request_;
    std::coroutine_handle<> awaiting_;
    std::optional<Result<Answer>> answer_;
};

template <typename R>
class TypedAskAwaiter : public AskAwaiter {
public:
    using AskAwaiter::AskAwaiter;
    Result<R> await_resume() { return expect<R>(AskAwaiter::await_resume()); }
};

}  // namespace task_detail

template <typename R>
auto Calls::ask(const Peer& to, Request request) {
    return task_detail::TypedAskAwaiter<R>(*this, to.address, to.id, std::move(request));
}

inline auto Calls::ask_any(const Peer& to, Request request) {
    return task_detail::AskAwaiter(*this, to.address, to.id, std::move(request));
}

inline auto Calls::ask_address(const Endpoint& to, Request request) {
    return task_detail::AskAwaiter(*this, to, std::nullopt, std::move(request));
}

/// Wakes those who wait for commits.
class Durability {
public:
    explicit Durability(Scheduler& scheduler) : scheduler_(scheduler) {}

    /// completion.done(id, …) once `ticket` is committed (an empty answer) or undone (its error).
    void wait(Ticket ticket, CallId id, Completion& completion);
    void abandon(const Completion& completion);
    void on_commit(const Commit& commit);

    Scheduler& scheduler() { return scheduler_; }

private:
    struct Waiting {
        CallId id{};
        Completion* completion = nullptr;
    };

    Scheduler& scheduler_;
    Ticket committed_ = 0;
    std::multimap<Ticket, Waiting> waiting_;
};

/// Several calls and commits at once, taken as they end. Calls still running when it goes out of scope are forgotten.
class Gather final : public Completion {
public:
    struct Outcome {
        std::size_t index = 0;
        Result<Answer> answer = Error::timeout;
    };

    Gather(Calls& calls, Durability& durability)
        : calls_(calls), durability_(durability), ended_signal_(calls.scheduler()) {}
    ~Gather() override;
    Gather(const Gather&) = delete;
    Gather& operator=(const Gather&) = delete;

    /// Each returns the index that the outcome will carry: 0, 1, 2, …
    std::size_t start(const Peer& to, Request request, Priority priority = Priority::foreground);
    std::size_t start_address(const Endpoint& to, Request request);
    std::size_t start_durable(Ticket ticket);

    /// Calls started and not yet taken.
    std::size_t outstanding() const { return outstanding_; }

    /// Whether a long answer is on its way; when that ends, with or without it, so does its call.
    bool is_coming() const { return !coming_.empty(); }

    /// co_await next_until(t) -> optional<Outcome>: the next to end, or nullopt at t. REQUIRES: outstanding() > 0.
    auto next_until(Time deadline) {
        struct Awaiter {
            Gather& gather;
            Time deadline;
            bool await_ready() const noexcept {
                return !gather.ended_.empty() || deadline <= gather.calls_.scheduler().now();
            }
            void await_suspend(std::coroutine_handle<> awaiting) const {
                gather.ended_signal_.clear();
                gather.ended_signal_.wait_until(deadline).await_suspend(awaiting);
            }
            std::optional<Outcome> await_resume() const {
                gather.ended_signal_.stop_waiting();
                return gather.take();
            }
        };
        CHORD_CHECK(outstanding_ > 0);
        return Awaiter{*this, deadline};
    }
    /// The same without a deadline: the outcome is always there.
    auto next() { return next_until(kNever); }

    void done(CallId id, Result<Answer> answer) override;
    void coming(CallId id) override { coming_.insert(id); }

private:
    std::size_t note_started(CallId id);
    std::optional<Outcome> take();

    Calls& calls_;
    Durability& durability_;
    Signal ended_signal_;
    std::map<CallId, std::size_t> running_;
    std::set<CallId> coming_;  // of those running
    std::deque<Outcome> ended_;
    std::size_t started_ = 0;
    std::size_t outstanding_ = 0;
};

}  // namespace chord
