#include "net/message/messages.hpp"

#include <algorithm>
#include <utility>

#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

std::size_t index_of(Priority priority) {
    return static_cast<std::size_t>(priority);
}

}  // namespace

Messages::Messages(const MessageOptions& options)
    : options_(options),
      budget_(options),
      receiver_(options.reassembly, counters_),
      queue_(options.queued_max),
      next_message_id_(options.first_message_id) {
    CHORD_CHECK(options.peers_max > 2 * options.in_flight_messages_max);
    CHORD_CHECK(options.background_messages_max < options.in_flight_messages_max);
    CHORD_CHECK(options.queued_max > 0 && options.queued_bytes_max >= options.reassembly.message_bytes_max);
    CHORD_CHECK(options.in_flight_bytes_max >= 4 * kBaseDatagramBytes && options.timeouts_max > 0);
    CHORD_CHECK(options.datagram_overhead + kFragmentHeadBytes + kFragmentPayloadMin <= kBaseDatagramBytes);
    CHORD_CHECK(options.background_rate.per_second == 0 || options.background_rate.burst >= 2 * kBaseDatagramBytes);
    CHORD_CHECK(options.timeout_floor > Duration::zero() && options.timeout_floor <= options.timeout_ceiling);
}

void Messages::set_time(Time now) {
    CHORD_CHECK(now >= now_);
    now_ = now;
}

Result<SendHandle> Messages::send(const Peer& to, std::vector<std::uint8_t> bytes, Priority priority, Time now,
                                  std::optional<Duration> rtt) {
    set_time(now);
    if (bytes.empty()) return Error::bad_message;
    if (bytes.size() > message_bytes_max()) return Error::too_big;
    if (queue_.is_full() || waiting_bytes_ + bytes.size() > options_.queued_bytes_max) return Error::overloaded;
    // What a node has queued for it must leave room for others: half of everything, but for a first message.
    Share& share = shares_[to.id];
    if (share.messages > 0 &&
        (share.messages >= options_.queued_max / 2 || share.bytes + bytes.size() > options_.queued_bytes_max / 2)) {
        return Error::overloaded;
    }
    ++share.messages;
    share.bytes += bytes.size();
    const SendHandle handle{next_handle_++};
    waiting_bytes_ += bytes.size();
    sending_.emplace(handle, Sending{to, priority, bytes.size(), false});
    queue_.push(priority, {handle, to, std::move(bytes), rtt});
    may_start_ = true;
    return handle;
}

Status Messages::receive(const Peer& from, std::span<const std::uint8_t> plaintext, Time now) {
    set_time(now);
    const auto frame = decode_frame(plaintext);
    if (!frame) {
        ++counters_.drops_malformed;
        return frame.error();
    }
    if (const auto* const fragment = std::get_if<FragmentFrame>(&*frame)) {
        if (auto message = receiver_.take(from, *fragment, now)) {
            events_.emplace_back(MessageDelivered{from, std::move(*message)});
        }
    } else if (const auto* const probe = std::get_if<ProbeFrame>(&*frame)) {
        receiver_.take(from, *probe);
    } else if (const auto* const cancel = std::get_if<CancelFrame>(&*frame)) {
        receiver_.take(from, *cancel);
    } else if (Path* const path = find_path(from)) {
        if (const auto* const ack = std::get_if<AckFrame>(&*frame)) path->receive(*ack, now);
        if (const auto* const refusal = std::get_if<RefusalFrame>(&*frame)) path->receive(*refusal, now);
        if (const auto* const probe_ack = std::get_if<ProbeAckFrame>(&*frame)) path->receive(*probe_ack, now);
        collect(*path);
    } else {
        ++counters_.drops_unexpected;
    }
    return Success{};
}

void Messages::tick(Time now) {
    set_time(now);
    receiver_.tick(now);
    for (const Peer& peer : live_) {
        Path& path = *find_path(peer);
        path.tick(now);
        collect(path);
        if (path.is_silent() && queue_.size() > 0) may_start_ = true;
    }
}

Time Messages::next_deadline() const {
    if (receiver_.has_answers() || !frames_.empty() || may_start_) return now_;
    Time next = receiver_.next_deadline();
    for (const Peer& peer : live_) next = std::min(next, path(peer)->next_deadline(now_));
    return next;
}

std::vector<OutgoingFrame> Messages::take_frames() {
    receiver_.drain(frames_);
    start_waiting();
    poll(Priority::foreground);
    poll(Priority::background);
    std::erase_if(live_, [this](const Peer& peer) { return !find_path(peer)->is_live(now_); });
    ++turn_;
    return std::exchange(frames_, {});
}

/// Begins with another path in each turn, so that none always finds the node's bytes used up.
void Messages::poll(Priority priority) {
    if (live_.empty()) return;
    auto each = std::next(live_.begin(), static_cast<std::ptrdiff_t>(turn_ % live_.size()));
    for (std::size_t i = 0; i < live_.size(); ++i) {
        find_path(*each)->poll(priority, now_);
        if (++each == live_.end()) each = live_.begin();
    }
}

std::vector<MessageEvent> Messages::take_events() {
    return std::exchange(events_, {});
}

void Messages::cancel(SendHandle handle, Error error) {
    const auto found = sending_.find(handle);
    if (found == sending_.end()) return;
    if (found->second.active) {
        Path& path = *find_path(found->second.to);
        path.cancel(handle, error);
        collect(path);
        return;
    }
    const auto waiting =
        queue_.take(found->second.priority, [handle](const auto& each) { return each.handle == handle; });
    CHORD_CHECK(waiting);
    ++counters_.failed;
    finish({handle, waiting->to, error});
}

