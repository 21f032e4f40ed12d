#include "node/core/operations.hpp"

#include <algorithm>
#include <memory>

#include "node/core/base/hash.hpp"

namespace chord {

namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(20);
constexpr Duration kLongestPause = std::chrono::milliseconds(500);
constexpr Duration kOwnerPatience = std::chrono::milliseconds(2500);
constexpr std::size_t kLongBytes = 1024;  // beyond, a value may not fit into one datagram

// Asking again can change these; the others are the answer.
bool passes(Error error) {
    switch (error) {
        case Error::timeout:
        case Error::busy:
        case Error::not_member:
        case Error::not_owner:
        case Error::try_again:
        case Error::not_admitted:
        case Error::wrong_peer: return true;
        default: return false;
    }
}

// What a long value needs on a slow path, on top of what a short one may take.
Duration carrying_time(const NodeOptions& options, std::size_t bytes) {
    return Duration(static_cast<std::int64_t>(bytes * 1'000'000 / options.slowest_rate));
}

// Waits inside a coroutine for a callback that will come.
template <typename T>
struct Awaited {
    explicit Awaited(Scheduler& scheduler) : signal(scheduler) {}
    Signal signal;
    std::optional<Result<T>> result;
};

}  // namespace

bool Operations::admit() {
    if (under_way_ >= kOperationsMax) {
        return false;
    }
    ++under_way_;
    return true;
}

void Operations::get(BytesView key, Client::Callback<std::optional<Record>> done) {
    if (key.size() > kKeyBytesMax) {
        done(Error::too_big);
    } else if (!admit()) {
        done(Error::overloaded);
    } else {
        context_.scheduler.spawn(run_get(key_id(key), std::move(done)));
    }
}

void Operations::write(Write write, Client::Callback<WriteReply> done) {
    if (write.key.size() > kKeyBytesMax || write.value.size() > context_.options.value_bytes_max) {
        done(Error::too_big);
    } else if (!admit()) {
        done(Error::overloaded);
    } else {
        context_.scheduler.spawn(run_write(std::move(write), std::move(done)));
    }
}

void Operations::lookup(const Id& target, Client::Callback<LookupTrace> done) {
    if (!admit()) {
        done(Error::overloaded);
    } else {
        context_.scheduler.spawn(run_lookup(target, std::move(done)));
    }
}

void Operations::walk(std::size_t count, Client::Callback<std::vector<Client::WalkedNode>> done) {
    if (!admit()) {
        done(Error::overloaded);
    } else {
        context_.scheduler.spawn(run_walk(count, std::move(done)));
    }
}

Task<bool> Operations::pause(Time deadline, int attempt) {
    const Duration wanted = std::min(kFirstPause * (1 << std::min(attempt, 8)), kLongestPause);
    const Time until = context_.now() + context_.rng.jittered(wanted);
    if (until >= deadline) {
        co_return false;
    }
    co_await context_.scheduler.sleep_until(until);
    co_return true;
}

Task<Result<Route>> Operations::route_to(Id key, Time deadline) {
    const RingState& ring = context_.ring;
    if (!context_.is_member()) {
        co_return Error::not_member;
    }
    if (ring.alone() || (ring.predecessor() && ring.owns(key))) {
        Route here;
        here.successors.push_back(ring.self());
        here.successors.insert(here.successors.end(), ring.successors().begin(), ring.successors().end());
        co_return here;
    }
    Result<Route> route = co_await lookup_.find(key, deadline);
    co_return route;
}

Task<void> Operations::run_get(Id key, Client::Callback<std::optional<Record>> done) {
    const Time deadline = context_.now() + context_.options.operation_timeout;
    for (int attempt = 0;; ++attempt) {
        Result<std::optional<Record>> found = co_await get_once(key, deadline);
        bool again = false;
        if (!found && passes(found.error())) {
            again = co_await pause(deadline, attempt);
        }
        if (!again) {
            --under_way_;
            if (found && *found && ((*found)->tombstone || (*found)->expires <= context_.now())) {
                (*found).reset();
            }
            done(std::move(found));
            co_return;
        }
    }
}

Task<Result<std::optional<Record>>> Operations::get_once(Id key, Time deadline) {
    Result<Route> route = co_await route_to(key, deadline);
    if (!route) {
        co_return route.error();
    }
    if (route->successors.front().id == context_.self()) {
        Result<std::optional<Record>> own = co_await reader_.read_owned(key);
        co_return own;
    }
    Result<std::optional<Record>> read = co_await reader_.read_remote(key, std::move(*route), deadline);
    co_return read;
}

