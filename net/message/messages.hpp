// Messages: reliable messages of up to 1 MiB over an authenticated, replay-protected datagram channel that loses,
// doubles and reorders. Sans-I/O: plaintexts and time in, plaintexts and events out.
//
// It is not for what fits into one datagram: that goes as it is, and Rpc's timers repeat it. It does not encrypt, does
// not keep an order between messages, and says only that the peer has a message, never that it was carried out.
//
//     send() ─ queue ─ Path (one a peer: windows, losses, timeouts, path MTU) ─┐
//                                                                        take_frames()
//     receive() ─ Receiver (reassembly, acks) ─────────────────────────────────┘
//        └─ acks to their Path                        take_events(): delivered, ended
//
// A driver's turn: any number of receive(), send(), tick(); then take_frames() and take_events(); then sleep until
// next_deadline() or the next datagram.
//
// Invariants
//  1. Each handle that send() returned ends in exactly one MessageEnded.
//  2. Memory: queued_bytes_max for what is sent, what reassembly.hpp says for what comes, in_flight_bytes_max /
//     datagram transmissions of 48 bytes, a Path of about 800 bytes for each of peers_max peers.
//  3. Peers that do not answer hold up nobody else: after two timeouts their messages and bytes count no more, and as
//     many others may begin, up to twice in_flight_messages_max in all.
//     A node counts once, from however many addresses it speaks: no more than kMessagesPerPeer are under way to it, and
//     it has no more than half of the queue.
//  4. Nothing is kept, or answered, for a peer that sends rubbish. That it is a peer at all, the channel has proved.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "net/message/message.hpp"
#include "net/message/node_budget.hpp"
#include "net/message/path.hpp"
#include "net/message/receiver.hpp"
#include "net/message/send_queue.hpp"

namespace chord::net {

class Messages {
public:
    /// REQUIRES: the ranges that MessageOptions and ReassemblyOptions state.
    explicit Messages(const MessageOptions& options);
    Messages(const Messages&) = delete;
    Messages& operator=(const Messages&) = delete;

    /// Takes a message on its way. Errors: bad_message for none at all, too_big over the limit, overloaded when too
    /// many messages or bytes wait. Every `now` is at least as great as all before it.
    /// `rtt`: of the path, if it was measured elsewhere.
    Result<SendHandle> send(const Peer& to, std::vector<std::uint8_t> bytes, Priority priority, Time now,
                            std::optional<Duration> rtt = {});

    /// A plaintext from the channel for which is_message_frame() holds, or any other bytes. Errors: bad_message, and
    /// nothing is changed but a counter.
    Status receive(const Peer& from, std::span<const std::uint8_t> plaintext, Time now);

    /// Deals with what is due: losses, timeouts, idle reassembly.
    void tick(Time now);

    /// When tick() and take_frames() are due again; a time that is over when at once; kNever when nothing waits.
    Time next_deadline() const;

    /// What should leave at the time last given, in order: answers, then foreground, then background.
    std::vector<OutgoingFrame> take_frames();

    /// What happened since the last call, in order.
    std::vector<MessageEvent> take_events();
    bool has_events() const { return !events_.empty(); }

    /// Nobody wants the message to arrive any more: it ends with `error`. Nothing when it has ended already.
    void cancel(SendHandle handle, Error error);

    /// The node has gone, or is revoked: the messages to it end with `error`, what came of its own is dropped, and its
    /// paths are forgotten, wherever it was.
    void forget(const Id& node, Error error);

    /// The bytes of the largest message that fits into one frame to this peer, were it sent without all this.
    /// (Rpc chooses by it; the base size for peers without a path.)
    std::size_t plaintext_bytes(const Peer& peer) const;

    std::size_t message_bytes_max() const { return options_.reassembly.message_bytes_max; }
    const MessageCounters& counters() const { return counters_; }
    const Reassembly& reassembly() const { return receiver_.reassembly(); }

    /// The path to a peer, for tests and status; nullptr when there is none.
    const Path* path(const Peer& peer) const;
    std::size_t in_flight_bytes() const { return budget_.in_flight(); }
    std::size_t active_messages() const { return active_[0] + active_[1]; }
    std::size_t waiting_messages() const { return queue_.size(); }
    std::size_t waiting_bytes() const { return waiting_bytes_; }

private:
    struct Sending {
        Peer to;
        Priority priority = Priority::foreground;
        std::size_t bytes = 0;
        bool active = false;
    };

    /// Of what has not ended, by the node that it is for.
    struct Share {
        std::size_t messages = 0;
        std::size_t bytes = 0;
    };

    void set_time(Time now);
    Path& path_to(const Peer& peer);
    Path* find_path(const Peer& peer);
    bool may_start(Priority priority, const WaitingMessage& message) const;
    std::size_t in_flight_max() const;
    void start_waiting();
    void collect(Path& path);
    void finish(const MessageEnded& ended);
    void poll(Priority priority);

    MessageOptions options_;
    MessageCounters counters_;
    NodeBudget budget_;
    Receiver receiver_;
    SendQueue queue_;
    Time now_{};
    std::uint32_t next_message_id_;
    std::uint64_t next_handle_ = 1;
    std::vector<OutgoingFrame> frames_;
    std::vector<MessageEvent> events_;
    std::map<Peer, std::unique_ptr<Path>> paths_;
    std::set<Peer> live_;  // paths for which time may bring something about
    std::map<Id, Share> shares_;
    std::map<SendHandle, Sending> sending_;  // every message that has not ended
    std::array<std::size_t, kPriorities> active_{};
    std::size_t waiting_bytes_ = 0;  // of all in sending_
    bool may_start_ = false;         // a message came or ended since the queue was last looked through
    std::uint64_t turn_ = 0;
};

}  // namespace chord::net
