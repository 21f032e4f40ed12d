// Task<T>: a lazily started coroutine that somebody awaits. The core's multi-step work (join, lookup, write) is written
// with it and run by Scheduler; nothing here knows of time or threads.
//
// Write `auto x = co_await f(…);` as a statement of its own: g++ 12 miscompiles some temporaries inside larger
// co_await expressions.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "node/core/base/check.hpp"

namespace chord {

template <typename T>
class Task;

namespace task_detail {

struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) const noexcept {
        return finished.promise().continuation;
    }
    void await_resume() const noexcept {}
};

struct PromiseBase {
    std::coroutine_handle<> continuation = std::noop_coroutine();

    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return {}; }
    [[noreturn]] void unhandled_exception() const { std::terminate(); }
};

template <typename T>
struct Promise : PromiseBase {
    std::optional<T> result;

    Task<T> get_return_object();
    void return_value(T value) { result.emplace(std::move(value)); }
    T take() {
        CHORD_CHECK(result.has_value());
        return std::move(*result);
    }
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object();
    void return_void() const {}
    void take() const {}
};

}  // namespace task_detail

template <typename T = void>
class [[nodiscard]] Task {
public:
    using promise_type = task_detail::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    explicit Task(Handle handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&&) = delete;
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (handle_) {
            handle_.destroy();
        }
    }

    /// Awaiting starts the task; the awaiter goes on when it has returned. Await a task once.
    auto operator co_await() const noexcept {
        struct Awaiter {
            Handle handle;
            bool await_ready() const noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) const noexcept {
                handle.promise().continuation = awaiting;
                return handle;
            }
            T await_resume() const { return handle.promise().take(); }
        };
        return Awaiter{handle_};
    }

private:
    Handle handle_;
};

namespace task_detail {

template <typename T>
Task<T> Promise<T>::get_return_object() {
    return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}

inline Task<void> Promise<void>::get_return_object() {
    return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace task_detail

}  // namespace chord
