// KeyOrder: which keys the commands in flight of one connection touch, so that a pipelined "SET k 1, GET k" sees the 1.
//
// Operations on different keys run at the same time; operations on one key of one connection run in the order sent when
// either of them writes. Keys are compared by hash: a collision only costs a wait.
#pragma once

#include <cstdint>
#include <vector>

#include "node/api/reply_queue.hpp"
#include "node/core/base/bytes.hpp"

namespace chord::api {

class KeyOrder {
public:
    /// True when an operation on `key` has to wait for one in flight.
    bool must_wait(BytesView key, bool write) const;

    void add(ReplyQueue::Slot slot, BytesView key, bool write);

    /// The slot's operations are over.
    void remove(ReplyQueue::Slot slot);

    /// Operations in flight.
    std::size_t size() const { return uses_.size(); }

private:
    struct Use {
        std::size_t hash = 0;
        ReplyQueue::Slot slot = 0;
        bool write = false;
    };
    std::vector<Use> uses_;
};

}  // namespace chord::api
