// Outgoing: one message that is being sent, as fragments: which are there, which are lost, which is next. It knows
// neither time nor frames' sequences but for one number that says when it learnt something.
//
// Invariants
//  1. A fragment that the peer has is never next(), unless the peer turns out to have forgotten it.
//  2. is_complete() only when the peer has said in one ack that it has all fragments.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "net/message/frame.hpp"

namespace chord::net {

class Outgoing {
public:
    /// What an ack changed.
    enum class Learnt : std::uint8_t {
        nothing,
        progress,   // the peer has more than was known
        forgotten,  // the peer has less: it gave the message up meanwhile, and what it lacks is to be sent again
        nonsense,   // it says that it has what was never sent: not to be believed
    };

    /// REQUIRES: kFragmentPayloadMin <= payload_bytes <= kFragmentPayloadMax, and at most 65535 fragments; not empty.
    Outgoing(std::vector<std::uint8_t> bytes, std::size_t payload_bytes);

    std::uint16_t count() const { return static_cast<std::uint16_t>(states_.size()); }
    std::size_t payload_bytes() const { return payload_bytes_; }  // of all fragments but the last
    std::size_t bytes() const { return bytes_.size(); }
    std::span<const std::uint8_t> payload(std::uint16_t index) const;

    /// The fragment to be sent next: the first that is lost, else the first never sent; nullopt when all are under way.
    std::optional<std::uint16_t> next() const;

    /// What to send when a long silence must be broken: the first that the peer is not known to have, else the last.
    std::uint16_t probe() const;

    /// The fragment has left. True when not for the first time.
    bool sent(std::uint16_t index);

    /// A transmission of it was lost. Nothing if the peer has it.
    void lost(std::uint16_t index);

    /// Takes an ack in. `sequence`: of the transmission that the ack answers; `next_sequence`: what the next
    /// transmission to this peer will have.
    Learnt apply(const AckFrame& ack, std::uint64_t sequence, std::uint64_t next_sequence);

    bool is_there(std::uint16_t index) const { return states_[index] == State::there; }
    bool is_complete() const { return complete_; }

    /// Nothing has been sent yet: as when the peer refused it.
    void restart();

    /// The message itself, to be cut anew. Nothing else may be called afterwards.
    std::vector<std::uint8_t> release() { return std::move(bytes_); }

private:
    enum class State : std::uint8_t { unsent, under_way, lost, there };

    bool is_nonsense(const AckFrame& ack) const;

    std::vector<std::uint8_t> bytes_;
    std::size_t payload_bytes_;
    std::vector<State> states_;
    std::set<std::uint16_t> lost_;
    std::uint16_t unsent_ = 0;           // this one and all after it
    std::size_t there_ = 0;              // how many
    std::uint64_t learnt_sequence_ = 0;  // what was sent from here on was sent when all that is `there` was known
    bool complete_ = false;
};

}  // namespace chord::net
