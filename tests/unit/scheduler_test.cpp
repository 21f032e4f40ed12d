// Scheduler and Signal: one deterministic order, timers, and what happens when everything ends early.
#include "node/core/task/scheduler.hpp"

#include <doctest/doctest.h>

#include <string>

namespace chord {
namespace {

using std::chrono::milliseconds;

Time at(int ms) {
    return Time{} + milliseconds(ms);
}

Task<void> say(std::string& log, char letter) {
    log += letter;
    co_return;
}

Task<void> say_at(Scheduler& scheduler, Time when, std::string& log, char letter) {
    co_await scheduler.sleep_until(when);
    log += letter;
}

TEST_CASE("scheduler: what becomes ready first runs first") {
    Scheduler scheduler;
    std::string log;
    for (const char letter : {'a', 'b', 'c'}) {
        scheduler.spawn(say(log, letter));
    }
    CHECK(scheduler.next_deadline() == scheduler.now());
    scheduler.run();
    CHECK(log == "abc");
    CHECK(scheduler.next_deadline() == kNever);
}

TEST_CASE("scheduler: timers fire in the order of time, those of one instant in the order in which they were set") {
    Scheduler scheduler;
    std::string log;
    scheduler.spawn(say_at(scheduler, at(20), log, 'd'));
    scheduler.spawn(say_at(scheduler, at(10), log, 'a'));
    scheduler.spawn(say_at(scheduler, at(10), log, 'b'));
    scheduler.spawn(say_at(scheduler, at(15), log, 'c'));
    scheduler.run();
    CHECK(log.empty());
    CHECK(scheduler.next_deadline() == at(10));
    scheduler.advance(at(9));
    scheduler.run();
    CHECK(log.empty());
    scheduler.advance(at(10));
    scheduler.run();
    CHECK(log == "ab");
    scheduler.advance(at(100));
    scheduler.run();
    CHECK(log == "abcd");
    CHECK(scheduler.next_deadline() == kNever);
}

TEST_CASE("scheduler: a deadline that has passed is no wait at all") {
    Scheduler scheduler;
    scheduler.advance(at(50));
    std::string log;
    scheduler.spawn(say_at(scheduler, at(50), log, 'a'));
    scheduler.spawn(say_at(scheduler, at(10), log, 'b'));
    scheduler.run();
    CHECK(log == "ab");
}

Task<void> spawn_from_inside(Scheduler& scheduler, std::string& log) {
    log += '(';
    scheduler.spawn(say(log, 'x'));
    scheduler.run();  // does nothing: nobody is resumed from inside another's step
    log += ')';
    co_return;
}

TEST_CASE("scheduler: a coroutine is resumed only from the outer run(), never from inside another's step") {
    Scheduler scheduler;
    std::string log;
    scheduler.spawn(spawn_from_inside(scheduler, log));
    scheduler.run();
    CHECK(log == "()x");
}

Task<void> wait_and_say(Scheduler& scheduler, Signal& signal, Time until, std::string& log) {
    const bool was_set = co_await signal.wait_until(until);
    log += was_set ? 's' : 't';
    log += std::to_string((scheduler.now() - Time{}) / milliseconds(1));
}

TEST_CASE("signal: set() wakes the waiter, and its timer is forgotten") {
    Scheduler scheduler;
    Signal signal(scheduler);
    std::string log;
    scheduler.spawn(wait_and_say(scheduler, signal, at(30), log));
    scheduler.run();
    CHECK(scheduler.next_deadline() == at(30));
    scheduler.advance(at(5));
    signal.set();
    scheduler.run();
    CHECK(log == "s5");
    CHECK(scheduler.next_deadline() == kNever);
}

TEST_CASE("signal: without set() the wait ends false at its deadline") {
    Scheduler scheduler;
    Signal signal(scheduler);
    std::string log;
    scheduler.spawn(wait_and_say(scheduler, signal, at(30), log));
    scheduler.run();
    scheduler.advance(at(31));
    scheduler.run();
    CHECK(log == "t31");
    signal.set();  // nobody waits any more
    scheduler.run();
    CHECK(log == "t31");
}

TEST_CASE("signal: a set() with nobody waiting is remembered once, and clear() forgets it") {
    Scheduler scheduler;
    Signal signal(scheduler);
    std::string log;
    signal.set();
    signal.set();
    scheduler.spawn(wait_and_say(scheduler, signal, at(10), log));
    scheduler.run();
    CHECK(log == "s0");
    scheduler.spawn(wait_and_say(scheduler, signal, at(10), log));
    scheduler.run();
    CHECK(log == "s0");
    scheduler.advance(at(10));
    scheduler.run();
    CHECK(log == "s0t10");
    signal.set();
    signal.clear();
    scheduler.spawn(wait_and_say(scheduler, signal, at(20), log));
    scheduler.run();
    CHECK(log == "s0t10");
}

TEST_CASE("signal: set() at the very instant of the deadline resumes the waiter once") {
    Scheduler scheduler;
    Signal signal(scheduler);
    std::string log;
    scheduler.spawn(wait_and_say(scheduler, signal, at(10), log));
    scheduler.run();
    scheduler.advance(at(10));
    signal.set();
    scheduler.run();
    CHECK(log == "s10");
}

struct Guard {
    explicit Guard(std::string& text) : log(text) {}
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() { log += '~'; }
    std::string& log;
};

Task<void> guarded_sleep(Scheduler& scheduler, Duration duration, std::string& log) {
    const Guard guard(log);
    co_await scheduler.sleep_for(duration);
    log += 'w';
}

TEST_CASE("scheduler: its destruction destroys every coroutine: ready, sleeping and not yet begun") {
    std::string log;
    {
        Scheduler scheduler;
        scheduler.spawn(guarded_sleep(scheduler, milliseconds(10), log));
        scheduler.spawn(guarded_sleep(scheduler, milliseconds(20), log));
        scheduler.run();
        scheduler.advance(at(10));
        scheduler.spawn(guarded_sleep(scheduler, milliseconds(5), log));
    }
    CHECK(log == "~~");
}

TEST_CASE("scheduler: end_all() leaves it empty and usable") {
    Scheduler scheduler;
    Signal signal(scheduler);
    std::string log;
    scheduler.spawn(guarded_sleep(scheduler, milliseconds(10), log));
    scheduler.run();
    scheduler.end_all();
    CHECK(log == "~");
    CHECK(scheduler.next_deadline() == kNever);
    scheduler.spawn(say(log, 'a'));
    scheduler.run();
    CHECK(log == "~a");
}

}  // namespace
}  // namespace chord
