#include "node/core/task/scheduler.hpp"

namespace chord {

// An entry of the list of running roots. Intrusive, so that the order of destruction does not depend on addresses.
struct Scheduler::RootEntry {
    explicit RootEntry(Scheduler& owner) : scheduler(owner), next(owner.roots_) {
        if (next) {
            next->previous = this;
        }
        owner.roots_ = this;
    }
    ~RootEntry() {
        (previous ? previous->next : scheduler.roots_) = next;
        if (next) {
            next->previous = previous;
        }
    }
    RootEntry(const RootEntry&) = delete;
    RootEntry& operator=(const RootEntry&) = delete;

    Scheduler& scheduler;
    RootEntry* previous = nullptr;
    RootEntry* next;
    std::coroutine_handle<> handle;
};

// The outermost coroutine around a spawned task; at its end it takes itself off the list and is gone.
struct Scheduler::Root {
    struct promise_type {
        promise_type(Scheduler& owner, const Task<void>&) : entry(owner) {
            entry.handle = std::coroutine_handle<promise_type>::from_promise(*this);
        }

        Root get_return_object() { return {entry.handle}; }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const {}
        [[noreturn]] void unhandled_exception() const { std::terminate(); }

        RootEntry entry;
    };

    std::coroutine_handle<> handle;

    static Root around(Scheduler&, Task<void> task) { co_await task; }
};

void Scheduler::end_all() {
    ready_.clear();
    timers_.clear();
    while (roots_) {
        roots_->handle.destroy();
    }
}

void Scheduler::advance(Time now) {
    CHORD_CHECK(now >= now_);
    now_ = now;
}

void Scheduler::spawn(Task<void> task) {
    make_ready(Root::around(*this, std::move(task)).handle);
}

void Scheduler::run() {
    if (running_) {
        return;  // called from inside a step: the outer loop goes on with what has become ready
    }
    running_ = true;
    while (true) {
        while (!ready_.empty()) {
            const std::coroutine_handle<> next = ready_.front();
            ready_.pop_front();
            next.resume();
        }
        if (timers_.empty() || timers_.begin()->first.first > now_) {
            running_ = false;
            return;
        }
        ready_.push_back(timers_.begin()->second);
        timers_.erase(timers_.begin());
    }
}

Time Scheduler::next_deadline() const {
    if (!ready_.empty()) {
        return now_;
    }
    return timers_.empty() ? kNever : timers_.begin()->first.first;
}

Scheduler::TimerKey Scheduler::set_timer(Time deadline, std::coroutine_handle<> handle) {
    const TimerKey key{deadline, ++timers_set_};
    timers_.emplace(key, handle);
    return key;
}

void Scheduler::cancel_timer(const TimerKey& key) {
    timers_.erase(key);
}

void Signal::set() {
    if (is_set_) {
        return;
    }
    is_set_ = true;
    if (waiter_) {
        scheduler_.cancel_timer(timer_);
        scheduler_.make_ready(waiter_);
        waiter_ = nullptr;
    }
}

void Signal::park(std::coroutine_handle<> waiter, Time deadline) {
    CHORD_CHECK(!waiter_);
    waiter_ = waiter;
    if (deadline != kNever) {
        timer_ = scheduler_.set_timer(deadline, waiter);
    }
}

bool Signal::stop_waiting() {
    waiter_ = nullptr;
    return std::exchange(is_set_, false);
}

}  // namespace chord
