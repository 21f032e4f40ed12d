#include "node/core/operations.hpp"

#include <algorithm>
#include <memory>

#include "node/core/base/hash.hpp"
#include "node/core/data/level.hpp"

namespace chord {

namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(20);
constexpr Duration kLongestPause = std::chrono::milliseconds(500);
constexpr Duration kOwnerPatience = std::chrono::milliseconds(2500);
constexpr Duration kCopiesPatienceMax = std::chrono::minutes(10);
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

void Operations::read(BytesView key, const ReadOptions& options, Client::Callback<Found> done) {
    if (key.size() > kKeyBytesMax) {
        done(Error::too_big);
    } else if (!admit()) {
        done(Error::overloaded);
    } else {
        context_.scheduler.spawn(run_read(key_id(key), options, std::move(done)));
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

void Operations::await_copies(BytesView key, const Version& version, std::size_t wanted, Duration patience,
                              Client::Callback<std::size_t> done) {
    if (!admit()) {
        done(Error::overloaded);
    } else {
        const Time deadline = context_.now() + std::min(patience, kCopiesPatienceMax);
        context_.scheduler.spawn(run_await_copies(key_id(key), version, wanted, deadline, std::move(done)));
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

Task<void> Operations::run_read(Id key, ReadOptions options, Client::Callback<Found> done) {
    const Time deadline = context_.now() + context_.options.operation_timeout;
    Level level = options.level;
    for (int attempt = 0;; ++attempt) {
        Result<Found> found = co_await read_once(key, level, deadline);
        const Version version = found && found->record ? found->record->version : Version{};
        if (found && version < options.at_least && context_.now() < options.at_least_until) {
            found = Error::try_again;
            level = std::max(level, Level::quorum);  // whoever has it may not be the owner any more, or not yet
        }
        bool again = false;
        if (!found && (passes(found.error()) || found.error() == Error::no_quorum)) {
            again = co_await pause(deadline, attempt);
        }
        if (!again) {
            --under_way_;
            if (found && found->record && (found->record->tombstone || found->record->expires <= context_.now())) {
                found->record.reset();
            }
            done(std::move(found));
            co_return;
        }
    }
}

Task<Result<Found>> Operations::read_once(Id key, Level level, Time deadline) {
    Result<Route> route = co_await lookup_.route_to(key, deadline);
    if (!route) {
        co_return route.error();
    }
    const bool own = route->successors.front().id == context_.self();
    if (level == Level::one && !own) {
        const std::vector<Peer> replicas = reader_.replicas_of(*route).peers;
        const bool holder =
            std::any_of(replicas.begin(), replicas.end(), [&](const Peer& peer) { return peer.id == context_.self(); });
        Result<std::optional<Record>> held = records_.find(key);
        if (holder && held && *held) {
            co_return Found{std::move(*held), context_.options.self};
        }
    }
    if (level == Level::quorum || level == Level::all) {
        const std::size_t needed = holders_needed(context_, level, 1);
        Result<Found> found = co_await quorum_reader_.read(key, std::move(*route), needed, deadline);
        co_return found;
    }
    if (own) {
        Result<Found> found = co_await reader_.read_owned(key);
        co_return found;
    }
    Result<Found> found = co_await reader_.read_remote(key, std::move(*route), deadline);
    co_return found;
}

Task<void> Operations::run_write(Write write, Client::Callback<WriteReply> done) {
    const NodeOptions& options = context_.options;
    const Time deadline = context_.now() + options.operation_timeout + carrying_time(options, write.value.size());
    write.operation = context_.rng.next() | 1U;
    for (int attempt = 0;; ++attempt) {
        Result<WriteReply> written = co_await write_once(write, deadline);
        bool again = false;
        // Whether a write that was not answered took place is not known: the next owner is to find out first.
        const bool unknown = !written && (written.error() == Error::timeout || written.error() == Error::wrong_peer);
        write.repeated = write.repeated || unknown;
        if (!written && passes(written.error())) {
            again = co_await pause(deadline, attempt);
        } else if (!written && written.error() == Error::condition_failed && write.repeated) {
            written = Error::timeout;  // the attempt without an answer may stand with an owner out of reach
        }
        if (!again) {
            --under_way_;
            done(written);
            co_return;
        }
    }
}

Task<Result<WriteReply>> Operations::write_once(Write write, Time deadline) {
    Result<Route> route = co_await lookup_.route_to(key_id(write.key), deadline);
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

Task<void> Operations::run_await_copies(Id key, Version version, std::size_t wanted, Time deadline,
                                        Client::Callback<std::size_t> done) {
    std::size_t copies = 0;
    for (int attempt = 0;; ++attempt) {
        copies = std::max(copies, co_await count_copies(key, version, wanted, deadline));
        if (copies >= wanted || !co_await pause(deadline, attempt)) {
            break;
        }
    }
    --under_way_;
    done(copies);
}

// Beside the owner.
Task<std::size_t> Operations::count_copies(Id key, Version version, std::size_t wanted, Time deadline) {
    Result<Route> route = co_await lookup_.route_to(key, deadline);
    if (!route) {
        co_return 0;
    }
    Gather asked(context_.calls, context_.durability);
    for (const Peer& replica : reader_.replicas_of(*route).peers) {
        if (replica.id != context_.self()) {
            asked.start(replica, HeadQuery{.key = key, .durable = true});
            continue;
        }
        const Result<std::optional<Record>> held = records_.find(key);
        if (held && *held && !((*held)->version < version)) {
            asked.start_durable(records_.latest());
        }
    }
    std::size_t copies = 0;
    while (copies < wanted && asked.outstanding() > 0) {
        std::optional<Gather::Outcome> ended = co_await asked.next_until(deadline);
        if (!ended) {
            break;
        }
        const HeadReply* const head = ended->answer ? std::get_if<HeadReply>(&ended->answer->response) : nullptr;
        const bool own = ended->answer && std::holds_alternative<Ack>(ended->answer->response);  // a commit's
        copies += own || (head != nullptr && head->version && !(*head->version < version)) ? 1U : 0U;
    }
    co_return copies;
}

Task<void> Operations::run_lookup(Id target, Client::Callback<LookupTrace> done) {
    const Time began = context_.now();
    const Time deadline = began + context_.options.operation_timeout;
    Result<Route> route = Error::try_again;
    for (int attempt = 0;; ++attempt) {
        route = co_await lookup_.route_to(target, deadline);
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
