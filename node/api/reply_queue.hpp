// ReplyQueue: replies leave in the order of their commands, although the commands end in any order.
//
// Invariants
//  1. A slot's reply is written once; writing to a slot that is closed changes nothing.
//  2. Nothing of a slot leaves before every slot opened earlier is closed.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "node/api/resp_writer.hpp"

namespace chord::api {

class ReplyQueue {
public:
    using Slot = std::uint64_t;

    /// Takes the next place in the order of replies, to be written in `protocol`.
    Slot open(Protocol protocol);

    bool is_open(Slot slot) const;

    /// Where the slot's reply goes; use it at once. REQUIRES: the slot is open.
    RespWriter writer(Slot slot);

    /// The same, after the slot's reply turned out to need another protocol (HELLO).
    RespWriter writer(Slot slot, Protocol protocol);

    /// Where what belongs to no command goes, between two replies. REQUIRES: no reply is half written.
    RespWriter pusher(Protocol protocol) { return {output_, protocol}; }

    /// The slot's reply is complete.
    void close(Slot slot);

    std::size_t waiting() const { return entries_.size(); }

    /// Bytes that wait, in the output and behind slots still open.
    std::size_t bytes() const { return output_.size() + held_; }
    std::size_t output_bytes() const { return output_.size(); }

    /// What may leave now.
    std::string take_output();

    /// Closes every slot and drops every byte.
    void abandon();

private:
    struct Entry {
        std::string reply;
        Protocol protocol = Protocol::resp2;
        bool closed = false;
    };

    std::deque<Entry> entries_;
    Slot first_ = 0;  // the slot of entries_.front(), whose reply goes straight into output_
    std::string output_;
    std::size_t held_ = 0;  // bytes of closed entries behind the first
};

}  // namespace chord::api
