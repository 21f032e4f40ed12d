// Reassembly: puts the fragments of messages together, for all peers of a node.
//
// It is not the receiver of frames (receiver.hpp), which answers them: it says what a fragment changed and what there
// is of a message.
//
// Room is promised by what a header claims and taken by what arrives: a message is begun only if all of it, as its
// count says, still fits below the bounds, so that messages once begun never starve each other; but memory is allocated
// for payloads that are there, never for a claim. Whoever claims much and sends little uses up its own peer_bytes_max,
// no memory, and after idle_timeout not even that.
//
// Invariants
//  1. Payload held <= what is promised <= node_bytes_max, and <= peer_bytes_max for each peer.
//  2. Beside its payload a message costs at most 300 bytes, a fragment 96; a fragment that is not the last has at least
//     1024 bytes. While a completed message is joined it stands in memory twice.
//  3. The first fragment with an index counts; another with the same index changes nothing, whatever is in it.
//  4. All fragments of a message but the last are equally long, and the last is not longer. What contradicts what is
//     there already is dropped.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "net/message/frame.hpp"
#include "net/message/message.hpp"

namespace chord::net {

class Reassembly {
public:
    enum class Outcome : std::uint8_t {
        progress,
        duplicate,      // of an incomplete or a completed message
        completed,      // and here it is
        contradiction,  // to be dropped without an answer
        too_big,        // over message_bytes_max
        no_room,        // at the moment
    };

    struct Taken {
        Outcome outcome = Outcome::progress;
        std::vector<std::uint8_t> message;  // when completed
    };

    /// REQUIRES: 0 < message_bytes_max <= kMessageBytesMax, peer_bytes_max and node_bytes_max at least that.
    explicit Reassembly(const ReassemblyOptions& options);

    /// Any fragment that decode_frame() lets through.
    Taken take(const Peer& from, const FragmentFrame& fragment, Time now);

    /// What there is of the message, for an ack: all fields but the sequence; nullopt when it is not known.
    std::optional<AckFrame> state_of(const Peer& from, MessageId message) const;

    /// The sender has given the message up, or the peer has gone; unknown ones are no error.
    void cancel(const Peer& from, MessageId message);
    void forget(const Id& node);

    /// Drops what is idle, and completed messages whose time is over. Returns how many incomplete ones went.
    std::size_t expire(Time now);

    /// When expire() has something to do; kNever when there is nothing.
    Time next_deadline() const;

    std::size_t messages() const { return partial_.size(); }
    std::size_t promised_bytes() const { return promised_; }
    std::size_t held_bytes() const { return held_; }

private:
    using Key = std::pair<Peer, MessageId>;

    struct Partial {
        std::uint16_t count = 0;
        std::uint16_t first_missing = 0;
        std::size_t promised = 0;
        std::size_t held = 0;
        std::size_t fragment_bytes = 0;  // of all but the last; 0 while none of them is there
        Time idle_at;
        std::map<std::uint16_t, std::vector<std::uint8_t>> fragments;
    };
    struct Usage {
        std::size_t messages = 0;
        std::size_t promised = 0;
    };
    using Partials = std::map<Key, Partial>;

    std::optional<Outcome> begin(const Key& key, const FragmentFrame& fragment);
    bool is_too_big(const Partial& partial) const;
    static bool contradicts(const Partial& partial, const FragmentFrame& fragment);
    std::vector<std::uint8_t> finish(Partials::iterator found, Time now);
    Partials::iterator drop(Partials::iterator found);

    ReassemblyOptions options_;
    Partials partial_;
    std::map<Id, Usage> usage_;  // of each node, wherever it speaks from
    std::size_t promised_ = 0;
    std::size_t held_ = 0;
    std::map<Key, std::uint16_t> completed_;          // the count of each
    std::deque<std::pair<Time, Key>> completed_age_;  // until when it is remembered; oldest first
};

}  // namespace chord::net
