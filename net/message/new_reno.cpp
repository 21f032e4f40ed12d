#include "net/message/new_reno.hpp"

#include <algorithm>

#include "node/core/base/check.hpp"

namespace chord::net {

NewReno::NewReno(std::size_t datagram_bytes, std::size_t window_max)
    : datagram_bytes_(datagram_bytes), window_max_(window_max), window_(kInitialDatagrams * datagram_bytes) {
    CHORD_CHECK(datagram_bytes > 0 && window_max >= window_);
}

void NewReno::on_rtt(Duration rtt, Time now) {
    base_.add(rtt, now);
    queue_ = rtt - base_.value();
}

void NewReno::shrink(std::size_t acked_bytes) {
    grown_for_ = 0;
    shrunk_for_ += acked_bytes;
    if (shrunk_for_ < window_ && !in_slow_start()) return;
    shrunk_for_ = 0;
    threshold_ = std::max(window_ - std::min(window_, datagram_bytes_), kMinimumDatagrams * datagram_bytes_);
    window_ = std::min(window_, threshold_);
}

/// Sections 7.3.1 and 7.3.3; the increase by one datagram a window is counted in bytes (RFC 5681 section 3.1).
void NewReno::on_ack(const Acked& acked, Time /*now*/) {
    const bool in_recovery = reduced_ && acked.sent_at <= recovery_since_;
    if (in_recovery) return;
    if (queue_ > kQueueMax) return shrink(acked.bytes);
    if (!acked.window_limited) return;
    if (in_slow_start()) {
        window_ += acked.bytes;
    } else {
        grown_for_ += acked.bytes;
        if (grown_for_ >= window_) {
            grown_for_ -= window_;
            window_ += datagram_bytes_;
        }
    }
    window_ = std::min(window_, window_max_);
}

/// Section 7.3.2, with the loss reduction factor 1/2.
void NewReno::on_loss(Time sent_at, Time now) {
    if (reduced_ && sent_at <= recovery_since_) return;
    reduced_ = true;
    recovery_since_ = now;
    threshold_ = std::max(window_ / 2, kMinimumDatagrams * datagram_bytes_);
    window_ = threshold_;
    grown_for_ = 0;
}

void NewReno::on_persistent_congestion() {
    window_ = kMinimumDatagrams * datagram_bytes_;
    reduced_ = false;
    grown_for_ = 0;
}

void NewReno::on_idle() {
    window_ = std::min(window_, kInitialDatagrams * datagram_bytes_);
    grown_for_ = 0;
}

}  // namespace chord::net
