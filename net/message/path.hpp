// Path: the sending side towards one peer: its round-trip time, windows, largest datagram, and the messages under way.
//
// It is not the queue of those that wait for their turn (messages.hpp), and not the receiving side (receiver.hpp).
//
// Loss detection and probe timeouts are those of RFC 9002 section 6, for all messages of the path together; each
// priority has a congestion window of its own. Differences from the RFC:
//  - Acks are not delayed, so max_ack_delay is 0. The timeout is kept between floor and ceiling, and first_timeout
//    stands for it before the first sample.
//  - A probe timeout sends one datagram, not two. After timeouts_max in a row the messages have failed.
//
// Invariants
//  1. Every message that start() took ends once, in take_ended() or by cancel() and end_all() too.
//  2. What is under way is in sent_ and in the window of its priority, and in the budget until the path is silent.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "net/message/congestion.hpp"
#include "net/message/frame.hpp"
#include "net/message/message.hpp"
#include "net/message/node_budget.hpp"
#include "net/message/outgoing.hpp"
#include "net/message/path_mtu.hpp"
#include "net/message/sent_log.hpp"
#include "net/rtt.hpp"

namespace chord::net {

/// What the paths of one node share; it outlives them.
struct PathContext {
    const MessageOptions& options;
    NodeBudget& budget;
    MessageCounters& counters;
    std::uint32_t& next_message_id;
    std::vector<OutgoingFrame>& frames;  // where they put what they send
};

class Path {
public:
    static constexpr int kRefusalsMax = 6;  // then the message ends; the pauses between grow from 1/4 s to 4 s
    static constexpr Duration kRefusedPause = std::chrono::milliseconds(250);
    static constexpr int kSilentTimeouts = 2;                         // in a row
    static constexpr Duration kProbesFor = std::chrono::seconds(15);  // after the last use: then the path is left alone

    Path(const PathContext& context, const Peer& peer);
    Path(const Path&) = delete;
    Path& operator=(const Path&) = delete;

    /// Takes a message in; poll() sends it. REQUIRES: messages(any) < kMessagesPerPeer; 0 < bytes <= the limit.
    void start(SendHandle handle, std::vector<std::uint8_t> bytes, Priority priority, Time now);

    /// A round-trip time of the path from elsewhere, for the first timeouts.
    void expect(Duration rtt) { expected_rtt_ = rtt; }

    void receive(const AckFrame& ack, Time now);
    void receive(const RefusalFrame& refusal, Time now);
    void receive(const ProbeAckFrame& ack, Time now);

    /// Losses and timeouts that are due.
    void tick(Time now);

    /// Sends of this priority what windows and budgets allow; a path MTU probe too when nobody waits for this peer.
    void poll(Priority priority, Time now);

    /// When tick() or poll() has something to do for no other reason than time; kNever.
    Time next_deadline(Time now) const;

    /// The messages that ended since the last call.
    std::vector<MessageEnded> take_ended();

    /// Ends one message with this error and tells the peer. REQUIRES: start() took it and it has not ended.
    void cancel(SendHandle handle, Error error);

    /// Ends all messages with this error and tells the peer; nothing is under way afterwards.
    void end_all(Error error);

    std::size_t messages(Priority priority) const;
    /// What the peer promises for the messages of this priority under way, and for a further one of this size.
    std::size_t promised_bytes(Priority priority) const { return promised_[index_of(priority)]; }
    std::size_t promise_of(std::size_t message_bytes) const;
    /// Nothing has come back for some timeouts: the path waits, but others need not wait for it.
    bool is_silent() const { return timeouts_ >= kSilentTimeouts; }
    bool is_idle() const { return active_.empty(); }
    /// Whether time may still bring something about; an idle path that does not look for its MTU any more is not live.
    bool is_live(Time now) const { return !active_.empty() || mtu_deadline(now) != kNever; }
    Time last_used() const { return last_used_; }

    std::size_t datagram_bytes() const { return mtu_.datagram_bytes(); }
    std::size_t window(Priority priority) const { return controllers_[index_of(priority)]->window(); }
    std::size_t in_flight(Priority priority) const { return sent_.in_flight(priority); }
    const RttEstimator& rtt() const { return rtt_; }

private:
    struct Active {
        SendHandle handle{};
        MessageId id{};
        Priority priority = Priority::foreground;
        Outgoing fragments;
        int refusals = 0;
        Time paused_until{};
        Time last_sent{};
        std::size_t promised = 0;
    };

    static std::size_t index_of(Priority priority) { return static_cast<std::size_t>(priority); }
    CongestionController& controller(Priority priority) { return *controllers_[index_of(priority)]; }
    Active* find(MessageId id);
    Active* find(SendHandle handle);

    bool send_next(Priority priority, Time now);
    void send_probe(Time now);
    std::size_t datagram_of(const Active& message, std::uint16_t index) const;
    bool has_window(Priority priority, std::size_t bytes) const;
    void transmit(Active& message, std::uint16_t index, Time now);
    void post(const MessageFrame& frame);

    void take_sample(const Transmission& transmission, Time now);
    void take_losses(Time now);
    void on_timeout(Time now);
    void fall_back(Time now);
    void set_datagram_bytes();
    void end(Active& message, Status status);
    void withdraw(SendHandle handle);
    void give_back(const Transmission& transmission);
    MessageId new_id() { return MessageId{context_.next_message_id++}; }
    std::uint64_t expand(WireSequence sequence) const;
    std::size_t payload_bytes() const;

    Duration timeout() const;
    Time timeout_deadline() const;
    Time mtu_deadline(Time now) const;

    PathContext context_;
    Peer peer_;
    RttEstimator rtt_;
    std::optional<Duration> expected_rtt_;  // until it is measured
    Duration latest_rtt_{};
    PathMtu mtu_;
    SentLog sent_;
    std::array<std::unique_ptr<CongestionController>, kPriorities> controllers_;  // by index_of()
    std::vector<Active> active_;                                                  // in the order in which they began
    std::array<std::size_t, kPriorities> promised_{};                             // by index_of()
    std::vector<MessageEnded> ended_;
    std::uint64_t next_sequence_;
    int timeouts_ = 0;     // in a row
    Time timeout_from_{};  // the probe timeout counts from here: the last transmission or ack
    Time last_used_{};
    std::array<Time, kPriorities> last_sent_{};  // by index_of()
};

}  // namespace chord::net
