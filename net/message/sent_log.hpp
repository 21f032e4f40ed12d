// SentLog: the transmissions to one peer that are neither acknowledged nor lost, and which of them count as lost: RFC
// 9002 section 6.1 with sequences in place of packet numbers. It does not know what a message is.
//
// Invariants
//  1. in_flight(priority) is the sum of the bytes of the transmissions of that priority that are here.
//  2. Nothing is lost before a later transmission has been acknowledged (section 6.1); silence is the business of the
//     probe timeout, which declares nothing lost (section 6.2).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "net/message/message.hpp"
#include "net/rtt.hpp"

namespace chord::net {

struct Transmission {
    std::uint64_t sequence = 0;
    Time sent_at{};
    std::size_t bytes = 0;  // of the UDP payload
    Priority priority = Priority::foreground;
    SendHandle message{};
    std::uint16_t index = 0;
    bool charged = true;      // it counts among the bytes under way of the node
    bool superseded = false;  // its fragment left again while this was under way: an ack of the fragment is not of this
};

class SentLog {
public:
    static constexpr std::uint64_t kPacketThreshold = 3;  // section 6.1.1
    static constexpr Duration kGranularity = std::chrono::milliseconds(1);

    struct Losses {
        std::vector<Transmission> lost;  // oldest first
        bool persistent = false;         // persistent congestion (section 7.6) is established by them
    };

    /// REQUIRES: the sequence is above all before it.
    void add(const Transmission& transmission);

    /// The fragment will leave once more although these transmissions of it are not lost.
    void supersede(SendHandle message, std::uint16_t index);

    /// None of these is on the wire any more, whatever became of it: they are not charged from now on. Returns their
    /// bytes.
    std::size_t discharge();

    /// Takes out those for which `matches(transmission)`.
    template <typename Matches>
    std::vector<Transmission> take_if(Matches matches);

    /// The newest transmission that the peer is known to have: what is older may now count as lost.
    void note_acked(std::uint64_t sequence);

    /// The first round-trip time was measured at `now`: persistent congestion looks at nothing sent before.
    void note_first_rtt(Time now) { first_rtt_at_ = now; }

    /// Takes out what is lost by now: three sequences or 9/8 of a round trip older than the newest acknowledged one.
    /// `rtt` without a sample: by sequence only. `latest`: the last sample.
    Losses take_lost(Time now, const RttEstimator& rtt, Duration latest);

    /// When take_lost() will find something by time; kNever if by nothing but a further ack.
    Time loss_deadline(const RttEstimator& rtt, Duration latest) const;

    std::size_t in_flight(Priority priority) const { return in_flight_[static_cast<std::size_t>(priority)]; }
    bool empty() const { return transmissions_.empty(); }

    /// Oldest first.
    const std::vector<Transmission>& transmissions() const { return transmissions_; }

private:
    static Duration loss_delay(const RttEstimator& rtt, Duration latest);
    bool is_persistent(const std::vector<Transmission>& lost, const RttEstimator& rtt) const;

    std::vector<Transmission> transmissions_;  // by rising sequence
    std::array<std::size_t, kPriorities> in_flight_{};
    std::optional<std::uint64_t> largest_acked_;
    Time first_rtt_at_ = kNever;
};

template <typename Matches>
std::vector<Transmission> SentLog::take_if(Matches matches) {
    std::vector<Transmission> taken;
    std::erase_if(transmissions_, [&](const Transmission& each) {
        if (!matches(each)) return false;
        in_flight_[static_cast<std::size_t>(each.priority)] -= each.bytes;
        taken.push_back(each);
        return true;
    });
    return taken;
}

}  // namespace chord::net
