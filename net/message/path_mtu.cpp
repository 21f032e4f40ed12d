#include "net/message/path_mtu.hpp"

#include <algorithm>
#include <array>

#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

constexpr std::array<std::size_t, 2> kSteps{1280, 1400};
constexpr std::size_t kLargestIpv4 = 1472;
constexpr std::size_t kLargestIpv6 = 1452;

bool is_ipv4(const Endpoint& peer) {
    static constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::equal(kMapped.begin(), kMapped.end(), peer.ip.begin());
}

}  // namespace

PathMtu::PathMtu(const Endpoint& peer) : largest_(is_ipv4(peer) ? kLargestIpv4 : kLargestIpv6) {}

std::optional<std::size_t> PathMtu::candidate() const {
    for (const std::size_t step : kSteps) {
        if (step > size_) return step;
    }
    if (largest_ > size_) return largest_;
    return std::nullopt;
}

std::optional<std::size_t> PathMtu::probe_due(Time now) const {
    if (probe_ || now < search_at_) return std::nullopt;
    return candidate();
}

void PathMtu::probe_sent(std::uint64_t sequence, Time now) {
    const auto due = probe_due(now);
    CHORD_CHECK(due);
    searching_ = true;
    probe_ = sequence;
    probe_bytes_ = *due;
    probe_until_ = now + kProbeTimer;
}

bool PathMtu::on_probe_ack(std::uint64_t sequence, Time now) {
    if (probe_ != sequence) return false;
    probe_.reset();
    probes_failed_ = 0;
    size_ = probe_bytes_;
    if (!candidate()) complete(now);
    return true;
}

void PathMtu::tick(Time now) {
    if (!probe_ || now < probe_until_) return;
    probe_.reset();
    if (++probes_failed_ >= kProbesMax) complete(now);
}

void PathMtu::complete(Time now) {
    searching_ = false;
    probes_failed_ = 0;
    search_at_ = now + kRaiseTimer;
}

void PathMtu::on_acked(std::size_t bytes) {
    timeouts_ = 0;
    if (bytes > kBaseDatagramBytes) losses_ = 0;
}

bool PathMtu::on_lost(std::size_t bytes, Time sent_at, Time now) {
    if (losses_ > 0 && sent_at < loss_seen_at_) return false;
    if (bytes > kBaseDatagramBytes) loss_seen_at_ = now;
    return suspect(bytes, losses_, now);
}

bool PathMtu::on_timeout(std::size_t bytes, Time now) {
    return suspect(bytes, timeouts_, now);
}

bool PathMtu::suspect(std::size_t bytes, int& count, Time now) {
    if (bytes <= kBaseDatagramBytes || size_ == kBaseDatagramBytes || ++count < kLossesMax) return false;
    size_ = kBaseDatagramBytes;
    losses_ = 0;
    timeouts_ = 0;
    probe_.reset();
    probes_failed_ = 0;
    searching_ = false;
    search_at_ = now + kCoolOff;
    return true;
}

Time PathMtu::next_deadline() const {
    if (probe_) return probe_until_;
    return candidate() ? search_at_ : kNever;
}

}  // namespace chord::net
