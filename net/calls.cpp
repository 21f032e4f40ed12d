#include "net/calls.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

/// Bytes a second at which a long body is still waited for.
constexpr std::size_t kSlowestRate = 4096;

Duration carrying_time(std::size_t bytes) {
    return Duration(static_cast<std::int64_t>(bytes * 1'000'000 / kSlowestRate));
}

}  // namespace

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
    call.priority = manner.priority;
    if (Outbox::is_long(call.body)) {
        CHORD_CHECK(to.id);
        call.long_bytes = call.body.size();
        call.prompt = false;
    }
    if (call.long_bytes > 0 && !call.waits) {
        send_long(request_id, call, address_of(to, 0, now), now);
    } else {
        transmit(request_id, call, now);
    }
    return true;
}

void Calls::set_deadline(std::uint64_t request_id, Call& call, Time deadline) {
    deadlines_.erase({call.deadline, request_id});
    call.deadline = deadline;
    if (deadline != kNever) deadlines_.emplace(deadline, request_id);
}

void Calls::send_long(std::uint64_t request_id, Call& call, const Endpoint& to, Time now) {
    const Envelope envelope{.request_id = request_id, .background = call.priority == Priority::background};
    const Result<SendHandle> handle =
        outbox_.send_long(Peer{*call.to.id, to}, envelope, call.body, call.priority, rtt_.smoothed(to, now), now);
    std::vector<std::uint8_t>().swap(call.body);
    call.attempts = 1;
    call.sent[0] = {now, to};
    if (handle) {
        call.sending = *handle;
        sending_.emplace(*handle, request_id);
        set_deadline(request_id, call, kNever);
    } else {
        call.failed = handle.error();
        set_deadline(request_id, call, now);
    }
}

std::optional<Calls::Ended> Calls::on_sent(SendHandle handle, Status status, Time now) {
    const auto sent = sending_.find(handle);
    if (sent == sending_.end()) return std::nullopt;
    const std::uint64_t request_id = sent->second;
    sending_.erase(sent);
    const auto found = calls_.find(request_id);
    CHORD_CHECK(found != calls_.end());
    Call& call = found->second;
    if (!status) {
        if (status.error() == Error::timeout) ++counters_.timeouts;
        const Ended ended{call.id, status.error()};
        calls_.erase(found);
        return ended;
    }
    call.sending.reset();
    call.is_sent = true;
    call.began = now;  // of its work
    call.transmissions = 1;
    call.backoff = 1;
    set_deadline(request_id, call, now + rtt_.timeout(call.sent[0].to, 0, now));
    return std::nullopt;
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
    set_deadline(request_id, call, now + rtt_.timeout(to.address, std::min(call.backoff++, call.backoff_max), now));
    if (Outbox::is_long(call.body)) return outbox_.knock(to, now);
    const Envelope envelope{.kind = call.is_sent ? Kind::again : Kind::request,
                            .attempt = static_cast<std::uint8_t>(attempt),
                            .request_id = request_id,
                            .background = !call.is_sent && call.priority == Priority::background};
    outbox_.post_request(to, envelope, call.body, now);
}

std::optional<Callee> Calls::asked(const Envelope& response) const {
    const auto found = calls_.find(response.request_id);
    const bool waits = found != calls_.end() && response.attempt < found->second.attempts;
    return waits ? std::optional(found->second.to) : std::nullopt;
}

/// That a long answer is coming is said at once, as a short answer would be.
void Calls::measure(const Call& call, std::uint8_t attempt, Time now) {
    const Call::Sent& sent = call.sent[attempt];
    if (call.prompt) rtt_.add(sent.to, now - sent.at, now);
}

CallId Calls::finish(const Envelope& response, const Endpoint& from, bool is_long, Time now) {
    const auto found = calls_.find(response.request_id);
    CHORD_CHECK(found != calls_.end() && response.attempt < found->second.attempts);
    const Call& call = found->second;
    if (!is_long) measure(call, response.attempt, now);
    // Only an answer that comes from there shows that the peer is there: the attempt is the peer's word alone.
    const Endpoint& asked = call.sent[response.attempt].to;
    if (call.to.id && from == asked) others_.note_answer(*call.to.id, call.to.address, asked, now);
    const CallId id = call.id;
    deadlines_.erase({call.deadline, response.request_id});
    if (call.sending) {
        const SendHandle handle = *call.sending;
        sending_.erase(handle);
        outbox_.cancel_long(handle);
    }
    calls_.erase(found);
    return id;
}

void Calls::reached(const Peer& peer, std::optional<Duration> rtt, Time now) {
    if (rtt) rtt_.add(peer.address, *rtt, now);
    for (auto& [request_id, call] : calls_) {
        const bool is_long = call.long_bytes > 0;  // then wherever that node was reached
        const bool here = is_long || call.to.address == peer.address;
        if (!here || call.to.id.value_or(peer.id) != peer.id || !std::exchange(call.waits, false)) continue;
        if (is_long) {
            send_long(request_id, call, peer.address, now);
            continue;
        }
        call.transmissions = 1;
        call.backoff = 1;
        set_deadline(request_id, call, now + rtt_.timeout(peer.address, 0, now));
    }
}

/// The peer may have a long value of this node to hand on. What it has to send itself ends as soon as it makes no
/// progress (net/message), but may have to wait for many others first.
Duration Calls::patience_with(const Call& call, Kind kind) const {
    if (kind == Kind::coming) return kComingPatience;
    return work_patience_ + 2 * carrying_time(call.long_bytes);
}

CallId Calls::extend(const Envelope& envelope, Time now) {
    const auto found = calls_.find(envelope.request_id);
    CHORD_CHECK(found != calls_.end());
    Call& call = found->second;
    ++counters_.working;
    if (call.sending) return call.id;  // who has not got all of the request yet cannot be at work on it
    if (envelope.kind == Kind::coming) measure(call, envelope.attempt, now);
    call.prompt = false;
    if (envelope.kind != Kind::coming) call.backoff_max = std::min(call.backoff_max, kBackoffWorking);
    if (now - call.began < patience_with(call, envelope.kind)) call.transmissions = 1;
    // Sixteen fetches of a repair that stand in line would else ask five times a second how they stand.
    if (envelope.kind == Kind::coming && call.priority == Priority::background) {
        set_deadline(envelope.request_id, call, now + kBackgroundPause);
    }
    return call.id;
}

bool Calls::expire_one(Time now, std::optional<Ended>& ended) {
    ended.reset();
    if (deadlines_.empty() || deadlines_.begin()->first > now) return false;
    const std::uint64_t request_id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    const auto found = calls_.find(request_id);
    CHORD_CHECK(found != calls_.end());
    Call& call = found->second;
    if (!call.failed && call.transmissions < tries_) {
        ++counters_.retransmissions;
        transmit(request_id, call, now);
    } else {
        CHORD_CHECK(!call.sending);
        if (!call.failed) ++counters_.timeouts;
        ended = Ended{call.id, call.failed.value_or(Error::timeout)};
        calls_.erase(found);
    }
    return true;
}

Time Calls::next_deadline() const {
    return deadlines_.empty() ? kNever : deadlines_.begin()->first;
}

}  // namespace chord::net
