#include "net/message/ledbat.hpp"

#include <algorithm>

#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

constexpr std::size_t kDivisorMax = 16;

}  // namespace

Ledbat::Ledbat(std::size_t datagram_bytes, std::size_t window_max)
    : datagram_bytes_(datagram_bytes), window_max_(window_max), window_(kInitialDatagrams * datagram_bytes) {
    CHORD_CHECK(datagram_bytes > 0 && window_max >= window_);
}

void Ledbat::set_datagram_bytes(std::size_t bytes) {
    datagram_bytes_ = bytes;
    window_ = std::max(window_, minimum());
}

void Ledbat::on_rtt(Duration rtt, Time now) {
    CHORD_CHECK(rtt >= Duration::zero());
    recent_[recent_next_] = {rtt, now};
    recent_next_ = (recent_next_ + 1) % kFilterSamples;
    base_.add(rtt, now);
}

/// Duration::max() before any sample, like base().
Duration Ledbat::delay() const {
    const Sample& last = recent_[(recent_next_ + kFilterSamples - 1) % kFilterSamples];
    Duration least = last.rtt;
    for (const Sample& each : recent_) {
        if (last.at - each.at <= last.rtt) least = std::min(least, each.rtt);
    }
    return least;
}

Duration Ledbat::queueing_delay() const {
    if (base() == Duration::max() || delay() == Duration::max()) return Duration::zero();
    return std::max(delay() - base(), Duration::zero());
}

std::size_t Ledbat::gain_divisor() const {
    if (base() == Duration::max() || base() == Duration::zero()) return kDivisorMax;
    const auto divisor = static_cast<std::size_t>((2 * kTarget + base() - Duration(1)) / base());
    return std::clamp<std::size_t>(divisor, 1, kDivisorMax);
}

void Ledbat::on_ack(const Acked& acked, Time now) {
    advance(now);
    if (phase_ == Phase::frozen) return;
    if (phase_ == Phase::steady) {
        if (queueing_delay() <= kTarget && !acked.window_limited) return;
        avoid_congestion(acked.bytes);
    } else if (acked.window_limited) {
        slow_start(acked.bytes, now);
    }
    window_ = std::clamp(window_, minimum(), window_max_);
}

/// The time in which the window allows one datagram, from the last to the next.
Duration Ledbat::spacing() const {
    if (window_ >= datagram_bytes_ || delay() == Duration::max()) return Duration::zero();
    const auto datagrams = static_cast<Duration::rep>(datagram_bytes_);
    return std::min(delay() * datagrams / static_cast<Duration::rep>(window_), kSpacingMax);
}

void Ledbat::slow_start(std::size_t acked_bytes, Time now) {
    if (queueing_delay() > kTarget * 3 / 4) {
        enter_steady(now);
        return;
    }
    grown_for_ += acked_bytes;
    const std::size_t divisor = gain_divisor();
    window_ += grown_for_ / divisor;
    grown_for_ %= divisor;
    if (window_ >= threshold_) {
        window_ = threshold_;
        enter_steady(now);
    }
}

/// The draft's increase and decrease of a round trip, in shares of the acknowledged bytes.
void Ledbat::avoid_congestion(std::size_t acked_bytes) {
    const Duration excess = queueing_delay() - kTarget;
    if (excess > Duration::zero()) {
        grown_for_ = 0;
        const auto ratio = static_cast<std::size_t>(excess.count());
        const std::size_t wanted = acked_bytes * ratio / static_cast<std::size_t>(kTarget.count());
        const std::size_t shrink = std::min(wanted, std::min(acked_bytes, window_) / 2);
        window_ -= std::min(shrink, window_ - minimum());
        return;
    }
    grown_for_ += acked_bytes;
    if (const std::size_t full = window_ * gain_divisor(); grown_for_ >= full) {
        grown_for_ = std::min(grown_for_ - full, full);  // below one datagram an ack is worth more than a window
        window_ += datagram_bytes_;
    }
}

/// Begins and thaws slowdowns when their time has come.
void Ledbat::advance(Time now) {
    const Duration round = delay() == Duration::max() ? kTarget : delay();
    if (phase_ == Phase::steady && now >= slowdown_at_) {
        threshold_ = std::max(window_, kSlowdownDatagrams * datagram_bytes_);
        window_ = std::min(window_, kSlowdownDatagrams * datagram_bytes_);
        phase_ = Phase::frozen;
        slowdown_since_ = now;
        frozen_until_ = now + 2 * round;
        slowdown_at_ = kNever;
    } else if (phase_ == Phase::frozen && now >= frozen_until_) {
        phase_ = Phase::recovering;
        grown_for_ = 0;
    }
}

void Ledbat::enter_steady(Time now) {
    const Duration round = delay() == Duration::max() ? kTarget : delay();
    slowdown_at_ = now + (first_slowdown_ ? 2 * round : kSlowdownSpacing * (now - slowdown_since_));
    first_slowdown_ = false;
    phase_ = Phase::steady;
    grown_for_ = 0;
}

/// As NewReno's: a loss says more than any delay.
void Ledbat::on_loss(Time sent_at, Time now) {
    if (reduced_ && sent_at <= recovery_since_) return;
    reduced_ = true;
    recovery_since_ = now;
    window_ = std::max(window_ / 2, minimum());
    if (phase_ == Phase::slow_start || phase_ == Phase::recovering) enter_steady(now);
}

void Ledbat::on_persistent_congestion() {
    window_ = minimum();
    reduced_ = false;
    grown_for_ = 0;
}

void Ledbat::on_idle() {
    window_ = std::min(window_, kInitialDatagrams * datagram_bytes_);
    grown_for_ = 0;
}

}  // namespace chord::net
