// NewReno as in RFC 9002 section 7, in whole numbers. Deviations:
//  - The initial window is 4 datagrams and not 10: links of devices carry 100 kbit/s, a datagram in 0.1 s.
//  - No ECN (PROTOCOL-NOTES 11).
//  - A standing queue of more than kQueueMax ends slow start, and from then on the window shrinks by one datagram a
//    round trip until the queue is shorter. Deep queues would else be filled until something is lost: with 64 KB of it
//    before 100 kbit/s, a request that somebody waits for beside a value came 5 s late, and its calls ended before.
//
// Invariants
//  1. 2 datagrams <= window() <= the bound given (the retransmission of a PTO goes beside it: path.hpp).
//  2. The window is halved at most once a round trip, but for persistent congestion.
#pragma once

#include "net/message/base_delay.hpp"
#include "net/message/congestion.hpp"

namespace chord::net {

class NewReno final : public CongestionController {
public:
    static constexpr std::size_t kInitialDatagrams = 4;
    static constexpr std::size_t kMinimumDatagrams = 2;
    static constexpr Duration kQueueMax = std::chrono::milliseconds(500);

    /// `window_max`: bytes, at least kInitialDatagrams datagrams. REQUIRES: datagram_bytes > 0.
    NewReno(std::size_t datagram_bytes, std::size_t window_max);

    void on_rtt(Duration rtt, Time now) override;
    void on_ack(const Acked& acked, Time now) override;
    void on_loss(Time sent_at, Time now) override;
    void on_persistent_congestion() override;
    void on_idle() override;
    void set_datagram_bytes(std::size_t bytes) override { datagram_bytes_ = bytes; }
    std::size_t window() const override { return window_; }
    Duration spacing() const override { return Duration::zero(); }

    bool in_slow_start() const { return window_ < threshold_; }

private:
    void shrink(std::size_t acked_bytes);

    std::size_t datagram_bytes_;
    std::size_t window_max_;
    std::size_t window_;
    std::size_t threshold_ = kWindowUnlimited;  // ssthresh
    std::size_t grown_for_ = 0;                 // bytes acknowledged since the window last grew
    std::size_t shrunk_for_ = 0;                // or shrank for the queue
    BaseDelay base_;
    Duration queue_{};  // as last seen
    bool reduced_ = false;
    Time recovery_since_{};  // what left until then belongs to the last reduction
};

}  // namespace chord::net
