#include "net/channel/backlog.hpp"

#include <algorithm>

namespace chord::net {

void Backlog::add(const Endpoint& to, std::uint64_t request, std::span<const std::uint8_t> plaintext, Time now) {
    if (bytes_ + plaintext.size() > kBytesMax) forget_old(now);
    std::vector<Waiting>& queue = waiting_[to];
    drop_old(queue, now);
    const auto known = std::ranges::find(queue, request, &Waiting::request);
    if (known != queue.end()) {
        bytes_ -= known->plaintext.size();
        queue.erase(known);
    }
    if (queue.size() < kPerAddressMax && bytes_ + plaintext.size() <= kBytesMax) {
        bytes_ += plaintext.size();
        queue.push_back(Waiting{request, {plaintext.begin(), plaintext.end()}, now});
    }
    if (queue.empty()) waiting_.erase(to);
}

std::vector<std::vector<std::uint8_t>> Backlog::take(const Endpoint& to, Time now) {
    std::vector<std::vector<std::uint8_t>> taken;
    const auto found = waiting_.find(to);
    if (found == waiting_.end()) return taken;
    for (Waiting& waiting : found->second) {
        bytes_ -= waiting.plaintext.size();
        if (now - waiting.since < kKeptFor) taken.push_back(std::move(waiting.plaintext));
    }
    waiting_.erase(found);
    return taken;
}

void Backlog::drop_old(std::vector<Waiting>& queue, Time now) {
    std::erase_if(queue, [&](const Waiting& waiting) {
        const bool old = now - waiting.since >= kKeptFor;
        if (old) bytes_ -= waiting.plaintext.size();
        return old;
    });
}

void Backlog::forget_old(Time now) {
    for (auto queue = waiting_.begin(); queue != waiting_.end();) {
        drop_old(queue->second, now);
        queue = queue->second.empty() ? waiting_.erase(queue) : std::next(queue);
    }
}

}  // namespace chord::net
