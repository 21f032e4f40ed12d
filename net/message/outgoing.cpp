#include "net/message/outgoing.hpp"

#include <algorithm>
#include <limits>

#include "node/core/base/check.hpp"

namespace chord::net {

Outgoing::Outgoing(std::vector<std::uint8_t> bytes, std::size_t payload_bytes)
    : bytes_(std::move(bytes)), payload_bytes_(payload_bytes) {
    CHORD_CHECK(payload_bytes >= kFragmentPayloadMin && payload_bytes <= kFragmentPayloadMax && !bytes_.empty());
    const std::size_t count = (bytes_.size() + payload_bytes - 1) / payload_bytes;
    CHORD_CHECK(count <= std::numeric_limits<std::uint16_t>::max());
    states_.resize(count, State::unsent);
}

std::span<const std::uint8_t> Outgoing::payload(std::uint16_t index) const {
    const std::size_t from = index * payload_bytes_;
    return std::span(bytes_).subspan(from, std::min(payload_bytes_, bytes_.size() - from));
}

std::optional<std::uint16_t> Outgoing::next() const {
    if (!lost_.empty()) return *lost_.begin();
    if (unsent_ < count()) return unsent_;
    return std::nullopt;
}

std::uint16_t Outgoing::probe() const {
    const auto found = std::find_if(states_.begin(), states_.end(), [](State state) { return state != State::there; });
    return found == states_.end() ? static_cast<std::uint16_t>(count() - 1)
                                  : static_cast<std::uint16_t>(found - states_.begin());
}

bool Outgoing::sent(std::uint16_t index) {
    CHORD_CHECK(index <= unsent_ && index < count());
    lost_.erase(index);
    if (states_[index] != State::there) states_[index] = State::under_way;
    if (index != unsent_) return true;
    ++unsent_;
    return false;
}

void Outgoing::lost(std::uint16_t index) {
    if (states_[index] != State::under_way) return;
    states_[index] = State::lost;
    lost_.insert(index);
}

bool Outgoing::is_nonsense(const AckFrame& ack) const {
    if (ack.first_missing > count() || ack.received > count()) return true;
    std::size_t end = ack.first_missing;  // one past the last fragment that it claims
    if (!ack.bitmap.empty()) {
        int top = 7;
        while ((ack.bitmap.back() >> top & 1) == 0) --top;
        end = ack.first_missing + 1U + 8 * (ack.bitmap.size() - 1) + static_cast<std::size_t>(top) + 1;
    }
    return end > unsent_;
}

auto Outgoing::apply(const AckFrame& ack, std::uint64_t sequence, std::uint64_t next_sequence) -> Learnt {
    if (is_nonsense(ack)) return Learnt::nonsense;
    std::size_t more = 0;
    for (std::uint16_t index = 0; index < unsent_; ++index) {
        if (states_[index] == State::there || !ack.has(index)) continue;
        states_[index] = State::there;
        lost_.erase(index);
        ++more;
    }
    there_ += more;
    if (ack.first_missing == count()) {
        complete_ = true;
        return more > 0 ? Learnt::progress : Learnt::nothing;
    }
    // What it answers left when everything learnt before was known already, so the peer must have had all that at
    // least: no reordering explains that it has less.
    if (sequence >= learnt_sequence_ && ack.received < there_) {
        for (std::uint16_t index = 0; index < unsent_; ++index) {
            if (states_[index] != State::there || ack.has(index)) continue;
            states_[index] = State::lost;
            lost_.insert(index);
            --there_;
        }
        learnt_sequence_ = next_sequence;
        return Learnt::forgotten;
    }
    if (more == 0) return Learnt::nothing;
    learnt_sequence_ = next_sequence;
    return Learnt::progress;
}

void Outgoing::restart() {
    std::fill(states_.begin(), states_.end(), State::unsent);
    lost_.clear();
    unsent_ = 0;
    there_ = 0;
}

}  // namespace chord::net
