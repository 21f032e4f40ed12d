#include "node/api/reply_queue.hpp"

#include <utility>

#include "node/core/base/check.hpp"

namespace chord::api {

ReplyQueue::Slot ReplyQueue::open(Protocol protocol) {
    entries_.push_back({{}, protocol, false});
    return first_ + entries_.size() - 1;
}

bool ReplyQueue::is_open(Slot slot) const {
    return slot >= first_ && slot - first_ < entries_.size() && !entries_[slot - first_].closed;
}

RespWriter ReplyQueue::writer(Slot slot) {
    CHORD_CHECK(is_open(slot));
    Entry& entry = entries_[slot - first_];
    return {slot == first_ ? output_ : entry.reply, entry.protocol};
}

RespWriter ReplyQueue::writer(Slot slot, Protocol protocol) {
    CHORD_CHECK(is_open(slot));
    entries_[slot - first_].protocol = protocol;
    return writer(slot);
}

void ReplyQueue::close(Slot slot) {
    CHORD_CHECK(is_open(slot));
    Entry& closing = entries_[slot - first_];
    closing.closed = true;
    held_ += closing.reply.size();
    while (!entries_.empty() && entries_.front().closed) {
        held_ -= entries_.front().reply.size();
        output_ += entries_.front().reply;
        entries_.pop_front();
        ++first_;
    }
}

std::string ReplyQueue::take_output() {
    return std::exchange(output_, {});
}

void ReplyQueue::abandon() {
    first_ += entries_.size();
    entries_.clear();
    output_.clear();
    held_ = 0;
}

}  // namespace chord::api
