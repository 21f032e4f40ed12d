// Ledbat: LEDBAT++ (draft-irtf-iccrg-ledbat-plus-plus), the congestion controller of transfers that nobody waits for.
// It reads the queue at the bottleneck from the round-trip time and backs off when that exceeds the base delay by the
// target of 60 ms, long before a queue overflows and NewReno notices anything. In whole numbers.
//
//   delay   the least of the last 4 round-trip times, none of them older than the last one is long
//   base    the least of the last 10 minutes (base_delay.hpp)
//   gain    1 / min(16, ceil(2 · target / base)): a short path does not outrun NewReno on a long one
//   slow start          window += gain · acked bytes, until delay - base > 3/4 · target or a loss
//   below the target    window += gain datagrams a round trip
//   above it            window -= window · ((delay - base)/target - 1) a round trip, at most half of it
//   slowdown            2 round trips after the first slow start, then again 9 times as long as the last one took:
//                       2 datagrams for 2 round trips, so that the queue runs empty and base is seen as it is, then
//                       slow start up to the old window. Without it those that come late take the queue of the others
//                       for base.
//
// Deviations from the draft:
//  - Above the target nothing is added, so that the equilibrium is at the target and not somewhat above it.
//  - Samples older than a round trip do not count for the delay: on a slow link four of them are half a second.
//  - The window may sink below the draft's two datagrams, to a quarter of one: then one is under way at a time and they
//    are spacing() apart. On 100 kbit/s two datagrams a round trip are a fifth of the link for as long as others use
//    it.
//  - The exit from slow start by delay holds at the end of a slowdown too: somebody may have come meanwhile.
//
// Invariants
//  1. 1 datagram <= window() <= the bound given; spacing() <= kSpacingMax, so that the receiver does not give up.
//  2. Memory: fixed, 18 numbers of samples.
#pragma once

#include <algorithm>
#include <array>

#include "net/message/base_delay.hpp"
#include "net/message/congestion.hpp"

namespace chord::net {

class Ledbat final : public CongestionController {
public:
    static constexpr Duration kTarget = std::chrono::milliseconds(60);
    static constexpr std::size_t kInitialDatagrams = 2;
    static constexpr std::size_t kMinimumDivisor = 4;  // of a datagram
    static constexpr Duration kSpacingMax = std::chrono::seconds(3);
    static constexpr std::size_t kSlowdownDatagrams = 2;
    static constexpr std::size_t kFilterSamples = 4;
    static constexpr int kSlowdownSpacing = 9;

    /// `window_max`: bytes, at least kInitialDatagrams datagrams. REQUIRES: datagram_bytes > 0.
    Ledbat(std::size_t datagram_bytes, std::size_t window_max);

    void on_rtt(Duration rtt, Time now) override;
    void on_ack(const Acked& acked, Time now) override;
    void on_loss(Time sent_at, Time now) override;
    void on_persistent_congestion() override;
    void on_idle() override;
    void set_datagram_bytes(std::size_t bytes) override;
    std::size_t window() const override { return std::max(window_, datagram_bytes_); }
    Duration spacing() const override;

    /// The queueing delay that is believed: delay - base; 0 before any sample.
    Duration queueing_delay() const;
    /// The divisor of the gain, 1…16. REQUIRES: none; 16 before any sample.
    std::size_t gain_divisor() const;
    bool in_slowdown() const { return phase_ == Phase::frozen || phase_ == Phase::recovering; }

private:
    enum class Phase : std::uint8_t {
        slow_start,  // the first one
        steady,
        frozen,      // the first half of a slowdown
        recovering,  // the second: slow start up to threshold_
    };

    Duration delay() const;
    Duration base() const { return base_.value(); }
    std::size_t minimum() const { return datagram_bytes_ / kMinimumDivisor; }
    void slow_start(std::size_t acked_bytes, Time now);
    void avoid_congestion(std::size_t acked_bytes);
    void advance(Time now);
    void enter_steady(Time now);

    std::size_t datagram_bytes_;
    std::size_t window_max_;
    std::size_t window_;
    std::size_t threshold_ = kWindowUnlimited;
    std::size_t grown_for_ = 0;  // bytes acknowledged, not yet turned into growth

    struct Sample {
        Duration rtt = Duration::max();
        Time at{};
    };
    std::array<Sample, kFilterSamples> recent_{};
    std::size_t recent_next_ = 0;
    BaseDelay base_;

    Phase phase_ = Phase::slow_start;
    bool reduced_ = false;
    Time recovery_since_{};
    Time slowdown_at_ = kNever;
    Time slowdown_since_{};
    Time frozen_until_{};
    bool first_slowdown_ = true;
};

}  // namespace chord::net
