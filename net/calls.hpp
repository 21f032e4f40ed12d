// Calls: the requests of this node that wait for their answer. Sends them, sends them again, gives them up.
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

class Calls {
public:
    /// From this transmission on, counted from 0, other addresses of the node are tried, if any are known.
    static constexpr int kElsewhereFrom = 2;

    /// What is referred to must outlive the calls.
    Calls(const RpcOptions& options, Outbox& outbox, OtherAddresses& others, RpcCounters& counters);

    struct Manner {
        bool prompt;  // peers answer this kind of request as soon as they have read it, so its answer measures the path
        bool waits;   // for a handshake, and then it measures nothing
    };
    /// Sends the first transmission. False when the table is full; nothing is sent then.
    bool start(CallId id, const Callee& to, std::vector<std::uint8_t> body, const Manner& manner, Time now);

    /// Who was asked, if a call waits for this response.
    std::optional<Callee> asked(const Envelope& response) const;

    /// The channel to `peer` has opened, which took `rtt` if that was measured: what waited for it leaves now, and its
    /// tries count from here, once.
    void reached(const Peer& peer, std::optional<Duration> rtt, Time now);

    /// Ends the call that `response` answers and measures the path. REQUIRES: asked(response).
    CallId finish(const Envelope& response, Time now);

    /// The peer has the request and needs more time: the count of tries begins anew, until work_patience is used up.
    /// The pauses between them stay as long as they have become: only the answer can get lost any more.
    /// REQUIRES: asked(working).
    void extend(const Envelope& working, Time now);

    /// Deals with one transmission that has gone unanswered until now: sends again, or ends the call. `ended` names a
    /// call whose last transmission it was. False when nothing is due.
    bool expire_one(Time now, std::optional<CallId>& ended);

    /// The instant of the next expire_one(); kNever without calls.
    Time next_deadline() const;

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

    Outbox& outbox_;
    OtherAddresses& others_;
    RpcCounters& counters_;
    RttTable rtt_;
    int tries_;
    Duration work_patience_;
    std::size_t calls_max_;
    std::uint64_t next_request_id_;
    std::map<std::uint64_t, Call> calls_;                 // by request id
    std::set<std::pair<Time, std::uint64_t>> deadlines_;  // (deadline, request id) of every call
};

}  // namespace chord::net
