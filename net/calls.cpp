#include "net/calls.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/check.hpp"

namespace chord::net {

Calls::Calls(const RpcOptions& options, Outbox& outbox, OtherAddresses& others, RpcCounters& counters)
    : outbox_(outbox),
      others_(others),
      counters_(counters),
      rtt_(RttOptions{.first_timeout = options.first_timeout,
                      .floor = options.timeout_floor,
                      .ceiling = options.timeout_ceiling,
                      .peers_max = options.peers_max}),
      tries_(options.tries),
      work_patience_(options.work_patience),
      calls_max_(options.calls_max),
      next_request_id_(options.first_request_id) {
    CHORD_CHECK(tries_ >= 1 && tries_ <= kTriesMax);
}

bool Calls::start(CallId id, const Callee& to, std::vector<std::uint8_t> body, const Manner& manner, Time now) {
    if (calls_.size() >= calls_max_) return false;
    const std::uint64_t request_id = next_request_id_++;
    Call& call = calls_[request_id];
    call.id = id;
    call.to = to;
    call.body = std::move(body);
    call.prompt = manner.prompt && !manner.waits;
    call.waits = manner.waits;
    call.backoff_max = tries_ - 1;
    call.began = now;
    transmit(request_id, call, now);
    return true;
}

Endpoint Calls::address_of(const Callee& to, int attempt, Time now) const {
    if (!to.id) return to.address;
    const int begin = names_a_place(to.address) ? kElsewhereFrom : 0;
    if (const auto instead = others_.instead_of(*to.id, to.address, now)) {
        if (attempt < kElsewhereFrom) return *instead;
        if (attempt == kElsewhereFrom && begin > 0) return to.address;
    }
    if (attempt < begin) return to.address;
    return others_.other(*to.id, to.address, static_cast<std::size_t>(attempt - begin)).value_or(to.address);
}

void Calls::transmit(std::uint64_t request_id, Call& call, Time now) {
    const int attempt = call.transmissions++;
    call.attempts = std::max(call.attempts, call.transmissions);
    const Callee to(address_of(call.to, attempt, now), call.to.id);
    call.sent[static_cast<std::size_t>(attempt)] = {now, to.address};
    call.deadline = now + rtt_.timeout(to.address, std::min(call.backoff++, call.backoff_max), now);
    deadlines_.emplace(call.deadline, request_id);
    outbox_.post_request(to, request_id, static_cast<std::uint8_t>(attempt), call.body, now);
}

std::optional<Callee> Calls::asked(const Envelope& response) const {
    const auto found = calls_.find(response.request_id);
    const bool waits = found != calls_.end() && response.attempt < found->second.attempts;
    return waits ? std::optional(found->second.to) : std::nullopt;
}

CallId Calls::finish(const Envelope& response, Time now) {
    const auto found = calls_.find(response.request_id);
    CHORD_CHECK(found != calls_.end() && response.attempt < found->second.attempts);
    const Call& call = found->second;
    const Call::Sent& sent = call.sent[response.attempt];
    if (call.prompt) rtt_.add(sent.to, now - sent.at, now);
    if (call.to.id) others_.note_answer(*call.to.id, call.to.address, sent.to, now);
    const CallId id = call.id;
    deadlines_.erase({call.deadline, response.request_id});
    calls_.erase(found);
    return id;
}

void Calls::reached(const Peer& peer, std::optional<Duration> rtt, Time now) {
    if (rtt) rtt_.add(peer.address, *rtt, now);
    for (auto& [request_id, call] : calls_) {
        const bool meant = call.to.address == peer.address && call.to.id.value_or(peer.id) == peer.id;
        if (!meant || !std::exchange(call.waits, false)) continue;
        call.transmissions = 1;
        call.backoff = 1;
        deadlines_.erase({call.deadline, request_id});
        call.deadline = now + rtt_.timeout(peer.address, 0, now);
        deadlines_.emplace(call.deadline, request_id);
    }
}

void Calls::extend(const Envelope& working, Time now) {
    const auto found = calls_.find(working.request_id);
    CHORD_CHECK(found != calls_.end());
    Call& call = found->second;
    ++counters_.working;
    call.prompt = false;
    call.backoff_max = std::min(call.backoff_max, kBackoffWorking);
    if (now - call.began < work_patience_) call.transmissions = 1;
}

bool Calls::expire_one(Time now, std::optional<CallId>& ended) {
    ended.reset();
    if (deadlines_.empty() || deadlines_.begin()->first > now) return false;
    const std::uint64_t request_id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    const auto found = calls_.find(request_id);
    CHORD_CHECK(found != calls_.end());
    if (found->second.transmissions < tries_) {
        ++counters_.retransmissions;
        transmit(request_id, found->second, now);
    } else {
        ++counters_.timeouts;
        ended = found->second.id;
        calls_.erase(found);
    }
    return true;
}

Time Calls::next_deadline() const {
    return deadlines_.empty() ? kNever : deadlines_.begin()->first;
}

}  // namespace chord::net
