// SendQueue: messages that wait for their turn, first come first served within a priority.
//
// Invariants
//  1. At most `messages_max` wait; a foreground message that finds it full takes the place of nobody.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "net/message/message.hpp"

namespace chord::net {

struct WaitingMessage {
    SendHandle handle{};
    Peer to;
    std::vector<std::uint8_t> bytes;
    std::optional<Duration> rtt{};  // as far as the sender knows it
};

class SendQueue {
public:
    explicit SendQueue(std::size_t messages_max) : messages_max_(messages_max) {}

    bool is_full() const { return size() >= messages_max_; }
    std::size_t size() const { return queues_[0].size() + queues_[1].size(); }

    /// REQUIRES: !is_full().
    void push(Priority priority, WaitingMessage message) { queue_of(priority).push_back(std::move(message)); }

    /// Takes out the first of this priority for which `may_start(message)`; nullopt when there is none.
    template <typename MayStart>
    std::optional<WaitingMessage> take(Priority priority, MayStart may_start) {
        auto& queue = queue_of(priority);
        for (auto each = queue.begin(); each != queue.end(); ++each) {
            if (!may_start(std::as_const(*each))) continue;
            WaitingMessage taken = std::move(*each);
            queue.erase(each);
            return taken;
        }
        return std::nullopt;
    }

private:
    std::deque<WaitingMessage>& queue_of(Priority priority) { return queues_[static_cast<std::size_t>(priority)]; }

    std::size_t messages_max_;
    std::array<std::deque<WaitingMessage>, kPriorities> queues_;
};

}  // namespace chord::net
