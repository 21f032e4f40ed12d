// Scheduler: runs the core's coroutines in one deterministic order, in the time that it is told.
//
// Invariants
//  1. A coroutine is resumed only from run(), never from inside another's step, so nothing is re-entered.
//  2. What becomes ready first runs first; timers of one instant run in the order in which they were set.
//  3. Destroying the scheduler destroys every coroutine that it still owns.
#pragma once

#include <coroutine>
#include <deque>
#include <map>
#include <utility>

#include "node/core/base/time.hpp"
#include "node/core/task/task.hpp"

namespace chord {

class Scheduler {
public:
    Scheduler() = default;
    ~Scheduler() { end_all(); }
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// Node time of this turn.
    Time now() const { return now_; }
    /// REQUIRES: now >= now().
    void advance(Time now);

    /// Takes the task over; its first step runs in the next run().
    void spawn(Task<void> task);

    /// Lets everything run that is ready or due at now(), until nothing is. A call from inside a step does nothing.
    void run();

    /// Destroys every coroutine. Whoever owns what coroutines refer to calls this before that goes away.
    void end_all();

    /// When run() is wanted next; kNever if nothing is timed.
    Time next_deadline() const;

    /// co_await sleep_until(t): goes on at t or later; at once when t has passed.
    auto sleep_until(Time deadline) {
        struct Awaiter {
            Scheduler& scheduler;
            Time deadline;
            bool await_ready() const noexcept { return deadline <= scheduler.now_; }
            void await_suspend(std::coroutine_handle<> awaiting) const { scheduler.set_timer(deadline, awaiting); }
            void await_resume() const noexcept {}
        };
        return Awaiter{*this, deadline};
    }
    auto sleep_for(Duration duration) { return sleep_until(now_ + duration); }

    // For the awaitables of this folder.
    using TimerKey = std::pair<Time, std::uint64_t>;
    TimerKey set_timer(Time deadline, std::coroutine_handle<> handle);
    void cancel_timer(const TimerKey& key);
    void make_ready(std::coroutine_handle<> handle) { ready_.push_back(handle); }

private:
    struct Root;
    struct RootEntry;

    Time now_{};
    std::uint64_t timers_set_ = 0;
    std::deque<std::coroutine_handle<>> ready_;
    std::map<TimerKey, std::coroutine_handle<>> timers_;
    RootEntry* roots_ = nullptr;
    bool running_ = false;
};

/// Something to wait for, by one coroutine at a time. A set() with nobody waiting is remembered.
class Signal {
public:
    explicit Signal(Scheduler& scheduler) : scheduler_(scheduler) {}
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;

    void set();
    /// Forgets a set() that nobody has waited for.
    void clear() { is_set_ = false; }

    /// co_await wait_until(t): true as soon as set() was called (which clears it), false at t.
    auto wait_until(Time deadline) {
        struct Awaiter {
            Signal& signal;
            Time deadline;
            bool await_ready() const noexcept { return signal.is_set_ || deadline <= signal.scheduler_.now(); }
            void await_suspend(std::coroutine_handle<> awaiting) const { signal.park(awaiting, deadline); }
            bool await_resume() const noexcept { return signal.stop_waiting(); }
        };
        return Awaiter{*this, deadline};
    }
    auto wait() { return wait_until(kNever); }

    /// What resuming from wait_until does: true (once) if set() was called.
    bool stop_waiting();

private:
    void park(std::coroutine_handle<> waiter, Time deadline);

    Scheduler& scheduler_;
    std::coroutine_handle<> waiter_;
    Scheduler::TimerKey timer_{};
    bool is_set_ = false;
};

}  // namespace chord
