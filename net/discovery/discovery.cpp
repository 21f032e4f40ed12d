#include "net/discovery/discovery.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "node/core/base/check.hpp"

namespace chord::net {

namespace {

std::uint64_t seed_of(const Dice& dice) {
    std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
    dice(bytes);
    std::uint64_t seed = 0;
    std::memcpy(&seed, bytes.data(), bytes.size());
    return seed;
}

}  // namespace

Discovery::Discovery(const Id& self, std::vector<noise::SecretKey> keys, Dice dice)
    : self_(self), keys_(std::move(keys)), dice_(std::move(dice)), rng_(seed_of(dice_)) {}

void Discovery::set_keys(std::vector<noise::SecretKey> keys) {
    keys_ = std::move(keys);
}

void Discovery::begin_anew(Time now) {
    sent_in_burst_ = 0;
    next_ = now;
}

bool Discovery::due(bool alone, Time now) {
    if (keys_.empty()) return false;
    if (alone && !was_alone_) begin_anew(now);
    was_alone_ = alone;
    if (now < next_) return false;
    const bool bursts = sent_in_burst_ < kBurst;
    const Duration pause = bursts ? kFirstPause * (1 << sent_in_burst_) : alone ? kPeriodAlone : kPeriod;
    next_ = now + rng_.jittered(pause);
    sent_in_burst_ += bursts ? 1 : 0;
    // One that spoke for this ring is enough, but a recording of it must not silence the ring: the next one is sent.
    const bool spoken_for = std::exchange(heard_own_ring_, false) && !bursts && !alone;
    counters_.sent += spoken_for ? 0 : 1;
    return !spoken_for;
}

Beacon Discovery::beacon(const Endpoint& own) {
    CHORD_CHECK(!keys_.empty());
    BeaconNonce nonce{};
    dice_(nonce);
    return seal_beacon(Peer{self_, own}, keys_.front(), nonce);
}

std::optional<Peer> Discovery::receive(const Endpoint& from, std::span<const std::uint8_t> datagram,
                                       const std::function<bool(const Peer&)>& is_known, Time now) {
    if (datagram.size() != kBeaconBytes) {
        ++counters_.drops;
        return std::nullopt;
    }
    if (!opened_.take(kOpened, now)) {
        ++counters_.limited;
        return std::nullopt;
    }
    std::optional<Peer> peer;
    for (auto key = keys_.begin(); key != keys_.end() && !peer; ++key) peer = open_beacon(datagram, *key, from);
    if (!peer) {
        ++counters_.drops;
        return std::nullopt;
    }
    if (peer->id == self_) return std::nullopt;  // multicast comes back to its sender
    ++counters_.heard;
    if (is_known(*peer)) {
        heard_own_ring_ = true;
        return std::nullopt;
    }
    while (!met_.empty() && now - met_.front().at >= kMeetAgainAfter) met_.pop_front();
    const bool met =
        std::any_of(met_.begin(), met_.end(), [&](const Meeting& meeting) { return meeting.address == peer->address; });
    if (met || !meetings_.take(kMeetings, now)) {
        ++counters_.limited;
        return std::nullopt;
    }
    met_.push_back({peer->address, now});
    ++counters_.met;
    return peer;
}

}  // namespace chord::net