Task<void> Operations::run_write(Write write, Client::Callback<WriteReply> done) {
    const NodeOptions& options = context_.options;
    const Time deadline = context_.now() + options.operation_timeout + carrying_time(options, write.value.size());
    for (int attempt = 0;; ++attempt) {
        Result<WriteReply> written = co_await write_once(write, deadline);
        bool again = false;
        // Whether a write that was not answered took place is not known: to decide its condition twice would be wrong.
        const bool repeatable = write.condition == Condition::always && !write.tombstone;
        const bool unknown = !written && (written.error() == Error::timeout || written.error() == Error::wrong_peer);
        if (!written && passes(written.error()) && (repeatable || !unknown)) {
            again = co_await pause(deadline, attempt);
        }
        if (!again) {
            --under_way_;
            done(written);
            co_return;
        }
    }
}

Task<Result<WriteReply>> Operations::write_once(Write write, Time deadline) {
    Result<Route> route = co_await route_to(key_id(write.key), deadline);
    if (!route) {
        co_return route.error();
    }
    const Peer owner = route->successors.front();
    if (owner.id == context_.self()) {
        Result<WriteReply> written = co_await write_here(std::move(write));
        co_return written;
    }
    // A long value may stand in line behind others. Its call ends when the peer makes no progress with it.
    const bool is_long = write.value.size() > kLongBytes;
    Gather asked(context_.calls, context_.durability);
    asked.start(owner, std::move(write));
    std::optional<Gather::Outcome> outcome = co_await asked.next_until(is_long ? kNever : deadline);
    if (!outcome) {
        co_return Error::timeout;
    }
    Result<WriteReply> reply = expect<WriteReply>(std::move(outcome->answer));
    if (!reply && (reply.error() == Error::timeout || reply.error() == Error::not_owner)) {
        on_silent_owner_();
        // The node before the owner is the one to notice that it is gone.
        if (route->predecessor.id != context_.self() && route->predecessor.id != owner.id) {
            context_.scheduler.spawn(context_.calls.tell(route->predecessor, Nudge{}));
        }
    }
    co_return reply;
}

Task<Result<WriteReply>> Operations::write_here(Write write) {
    // Shared, because the writer goes on collecting answers after this coroutine has its own.
    auto awaited = std::make_shared<Awaited<WriteReply>>(context_.scheduler);
    context_.scheduler.spawn(writer_.write(std::move(write), [awaited](Result<WriteReply> result) {
        awaited->result.emplace(result);
        awaited->signal.set();
    }));
    co_await awaited->signal.wait();
    co_return *awaited->result;
}

Task<void> Operations::run_lookup(Id target, Client::Callback<LookupTrace> done) {
    const Time began = context_.now();
    const Time deadline = began + context_.options.operation_timeout;
    Result<Route> route = Error::try_again;
    for (int attempt = 0;; ++attempt) {
        route = co_await route_to(target, deadline);
        // That this node is the owner is sure by its own word, not by another's that may not know of a joiner.
        const bool sure = route && route->hops.empty() && route->successors.front().id == context_.self();
        if (route && !sure && !context_.options.plain_chord) {
            // A ring that is being repaired answers better to a new lookup than to more patience with this one.
            const Time bound = std::min(deadline, context_.now() + kOwnerPatience);
            route = co_await owner_check_.confirm(target, std::move(*route), bound);
        }
        bool again = false;
        if (!route && passes(route.error()) && !context_.options.plain_chord) {
            again = co_await pause(deadline, attempt);
        }
        if (!again) {
            break;
        }
    }
    --under_way_;
    if (!route) {
        done(route.error());
        co_return;
    }
    LookupTrace trace;
    trace.hops = std::move(route->hops);
    trace.holders = std::move(route->successors);
    trace.holders.resize(std::min(trace.holders.size(), context_.options.replicas));
    trace.messages = route->messages;
    trace.elapsed = context_.now() - began;
    done(std::move(trace));
}

Task<void> Operations::run_walk(std::size_t count, Client::Callback<std::vector<Client::WalkedNode>> done) {
    std::vector<Client::WalkedNode> walked{{context_.ring.self(), context_.ring.predecessor(), true}};
    std::vector<Peer> ahead = context_.ring.successors();
    while (!ahead.empty() && walked.size() < count) {
        const Peer next = ahead.front();
        ahead.erase(ahead.begin());
        if (next.id == context_.self() || !in_open_open(next.id, walked.back().peer.id, context_.self())) {
            break;  // once round
        }
        Result<StateReply> state = co_await context_.calls.ask<StateReply>(next, StateQuery{});
        walked.push_back({next, state ? state->predecessor : std::nullopt, state.has_value()});
        if (state) {
            ahead = state->successors;
        }
    }
    --under_way_;
    done(std::move(walked));
}

}  // namespace chord
