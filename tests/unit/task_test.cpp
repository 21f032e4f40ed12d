// Task: lazy start, values through several levels, and who frees a coroutine that never ends.
#include "node/core/task/task.hpp"

#include "node/core/task/scheduler.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace chord {
namespace {

Task<int> doubled(int value) {
    co_return value * 2;
}

Task<int> sum_of_doubles(int count) {
    int sum = 0;
    for (int i = 1; i <= count; ++i) {
        const int value = co_await doubled(i);
        sum += value;
    }
    co_return sum;
}

Task<void> store(Task<int> task, int& into) {
    const int value = co_await task;
    into = value;
}

Task<void> append(std::string& log, char letter) {
    log += letter;
    co_return;
}

TEST_CASE("task: nothing runs before somebody awaits it") {
    std::string log;
    { const Task<void> task = append(log, 'a'); }
    CHECK(log.empty());
    Scheduler scheduler;
    scheduler.spawn(append(log, 'b'));
    CHECK(log.empty());
    scheduler.run();
    CHECK(log == "b");
}

TEST_CASE("task: values come up through every level") {
    Scheduler scheduler;
    int result = 0;
    scheduler.spawn(store(sum_of_doubles(10), result));
    scheduler.run();
    CHECK(result == 110);
}

TEST_CASE("task: a long chain of awaits needs no deep stack") {
    Scheduler scheduler;
    int result = 0;
    scheduler.spawn(store(sum_of_doubles(10'000), result));
    scheduler.run();
    CHECK(result == 10'000 * 10'001);
}

Task<std::unique_ptr<std::string>> make(std::string text) {
    co_return std::make_unique<std::string>(std::move(text));
}

Task<void> take(std::string& into) {
    const std::unique_ptr<std::string> made = co_await make("moved");
    into = *made;
}

TEST_CASE("task: a value that can only be moved is moved") {
    Scheduler scheduler;
    std::string text;
    scheduler.spawn(take(text));
    scheduler.run();
    CHECK(text == "moved");
}

// Counts the lives of what a coroutine holds.
struct Held {
    explicit Held(int& alive) : count(alive) { ++count; }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { --count; }
    int& count;
};

Task<void> inner_wait(Signal& never, int& alive) {
    const Held held(alive);
    co_await never.wait();
}

Task<void> outer_wait(Signal& never, int& alive) {
    const Held held(alive);
    co_await inner_wait(never, alive);
}

TEST_CASE("task: destroying the scheduler in mid-wait frees every level") {
    int alive = 0;
    {
        Scheduler scheduler;
        Signal never(scheduler);
        scheduler.spawn(outer_wait(never, alive));
        scheduler.run();
        CHECK(alive == 2);
    }
    CHECK(alive == 0);
}

TEST_CASE("task: a task that is dropped unstarted frees its arguments") {
    auto shared = std::make_shared<int>(1);
    const auto keep = [](std::shared_ptr<int> argument) -> Task<void> {
        *argument = 2;
        co_return;
    };
    {
        const Task<void> task = keep(shared);
        CHECK(shared.use_count() == 2);
    }
    CHECK(shared.use_count() == 1);
    CHECK(*shared == 1);
}

}  // namespace
}  // namespace chord
