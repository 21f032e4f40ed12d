#include "net/message/reassembly.hpp"

#include <algorithm>

#include "node/core/base/check.hpp"

namespace chord::net {

Reassembly::Reassembly(const ReassemblyOptions& options) : options_(options) {
    CHORD_CHECK(options.message_bytes_max > 0 && options.message_bytes_max <= kMessageBytesMax);
    CHORD_CHECK(options.peer_bytes_max >= options.message_bytes_max);
    CHORD_CHECK(options.node_bytes_max >= options.peer_bytes_max);
    CHORD_CHECK(options.messages_max > 0 && options.completed_max > 0);
}

auto Reassembly::take(const Peer& from, const FragmentFrame& fragment, Time now) -> Taken {
    const Key key{from, fragment.message};
    if (const auto done = completed_.find(key); done != completed_.end()) {
        return {done->second == fragment.count ? Outcome::duplicate : Outcome::contradiction, {}};
    }
    auto found = partial_.find(key);
    if (found == partial_.end()) {
        if (const auto refused = begin(key, fragment)) return {*refused, {}};
        found = partial_.find(key);
    }
    Partial& partial = found->second;
    if (contradicts(partial, fragment)) return {Outcome::contradiction, {}};
    partial.idle_at = now + options_.idle_timeout;
    const auto [place, is_new] = partial.fragments.try_emplace(fragment.index);
    if (!is_new) return {Outcome::duplicate, {}};
    place->second.assign(fragment.payload.begin(), fragment.payload.end());
    partial.held += fragment.payload.size();
    held_ += fragment.payload.size();
    if (fragment.index + 1 != fragment.count) partial.fragment_bytes = fragment.payload.size();
    if (is_too_big(partial)) {
        drop(found);
        return {Outcome::too_big, {}};
    }
    while (partial.fragments.contains(partial.first_missing)) ++partial.first_missing;
    if (partial.first_missing < partial.count) return {Outcome::progress, {}};
    return {Outcome::completed, finish(found, now)};
}

/// Makes room for a message whose first fragment is here, or says why not.
auto Reassembly::begin(const Key& key, const FragmentFrame& fragment) -> std::optional<Outcome> {
    // Even with the shortest fragments allowed; this alone refuses most of the counts up to 65535.
    const std::size_t least = std::size_t{fragment.count - 1U} * kFragmentPayloadMin + 1;
    if (least > options_.message_bytes_max) return Outcome::too_big;
    // All but the last are as long as this one; if this is the last, they may be as long as any.
    const bool is_last = fragment.index + 1 == fragment.count;
    const std::size_t length = is_last && fragment.count > 1 ? kFragmentPayloadMax : fragment.payload.size();
    const std::size_t most = std::min(fragment.count * length, options_.message_bytes_max);
    const auto usage = usage_.find(key.first.id);
    const Usage used = usage == usage_.end() ? Usage{} : usage->second;
    if (partial_.size() >= options_.messages_max || used.messages >= kMessagesPerPeer ||
        used.promised + most > options_.peer_bytes_max || promised_ + most > options_.node_bytes_max) {
        return Outcome::no_room;
    }
    Partial& partial = partial_[key];
    partial.count = fragment.count;
    partial.promised = most;
    promised_ += most;
    Usage& charged = usage_[key.first.id];
    ++charged.messages;
    charged.promised += most;
    return std::nullopt;
}

bool Reassembly::contradicts(const Partial& partial, const FragmentFrame& fragment) {
    if (fragment.count != partial.count) return true;
    const std::size_t size = fragment.payload.size();
    if (fragment.index + 1 != fragment.count) {
        if (partial.fragment_bytes != 0) return size != partial.fragment_bytes;
        const auto last = partial.fragments.find(static_cast<std::uint16_t>(partial.count - 1));
        return last != partial.fragments.end() && last->second.size() > size;
    }
    return partial.fragment_bytes != 0 && size > partial.fragment_bytes;
}

/// By what is known so far: the last fragment counts as one byte while it is not there.
bool Reassembly::is_too_big(const Partial& partial) const {
    const auto last = partial.fragments.find(static_cast<std::uint16_t>(partial.count - 1));
    const std::size_t last_bytes = last == partial.fragments.end() ? 1 : last->second.size();
    return std::size_t{partial.count - 1U} * partial.fragment_bytes + last_bytes > options_.message_bytes_max;
}

std::vector<std::uint8_t> Reassembly::finish(Partials::iterator found, Time now) {
    const Key key = found->first;
    const std::uint16_t count = found->second.count;
    std::vector<std::uint8_t> message;
    message.reserve(found->second.held);
    for (const auto& [index, payload] : found->second.fragments) {
        message.insert(message.end(), payload.begin(), payload.end());
    }
    drop(found);
    if (completed_.size() >= options_.completed_max) {
        completed_.erase(completed_age_.front().second);
        completed_age_.pop_front();
    }
    completed_.emplace(key, count);
    completed_age_.emplace_back(now + options_.completed_for, key);
    return message;
}

auto Reassembly::drop(Partials::iterator found) -> Partials::iterator {
    const Partial& partial = found->second;
    const auto usage = usage_.find(found->first.first.id);
    CHORD_CHECK(usage != usage_.end() && usage->second.messages > 0 && promised_ >= partial.promised);
    promised_ -= partial.promised;
    held_ -= partial.held;
    usage->second.promised -= partial.promised;
    if (--usage->second.messages == 0) usage_.erase(usage);
    return partial_.erase(found);
}

std::optional<AckFrame> Reassembly::state_of(const Peer& from, MessageId message) const {
    AckFrame ack;
    ack.message = message;
    const Key key{from, message};
    if (const auto done = completed_.find(key); done != completed_.end()) {
        ack.received = ack.first_missing = done->second;
        return ack;
    }
    const auto found = partial_.find(key);
    if (found == partial_.end()) return std::nullopt;
    const Partial& partial = found->second;
    ack.received = static_cast<std::uint16_t>(partial.fragments.size());
    ack.first_missing = partial.first_missing;
    for (auto there = partial.fragments.upper_bound(partial.first_missing); there != partial.fragments.end(); ++there) {
        const std::size_t bit = there->first - partial.first_missing - std::size_t{1};
        if (bit / 8 >= kAckBitmapBytesMax) break;
        ack.bitmap.resize(bit / 8 + 1);
        ack.bitmap[bit / 8] = static_cast<std::uint8_t>(ack.bitmap[bit / 8] | 1U << bit % 8);
    }
    return ack;
}

void Reassembly::cancel(const Peer& from, MessageId message) {
    if (const auto found = partial_.find({from, message}); found != partial_.end()) drop(found);
}

void Reassembly::forget(const Id& node) {
    auto found = partial_.lower_bound({Peer{node, {}}, MessageId{0}});
    while (found != partial_.end() && found->first.first.id == node) found = drop(found);
}

std::size_t Reassembly::expire(Time now) {
    std::size_t dropped = 0;
    for (auto found = partial_.begin(); found != partial_.end();) {
        const bool is_idle = found->second.idle_at <= now;
        dropped += is_idle ? 1 : 0;
        found = is_idle ? drop(found) : std::next(found);
    }
    while (!completed_age_.empty() && completed_age_.front().first <= now) {
        completed_.erase(completed_age_.front().second);
        completed_age_.pop_front();
    }
    return dropped;
}

Time Reassembly::next_deadline() const {
    Time next = completed_age_.empty() ? kNever : completed_age_.front().first;
    for (const auto& [key, partial] : partial_) next = std::min(next, partial.idle_at);
    return next;
}

}  // namespace chord::net
