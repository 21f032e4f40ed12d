// Served: the requests of others that this node works on or has answered, so that none is carried out twice.
//
// Long answers are not kept, as they are with net/message: while one is on its way repetitions are told so (kind
// coming). Once the asker has all of it they are late strays and swallowed; if it did not get there, new requests.
//
// A request is known by who sent it and its id, from wherever it comes. While its answer is being made, repetitions are
// told so (kind working), so that a slow disk is not taken for a dead node. Afterwards they get the same body again
// (not the same datagram: the echoed attempt differs, and sessions never seal twice alike). Bodies are kept in a
// bounded amount of memory; when it is used up the oldest goes, and then
//   - a repetition of a Write is swallowed: carrying it out twice is worse than a timeout;
//   - a repetition of anything else is a new request: to carry that out twice does no harm.
//
// Invariants
//  1. At most RpcOptions::served_max requests and served_bytes_max bytes of bodies are remembered, none for longer than
//     served_for after it came (unanswered) or was answered. Ages are looked at when a request comes.
//  2. A request that is being worked on is forgotten for its age only, never for lack of room.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "net/envelope.hpp"
#include "net/rpc.hpp"

namespace chord::net {

class Served {
public:
    /// An answer and where it goes.
    struct Answered {
        Asker asker;
        Endpoint from;  // the own address at which the request came
        std::uint64_t request_id = 0;
        std::uint8_t attempt = 0;
        const std::vector<std::uint8_t>* body = nullptr;  // valid until the next non-const call
    };

    /// A long answer: to whom, and how urgent.
    struct Beginning {
        Answered answered;  // without a body
        Id sender;
        bool background = false;
    };

    enum class State : std::uint8_t { unknown, in_progress, coming, answered };

    struct Lookup {
        State state = State::unknown;
        /// The answer, when answered and still kept; valid until the next non-const call.
        const std::vector<std::uint8_t>* body = nullptr;
    };

    explicit Served(const RpcOptions& options);

    /// What is known of this request. Forgets what is too old.
    Lookup find(const Envelope& request, Time now);

    /// Remembers a request that find() does not know. `repeatable`: to carry it out twice does no harm. nullopt when
    /// the table is full of requests in progress. `at`: the own address at which it came.
    std::optional<ReplyToken> admit(const Asker& asker, const Envelope& request, bool repeatable, Time now,
                                    const Endpoint& at = {});

    /// Whom the answer is for; nullopt when there is none to give any more.
    std::optional<Asker> asker(ReplyToken token) const;

    /// Remembers the answer. nullopt when the token was used already or its request has been forgotten.
    /// REQUIRES: body is not empty and not longer than kBodyBytesMax.
    std::optional<Answered> answer(ReplyToken token, std::vector<std::uint8_t> body, Time now);

    /// The answer is long, and on its way until end_long(). nullopt as above.
    std::optional<Beginning> begin_long(ReplyToken token);
    /// Whether the asker has it. REQUIRES: begin_long(token), once.
    void end_long(ReplyToken token, bool delivered, Time now);

    std::size_t size() const { return requests_.size(); }
    std::size_t bytes() const { return bytes_; }

private:
    /// Not the address: a captured datagram that somebody sends again from elsewhere is a repetition all the same.
    using Key = std::pair<std::uint64_t, Id>;  // request id first: it differs soonest

    struct Entry {
        std::uint8_t attempt = 0;
        bool repeatable = false;
        bool background = false;
        State state = State::in_progress;
        Asker asker;
        Endpoint at;
        Time since;  // arrival, later answer
        std::vector<std::uint8_t> body;
    };

    using Position = std::map<Key, Entry>::iterator;

    static Key key_of(const Envelope& request) { return {request.request_id, request.sender}; }
    void forget_old(Time now);
    void drop_oldest_body();

    std::size_t served_max_;
    std::size_t bytes_max_;
    Duration served_for_;
    std::map<Key, Entry> requests_;
    // Every request stands in exactly one of these, oldest first.
    std::map<ReplyToken, Position> in_progress_;
    std::map<ReplyToken, Position> coming_;
    std::deque<Position> bodiless_;  // answered, and repetitions are swallowed: by a long answer, or a dropped one
    std::deque<Position> answered_;  // with their bodies
    std::size_t bytes_ = 0;          // of all bodies
    std::uint64_t next_token_ = 1;
};

}  // namespace chord::net