void Messages::forget(const Id& node, Error error) {
    receiver_.forget(node);
    for (auto each = paths_.lower_bound(Peer{node, {}}); each != paths_.end() && each->first.id == node;) {
        each->second->end_all(error);
        collect(*each->second);
        live_.erase(each->first);
        each = paths_.erase(each);
    }
    const auto is_to_it = [&node](const WaitingMessage& each) { return each.to.id == node; };
    for (const Priority priority : {Priority::foreground, Priority::background}) {
        while (const auto waiting = queue_.take(priority, is_to_it)) {
            ++counters_.failed;
            finish({waiting->handle, waiting->to, error});
        }
    }
    std::erase_if(frames_, [&node](const OutgoingFrame& frame) { return frame.to.id == node; });
}

std::size_t Messages::plaintext_bytes(const Peer& peer) const {
    const Path* const known = path(peer);
    return (known == nullptr ? kBaseDatagramBytes : known->datagram_bytes()) - options_.datagram_overhead;
}

const Path* Messages::path(const Peer& peer) const {
    const auto found = paths_.find(peer);
    return found == paths_.end() ? nullptr : found->second.get();
}

Path* Messages::find_path(const Peer& peer) {
    const auto found = paths_.find(peer);
    return found == paths_.end() ? nullptr : found->second.get();
}

/// The path, made when there is none; the idle one used longest ago is forgotten for it.
Path& Messages::path_to(const Peer& peer) {
    if (Path* const known = find_path(peer)) return *known;
    if (paths_.size() >= options_.peers_max) {
        auto oldest = paths_.end();
        for (auto each = paths_.begin(); each != paths_.end(); ++each) {
            if (!each->second->is_idle()) continue;
            if (oldest == paths_.end() || each->second->last_used() < oldest->second->last_used()) oldest = each;
        }
        CHORD_CHECK(oldest != paths_.end());  // peers_max > 2 * in_flight_messages_max
        live_.erase(oldest->first);
        paths_.erase(oldest);
    }
    const PathContext context{options_, budget_, counters_, next_message_id_, frames_};
    return *paths_.emplace(peer, std::make_unique<Path>(context, peer)).first->second;
}

/// Whether the peer, if it has the bounds of this node, has room for the message: it would refuse it otherwise. Half of
/// the room is kept for the foreground.
bool Messages::may_start(Priority priority, const WaitingMessage& message) const {
    const std::size_t room = options_.reassembly.peer_bytes_max;
    std::size_t foreground = 0, background = 0, foreground_bytes = 0, background_bytes = 0, promise = 0;
    const Id& node = message.to.id;
    for (auto each = paths_.lower_bound(Peer{node, {}}); each != paths_.end() && each->first.id == node; ++each) {
        foreground += each->second->messages(Priority::foreground);
        background += each->second->messages(Priority::background);
        foreground_bytes += each->second->promised_bytes(Priority::foreground);
        background_bytes += each->second->promised_bytes(Priority::background);
        promise = std::max(promise, each->second->promise_of(message.bytes.size()));
    }
    if (foreground + background == 0) return true;
    if (priority == Priority::background && background > 0 &&
        (background >= kBackgroundPerPeer || background_bytes + promise > room / 2)) {
        return false;
    }
    return foreground + background < kMessagesPerPeer && foreground_bytes + background_bytes + promise <= room;
}

/// Messages that may be under way now: those to silent peers come on top.
std::size_t Messages::in_flight_max() const {
    std::size_t silent = 0;
    for (const Peer& peer : live_) {
        const Path& each = *path(peer);
        if (each.is_silent()) silent += each.messages(Priority::foreground) + each.messages(Priority::background);
    }
    return options_.in_flight_messages_max + std::min(silent, options_.in_flight_messages_max);
}

void Messages::start_waiting() {
    if (!std::exchange(may_start_, false)) return;
    for (const Priority priority : {Priority::foreground, Priority::background}) {
        while (active_messages() < in_flight_max()) {
            if (priority == Priority::background && active_[index_of(priority)] >= options_.background_messages_max)
                break;
            auto waiting = queue_.take(priority, [&](const WaitingMessage& each) { return may_start(priority, each); });
            if (!waiting) break;
            sending_.at(waiting->handle).active = true;
            ++active_[index_of(priority)];
            Path& path = path_to(waiting->to);
            if (waiting->rtt) path.expect(*waiting->rtt);
            path.start(waiting->handle, std::move(waiting->bytes), priority, now_);
            live_.insert(waiting->to);
        }
    }
}

/// Hands on what ended on a path.
void Messages::collect(Path& path) {
    for (const MessageEnded& ended : path.take_ended()) finish(ended);
}

void Messages::finish(const MessageEnded& ended) {
    const auto found = sending_.find(ended.handle);
    CHORD_CHECK(found != sending_.end());
    const Sending& sending = found->second;
    waiting_bytes_ -= sending.bytes;
    const auto share = shares_.find(sending.to.id);
    share->second.bytes -= sending.bytes;
    if (--share->second.messages == 0) shares_.erase(share);
    if (sending.active) --active_[index_of(sending.priority)];
    if (active_[index_of(Priority::foreground)] == 0) budget_.foreground_is_over();
    sending_.erase(found);
    may_start_ = true;
    events_.emplace_back(ended);
}

}  // namespace chord::net
