// SentLog: RFC 9002 sections 6.1 and 7.6 in single steps.
#include "net/message/sent_log.hpp"

#include <doctest/doctest.h>

namespace chord::net {
namespace {

using std::chrono::milliseconds;

constexpr Time kStart{std::chrono::hours(1)};

Time at(int ms) {
    return kStart + milliseconds(ms);
}

RttEstimator rtt_of(Duration rtt) {
    RttEstimator estimator;
    for (int i = 0; i < 100; ++i) estimator.add(rtt);
    return estimator;
}

/// Transmissions 1…count, one every `step` milliseconds.
SentLog log_of(std::uint64_t count, int step) {
    SentLog log;
    for (std::uint64_t i = 1; i <= count; ++i) {
        log.add({i, at(static_cast<int>(i) * step), 1000, i % 2 == 0 ? Priority::background : Priority::foreground,
                 SendHandle{i}, 0});
    }
    return log;
}

void ack(SentLog& log, std::uint64_t sequence) {
    (void)log.take_if([sequence](const Transmission& each) { return each.sequence == sequence; });
    log.note_acked(sequence);
}

std::vector<std::uint64_t> sequences(const std::vector<Transmission>& transmissions) {
    std::vector<std::uint64_t> all;
    for (const Transmission& each : transmissions) all.push_back(each.sequence);
    return all;
}

TEST_CASE("sent log: bytes under way are counted by priority") {
    SentLog log = log_of(5, 1);
    CHECK_EQ(log.in_flight(Priority::foreground), 3000);
    CHECK_EQ(log.in_flight(Priority::background), 2000);
    ack(log, 2);
    CHECK_EQ(log.in_flight(Priority::background), 1000);
}

TEST_CASE("sent log: a packet is lost when one sent three later has been acknowledged") {
    SentLog log = log_of(10, 0);
    const RttEstimator rtt = rtt_of(milliseconds(100));
    CHECK(log.take_lost(at(1000), rtt, milliseconds(100)).lost.empty());  // nothing acknowledged: nothing is lost
    ack(log, 5);
    CHECK_EQ(sequences(log.take_lost(at(1), rtt, milliseconds(100)).lost), std::vector<std::uint64_t>{1, 2});
    CHECK_EQ(sequences(log.transmissions()), std::vector<std::uint64_t>{3, 4, 6, 7, 8, 9, 10});
    CHECK_EQ(log.in_flight(Priority::foreground), 3000);
}

TEST_CASE("sent log: or when it was sent 9/8 of a round trip ago and a later one has been acknowledged") {
    SentLog log = log_of(4, 10);
    const RttEstimator rtt = rtt_of(milliseconds(80));
    ack(log, 3);
    CHECK(log.loss_deadline(rtt, milliseconds(80)) == at(10 + 90));
    CHECK(log.take_lost(at(99), rtt, milliseconds(80)).lost.empty());
    CHECK_EQ(sequences(log.take_lost(at(100), rtt, milliseconds(80)).lost), std::vector<std::uint64_t>{1});
    CHECK(log.loss_deadline(rtt, milliseconds(160)) == at(20 + 180));  // the greater of smoothed and latest
    CHECK_EQ(sequences(log.take_lost(at(110), rtt, milliseconds(80)).lost), std::vector<std::uint64_t>{2});
    CHECK(log.loss_deadline(rtt, milliseconds(80)) == kNever);  // 4 is newer than all acknowledged
    CHECK(log.take_lost(at(100'000), rtt, milliseconds(80)).lost.empty());
}

TEST_CASE(
    "sent log: persistent congestion: losses over more than three probe timeouts with nothing acknowledged between") {
    const RttEstimator rtt = rtt_of(milliseconds(100));
    const int period = static_cast<int>(3 * rtt.probe_timeout() / milliseconds(1));
    const auto persistent = [&](int span, std::uint64_t acked_between, Time first_rtt) {
        SentLog log;
        log.note_first_rtt(first_rtt);
        for (std::uint64_t i = 1; i <= 9; ++i) {
            log.add({i, at(static_cast<int>(i - 1) * span / 5), 1000, Priority::foreground, SendHandle{1}, 0});
        }
        if (acked_between != 0) ack(log, acked_between);
        ack(log, 9);
        const auto losses = log.take_lost(at(span * 2), rtt, milliseconds(100));
        return losses.persistent;
    };
    CHECK(persistent(period + 100, 0, at(-1)));
    CHECK_FALSE(persistent(period / 2, 0, at(-1)));
    CHECK_FALSE(persistent(period + 100, 4, at(-1)));       // 1…3 and 5…8 are each shorter
    CHECK_FALSE(persistent(period + 100, 0, at(100'000)));  // all sent before the first sample
}

}  // namespace
}  // namespace chord::net
