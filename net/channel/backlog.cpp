#include "net/channel/backlog.hpp"

#include <algorithm>

namespace chord::net {

void Backlog::add(const Callee& to, std::uint64_t request, std::span<const std::uint8_t> plaintext, Time now) {
    if (bytes_ + plaintext.size() > kBytesMax) forget_old(now);
    std::vector<Waiting>& queue = waiting_[to.address];
    drop_old(queue, now);
    const auto known = std::ranges::find(queue, request, &Waiting::request);
    if (known != queue.end()) {
        bytes_ -= known->plaintext.size();
        queue.erase(known);
    }
    if (queue.size() < kPerAddressMax && bytes_ + plaintext.size() <= kBytesMax) {
        bytes_ += plaintext.size();
        queue.push_back(Waiting{request, to.id, {plaintext.begin(), plaintext.end()}, now});
    }
    if (queue.empty()) waiting_.erase(to.address);
}

std::vector<std::vector<std::uint8_t>> Backlog::take(const Peer& peer, bool or_anybody, Time now) {
    std::vector<std::vector<std::uint8_t>> taken;
    const auto found = waiting_.find(peer.address);
    if (found == waiting_.end()) return taken;
    drop_old(found->second, now);
    std::erase_if(found->second, [&](Waiting& waiting) {
        const bool meant = waiting.expected ? *waiting.expected == peer.id : or_anybody;
        if (!meant) return false;
        bytes_ -= waiting.plaintext.size();
        taken.push_back(std::move(waiting.plaintext));
        return true;
    });
    if (found->second.empty()) waiting_.erase(found);
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
