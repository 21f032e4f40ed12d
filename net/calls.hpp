// Calls: the requests of this node that wait for their answer. Sends them, sends them again, gives them up.
//
// A long request waits for the channel, then net/message carries it, and only then does the time for its answer begin.
// It is not sent again; what is repeated is the question what has become of it (Kind::again), since a short answer may
// get lost.
//
// Invariants
//  1. A call leaves the table once: by finish() or by expire().
//  2. Only a datagram with the id of a request is its answer. That it comes from who was asked, Rpc sees to.
//  3. At most RpcOptions::calls_max are outstanding.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "net/other_addresses.hpp"
#include "net/outbox.hpp"
#include "net/rpc.hpp"
#include "net/rtt.hpp"

namespace chord::net {

inline constexpr int kTriesMax = 8;
inline constexpr int kBackoffWorking = 2;
inline constexpr Duration kBackgroundPause = std::chrono::seconds(10);
inline constexpr Duration kComingPatience = std::chrono::minutes(5);

class Calls {
public:
    /// From this transmission on, counted from 0, other addresses of the node are tried, if any are known.
    static constexpr int kElsewhereFrom = 2;

    /// What is referred to must outlive the calls.
    Calls(const RpcOptions& options, Outbox& outbox, OtherAddresses& others, RpcCounters& counters);

    struct Manner {
        bool prompt;  // peers answer this kind of request as soon as they have read it, so its answer measures the path
        bool waits;   // for a handshake, and then it measures nothing
        Priority priority = Priority::foreground;
    };
    /// Sends the first transmission. False when the table is full; nothing is sent then. REQUIRES: a long body is meant
    /// for one node.
    bool start(CallId id, const Callee& to, std::vector<std::uint8_t> body, const Manner& manner, Time now);

    /// Who was asked, if a call waits for this response.
    std::optional<Callee> asked(const Envelope& response) const;

    /// The channel to `peer` has opened, which took `rtt` if that was measured: what waited for it leaves now, and its
    /// tries count from here, once.
    void reached(const Peer& peer, std::optional<Duration> rtt, Time now);

    /// Ends the call that `response` answers and measures the path, unless the response was long. REQUIRES:
    /// asked(response).
    CallId finish(const Envelope& response, const Endpoint& from, bool is_long, Time now);

    /// The peer has the request and needs more time, to work or to send its long answer: the count of tries begins
    /// anew, until the patience for that is used up. The pauses between them stay as long as they have become: only the
    /// answer can get lost any more. Which call it is. REQUIRES: asked(envelope).
    CallId extend(const Envelope& envelope, Time now);

    struct Ended {
        CallId id{};
        Error error = Error::timeout;
    };
    /// net/message is done with what it carried: the call it was for, if that ended with it.
    std::optional<Ended> on_sent(SendHandle handle, Status status, Time now);

    /// Deals with one transmission that has gone unanswered until now: sends again, or ends the call. `ended` names a
    /// call that it ends. False when nothing is due.
    bool expire_one(Time now, std::optional<Ended>& ended);

    /// The instant of the next expire_one(); kNever without calls.
    Time next_deadline() const;

    Duration repeats_after(const Endpoint& peer, Time now) const { return rtt_.timeout(peer, 0, now); }
    std::optional<Duration> rtt(const Endpoint& peer, Time now = {}) const { return rtt_.smoothed(peer, now); }

private:
    struct Call {
        CallId id{};
        Callee to = Endpoint{};
        std::vector<std::uint8_t> body;
        int transmissions = 0;  // since the peer was last heard to be working
        int attempts = 0;       // ever made; an answer may echo any of them
        int backoff = 0;        // transmissions in all: the pauses do not shrink again because the peer is working
        int backoff_max = 0;    // but then grow no further than to kBackoffWorking, so that its end is noticed
        bool prompt = false;
        bool waits = false;
        bool is_sent = false;  // a long body: the peer has it
        Priority priority = Priority::foreground;
        std::size_t long_bytes = 0;         // of a long body
        std::optional<SendHandle> sending;  // while net/message carries it
        std::optional<Error> failed;        // it could not be handed to net/message
        Time began;
        struct Sent {
            Time at;
            Endpoint to;
        };
        std::array<Sent, kTriesMax> sent{};  // when and where each transmission left
        Time deadline;
    };

    Endpoint address_of(const Callee& to, int attempt, Time now) const;
    void transmit(std::uint64_t request_id, Call& call, Time now);
    void send_long(std::uint64_t request_id, Call& call, const Endpoint& to, Time now);
    void set_deadline(std::uint64_t request_id, Call& call, Time deadline);
    void measure(const Call& call, std::uint8_t attempt, Time now);
    Duration patience_with(const Call& call, Kind kind) const;

    Outbox& outbox_;
    OtherAddresses& others_;
    RpcCounters& counters_;
    RttTable rtt_;
    int tries_;
    Duration work_patience_;
    std::size_t calls_max_;
    std::uint64_t next_request_id_;
    std::map<std::uint64_t, Call> calls_;                 // by request id
    std::set<std::pair<Time, std::uint64_t>> deadlines_;  // (deadline, request id) of every call that has one
    std::map<SendHandle, std::uint64_t> sending_;         // request ids
};

}  // namespace chord::net
