#include "net/message/path.hpp"

#include <algorithm>

#include "net/message/ledbat.hpp"
#include "net/message/new_reno.hpp"
#include "node/core/base/check.hpp"

namespace chord::net {

/// Sequences begin where the numbers of messages do: anywhere, so that wrapping is nothing special.
Path::Path(const PathContext& context, const Peer& peer)
    : context_(context),
      peer_(peer),
      mtu_(peer.address),
      next_sequence_(std::uint64_t{context.options.first_message_id} + 1) {
    const std::size_t window_max = context.options.in_flight_bytes_max;
    controllers_[index_of(Priority::foreground)] = std::make_unique<NewReno>(mtu_.datagram_bytes(), window_max);
    controllers_[index_of(Priority::background)] = std::make_unique<Ledbat>(mtu_.datagram_bytes(), window_max);
}

Path::Active* Path::find(MessageId id) {
    const auto found = std::find_if(active_.begin(), active_.end(), [id](const Active& each) { return each.id == id; });
    return found == active_.end() ? nullptr : &*found;
}

Path::Active* Path::find(SendHandle handle) {
    const auto found =
        std::find_if(active_.begin(), active_.end(), [handle](const Active& each) { return each.handle == handle; });
    return found == active_.end() ? nullptr : &*found;
}

std::size_t Path::messages(Priority priority) const {
    return static_cast<std::size_t>(std::count_if(
        active_.begin(), active_.end(), [priority](const Active& each) { return each.priority == priority; }));
}

std::size_t Path::payload_bytes() const {
    return mtu_.datagram_bytes() - context_.options.datagram_overhead - kFragmentHeadBytes;
}

/// As Reassembly counts it.
std::size_t Path::promise_of(std::size_t message_bytes) const {
    const std::size_t fragments = (message_bytes + payload_bytes() - 1) / payload_bytes();
    return std::min(fragments * payload_bytes(), context_.options.reassembly.message_bytes_max);
}

void Path::start(SendHandle handle, std::vector<std::uint8_t> bytes, Priority priority, Time now) {
    CHORD_CHECK(active_.size() < kMessagesPerPeer);
    // What a window learnt of the path holds for a while only (RFC 5681 section 4.1).
    if (sent_.empty() && now - last_used_ > timeout()) {
        for (const auto& each : controllers_) each->on_idle();
    }
    if (active_.empty()) {
        timeouts_ = 0;
        timeout_from_ = now;
    }
    if (priority == Priority::foreground) context_.budget.foreground_moves(now);
    const std::size_t promised = promise_of(bytes.size());
    promised_[index_of(priority)] += promised;
    active_.push_back({handle, new_id(), priority, Outgoing(std::move(bytes), payload_bytes()), 0, {}, {}, promised});
    last_used_ = now;
}

void Path::post(const MessageFrame& frame) {
    context_.frames.push_back({peer_, encode(frame), is_silent()});
}

// Sending

std::size_t Path::datagram_of(const Active& message, std::uint16_t index) const {
    return message.fragments.payload(index).size() + kFragmentHeadBytes + context_.options.datagram_overhead;
}

/// The caller has taken the room in the budget.
void Path::transmit(Active& message, std::uint16_t index, Time now) {
    const std::uint64_t sequence = next_sequence_++;
    const std::size_t bytes = datagram_of(message, index);
    sent_.add({sequence, now, bytes, message.priority, message.handle, index});
    MessageCounters& counters = context_.counters;
    (message.priority == Priority::foreground ? counters.tx_foreground_bytes : counters.tx_background_bytes) += bytes;
    if (message.fragments.sent(index)) ++context_.counters.retransmitted;
    ++context_.counters.tx_fragments;
    message.last_sent = last_sent_[index_of(message.priority)] = now;
    last_used_ = timeout_from_ = now;
    post(FragmentFrame{message.id, index, message.fragments.count(), WireSequence{static_cast<std::uint32_t>(sequence)},
                       message.fragments.payload(index)});
}

/// One datagram may always be under way, however large it is.
bool Path::has_window(Priority priority, std::size_t bytes) const {
    const std::size_t in_flight = sent_.in_flight(priority);
    return in_flight == 0 || in_flight + bytes <= window(priority);
}

bool Path::send_next(Priority priority, Time now) {
    if (last_sent_[index_of(priority)] + controller(priority).spacing() > now) return false;
    for (Active& message : active_) {
        if (message.priority != priority || message.paused_until > now) continue;
        const auto index = message.fragments.next();
        if (!index) continue;
        const std::size_t bytes = datagram_of(message, *index);
        if (!has_window(priority, bytes)) continue;
        if (!context_.budget.take(priority, bytes, message.last_sent, now)) continue;
        transmit(message, *index, now);
        return true;
    }
    return false;
}

void Path::poll(Priority priority, Time now) {
    while (send_next(priority, now)) {
    }
    if (priority == Priority::background && mtu_deadline(now) <= now) send_probe(now);
}

/// Only between messages that somebody waits for: three probes are as many bytes as four fragments, and the first
/// message would not even gain by them, since its fragments are cut already.
void Path::send_probe(Time now) {
    const auto bytes = mtu_.probe_due(now);
    if (!bytes) return;
    const std::uint64_t sequence = next_sequence_++;
    mtu_.probe_sent(sequence, now);
    ++context_.counters.probes;
    post(ProbeFrame{WireSequence{static_cast<std::uint32_t>(sequence)},
                    *bytes - context_.options.datagram_overhead - kProbeHeadBytes});
}

// What the peer says

/// The newest sequence used so far with these low 32 bits; next_sequence_ or more when there is none.
std::uint64_t Path::expand(WireSequence sequence) const {
    constexpr std::uint64_t kSpan = std::uint64_t{1} << 32;
    const std::uint64_t full = (next_sequence_ & ~(kSpan - 1)) | static_cast<std::uint32_t>(sequence);
    return full >= next_sequence_ && full >= kSpan ? full - kSpan : full;
}

void Path::take_sample(const Transmission& transmission, Time now) {
    latest_rtt_ = now - transmission.sent_at;
    if (!rtt_.has_sample()) sent_.note_first_rtt(now);
    rtt_.add(latest_rtt_);
    // The controllers look for queues: on a slow link the last bytes of a message are a tenth of a second faster than a
    // full datagram, and beside such a base all full ones would seem to stand in a queue.
    if (transmission.bytes < kBaseDatagramBytes) return;
    for (const auto& each : controllers_) each->on_rtt(latest_rtt_, now);
}

void Path::receive(const AckFrame& ack, Time now) {
    Active* const message = find(ack.message);
    const std::uint64_t sequence = expand(ack.sequence);
    if (message == nullptr || sequence >= next_sequence_) {
        ++context_.counters.drops_unexpected;
        return;
    }
    const Outgoing::Learnt learnt = message->fragments.apply(ack, sequence, next_sequence_);
    if (learnt == Outgoing::Learnt::nonsense) {
        ++context_.counters.drops_unexpected;
        return;
    }
    if (learnt == Outgoing::Learnt::forgotten) ++context_.counters.forgotten;
    const Priority priority = message->priority;
    const SendHandle handle = message->handle;
    const bool limited = sent_.in_flight(priority) + mtu_.datagram_bytes() > window(priority);
    // Which of several transmissions of a fragment came, only the sequence says. The older ones stay and count as lost
    // in the end, as they must for an outage to be seen as persistent congestion.
    const auto acked = sent_.take_if([&](const Transmission& each) {
        return each.message == handle &&
               (each.sequence == sequence || (!each.superseded && message->fragments.is_there(each.index)));
    });
    sent_.note_acked(sequence);
    for (const Transmission& each : acked) {
        if (each.sequence == sequence) take_sample(each, now);
    }
    for (const Transmission& each : acked) {
        give_back(each);
        controller(priority).on_ack({each.bytes, each.sent_at, limited}, now);
        mtu_.on_acked(each.bytes);
    }
    if (!acked.empty()) {
        timeouts_ = 0;
        timeout_from_ = now;
        last_used_ = now;
        if (priority == Priority::foreground) context_.budget.foreground_moves(now);
    }
    if (message->fragments.is_complete()) end(*message, Success{});
    take_losses(now);
}

void Path::receive(const RefusalFrame& refusal, Time now) {
    Active* const message = find(refusal.message);
    if (message == nullptr || message->paused_until > now) return;  // one refusal a fragment of the same burst
    ++context_.counters.refused;
    timeouts_ = 0;
    timeout_from_ = now;
    if (refusal.error == Error::too_big || ++message->refusals >= kRefusalsMax) {
        end(*message, refusal.error);
        return;
    }
    withdraw(message->handle);
    message->fragments.restart();
    message->paused_until = now + kRefusedPause * (1 << (message->refusals - 1));
}

void Path::receive(const ProbeAckFrame& ack, Time now) {
    if (mtu_.on_probe_ack(expand(ack.sequence), now)) set_datagram_bytes();
}

// What time says

Duration Path::timeout() const {
    const MessageOptions& options = context_.options;
    // A first sample begins with a variation of half of it (RFC 9002 section 5.3).
    const Duration first = expected_rtt_ ? 3 * *expected_rtt_ : options.first_timeout;
    Duration timeout = std::max(rtt_.has_sample() ? rtt_.probe_timeout() : first, options.timeout_floor);
    for (int i = 0; i < timeouts_ && timeout < options.timeout_ceiling; ++i) timeout *= 2;
    return std::min(timeout, options.timeout_ceiling);
}

/// Due as long as something is under way, or a message waits for nothing but an ack that says that all of it is there.
Time Path::timeout_deadline() const {
    const bool is_waiting = !sent_.empty() || std::any_of(active_.begin(), active_.end(),
                                                          [](const Active& each) { return !each.fragments.next(); });
    return is_waiting ? timeout_from_ + timeout() : kNever;
}

void Path::tick(Time now) {
    mtu_.tick(now);
    if (sent_.loss_deadline(rtt_, latest_rtt_) <= now) take_losses(now);
    if (timeout_deadline() <= now) on_timeout(now);
}

void Path::take_losses(Time now) {
    const SentLog::Losses losses = sent_.take_lost(now, rtt_, latest_rtt_);
    std::array<Time, kPriorities> newest{};
    std::array<bool, kPriorities> any{};
    bool is_black_hole = false;
    for (const Transmission& each : losses.lost) {
        ++context_.counters.lost;
        give_back(each);
        any[index_of(each.priority)] = true;
        newest[index_of(each.priority)] = each.sent_at;
        if (Active* const message = find(each.message)) message->fragments.lost(each.index);
        is_black_hole = mtu_.on_lost(each.bytes, each.sent_at, now) || is_black_hole;
    }
    if (losses.persistent) ++context_.counters.persistent_congestion;
    for (std::size_t i = 0; i < kPriorities; ++i) {
        if (!any[i]) continue;
        controllers_[i]->on_loss(newest[i], now);
        if (losses.persistent) controllers_[i]->on_persistent_congestion();
    }
    if (is_black_hole) fall_back(now);
}

/// Section 6.2.4: one fragment beside the window, of a message that somebody waits for if there is one.
void Path::on_timeout(Time now) {
    ++context_.counters.timeouts;
    if (++timeouts_ > context_.options.timeouts_max) {
        end_all(Error::timeout);
        return;
    }
    if (is_silent()) context_.budget.give_back(sent_.discharge());
    std::size_t largest = 0;
    for (const Transmission& each : sent_.transmissions()) largest = std::max(largest, each.bytes);
    if (mtu_.on_timeout(largest, now)) fall_back(now);
    Active* chosen = nullptr;
    for (Active& each : active_) {
        if (each.paused_until > now) continue;
        if (chosen == nullptr || each.priority < chosen->priority) chosen = &each;
    }
    timeout_from_ = now;
    if (chosen == nullptr) return;
    const std::uint16_t index = chosen->fragments.probe();
    sent_.supersede(chosen->handle, index);
    context_.budget.force(datagram_of(*chosen, index));
    transmit(*chosen, index, now);
}

/// Larger datagrams do not get through any more: what was cut for them is cut anew and gets a new number.
void Path::fall_back(Time /*now*/) {
    ++context_.counters.black_holes;
    set_datagram_bytes();
    for (Active& message : active_) {
        if (message.fragments.payload_bytes() <= payload_bytes()) continue;
        ++context_.counters.restarted;
        withdraw(message.handle);
        post(CancelFrame{message.id});
        message.id = new_id();
        message.fragments = Outgoing(message.fragments.release(), payload_bytes());
    }
}

void Path::set_datagram_bytes() {
    for (const auto& each : controllers_) each->set_datagram_bytes(mtu_.datagram_bytes());
}

// Ends

void Path::give_back(const Transmission& transmission) {
    if (transmission.charged) context_.budget.give_back(transmission.bytes);
}

/// None of its transmissions is under way any more.
void Path::withdraw(SendHandle handle) {
    const auto taken = sent_.take_if([handle](const Transmission& each) { return each.message == handle; });
    for (const Transmission& each : taken) give_back(each);
}

void Path::end(Active& message, Status status) {
    const SendHandle handle = message.handle;
    withdraw(handle);
    promised_[index_of(message.priority)] -= message.promised;
    ++(status ? context_.counters.sent : context_.counters.failed);
    ended_.push_back({handle, peer_, status});
    std::erase_if(active_, [handle](const Active& each) { return each.handle == handle; });
}

void Path::cancel(SendHandle handle, Error error) {
    Active* const message = find(handle);
    CHORD_CHECK(message != nullptr);
    post(CancelFrame{message->id});
    end(*message, error);
}

void Path::end_all(Error error) {
    while (!active_.empty()) cancel(active_.front().handle, error);
    timeouts_ = 0;
}

std::vector<MessageEnded> Path::take_ended() {
    return std::exchange(ended_, {});
}

/// Probes go while the path is in use or has just been, and while nobody waits for this peer.
Time Path::mtu_deadline(Time now) const {
    if (messages(Priority::foreground) > 0 || !rtt_.has_sample()) return kNever;
    const Time due = mtu_.next_deadline();
    return std::max(due, now) <= last_used_ + kProbesFor ? due : kNever;
}

Time Path::next_deadline(Time now) const {
    Time next = std::min({sent_.loss_deadline(rtt_, latest_rtt_), timeout_deadline(), mtu_deadline(now)});
    for (const Active& message : active_) {
        const auto index = message.fragments.next();
        if (!index) continue;
        if (message.paused_until > now) {
            next = std::min(next, message.paused_until);
            continue;
        }
        // What the window or the bytes under way of the node hold back waits for acks, not for time.
        const std::size_t bytes = datagram_of(message, *index);
        if (!context_.budget.has_room(message.priority, bytes) || !has_window(message.priority, bytes)) continue;
        Time at = last_sent_[index_of(message.priority)] + controllers_[index_of(message.priority)]->spacing();
        if (message.priority == Priority::background) {
            at = std::max(at, context_.budget.background_at(bytes, message.last_sent));
        }
        next = std::min(next, std::max(at, now));
    }
    return next;
}

}  // namespace chord::net
