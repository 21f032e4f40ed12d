#include "net/message/sent_log.hpp"

#include <algorithm>

#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

constexpr int kPersistentThreshold = 3;  // probe timeouts, section 7.6.1

}  // namespace

void SentLog::add(const Transmission& transmission) {
    CHORD_CHECK(transmissions_.empty() || transmissions_.back().sequence < transmission.sequence);
    transmissions_.push_back(transmission);
    in_flight_[static_cast<std::size_t>(transmission.priority)] += transmission.bytes;
}

void SentLog::supersede(SendHandle message, std::uint16_t index) {
    for (Transmission& each : transmissions_) {
        if (each.message == message && each.index == index) each.superseded = true;
    }
}

std::size_t SentLog::discharge() {
    std::size_t bytes = 0;
    for (Transmission& each : transmissions_) bytes += std::exchange(each.charged, false) ? each.bytes : 0;
    return bytes;
}

void SentLog::note_acked(std::uint64_t sequence) {
    largest_acked_ = std::max(largest_acked_.value_or(0), sequence);
}

/// Section 6.1.2: 9/8 of the greater of the smoothed and the latest round-trip time.
Duration SentLog::loss_delay(const RttEstimator& rtt, Duration latest) {
    return std::max(std::max(rtt.smoothed(), latest) * 9 / 8, kGranularity);
}

auto SentLog::take_lost(Time now, const RttEstimator& rtt, Duration latest) -> Losses {
    Losses losses;
    if (!largest_acked_) return losses;
    const Duration delay = loss_delay(rtt, latest);
    losses.lost = take_if([&](const Transmission& each) {
        if (each.sequence >= *largest_acked_) return false;
        return each.sequence + kPacketThreshold <= *largest_acked_ || (rtt.has_sample() && each.sent_at + delay <= now);
    });
    losses.persistent = is_persistent(losses.lost, rtt);
    return losses;
}

/// Section 7.6.2: two lost ones with nothing acknowledged between them are further apart than three probe timeouts.
/// What was acknowledged is not here any more, so a gap in the sequences counts as such.
bool SentLog::is_persistent(const std::vector<Transmission>& lost, const RttEstimator& rtt) const {
    if (!rtt.has_sample()) return false;
    const Duration period = kPersistentThreshold * rtt.probe_timeout();
    std::size_t first = 0;
    for (std::size_t i = 0; i < lost.size(); ++i) {
        if (i > first && lost[i].sequence != lost[i - 1].sequence + 1) first = i;
        if (lost[first].sent_at <= first_rtt_at_) {
            first = i + 1;
        } else if (lost[i].sent_at - lost[first].sent_at > period) {
            return true;
        }
    }
    return false;
}

Time SentLog::loss_deadline(const RttEstimator& rtt, Duration latest) const {
    if (!largest_acked_ || !rtt.has_sample() || transmissions_.empty()) return kNever;
    const Transmission& oldest = transmissions_.front();
    return oldest.sequence < *largest_acked_ ? oldest.sent_at + loss_delay(rtt, latest) : kNever;
}

}  // namespace chord::net
