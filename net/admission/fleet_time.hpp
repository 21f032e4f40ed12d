// FleetTime: what time it is, for a device that may have no clock, a wrong one, or one that jumps.
//
// Three sources, none of which is simply believed:
//
//   base     a lower bound. The persisted floor, raised by what the fleet key signed (issue times of certificates and
//            lists), and moved on by node time, which counts only while the node runs. It is ahead of the truth only
//            if the operator's own clock was when he signed, and by kLeapMax at most.
//   wall     the device's clock. Believed, whatever the others say, when the kernel says that it is synchronised and
//            it lies within [base, base + kLeapMax]. Otherwise it is one voice among the peers'.
//   voices   what other devices tell of their time, this node's own plausible clock included. A voice is a device, not
//            an id: one certificate has eight ids. Learnt when at least three are
//            heard, more than half of all of them (those that know nothing included) are within kAgreement of the
//            median of those that do, and it lies within [base - kAgreement, base + kLeapMax].
//
// The estimate is a synchronised wall's time, else the voices' where there is one, else the one learnt last, moved on
// by node time (a node that is cut off goes on knowing), else the base; and never less than the base. A time from
// voices or a wall is "known" until the process ends, one from the base alone is not.
//
// What that gives at
//   1970            the wall is below the base and says nothing; the base does: certificates are valid, an expired one
//                   is noticed once voices are heard. Nobody is locked out for a missing clock.
//   2038 and later  not synchronised: one voice, outvoted. Alone, it is not believed at all, so that a device whose
//                   clock runs ahead does not take everybody for expired. 40 bits and unsigned arithmetic: no overflow.
//   a year back     the base never falls; the wall is below it from then on, or within it and one voice.
//   all wrong alike more than half of the heard agree on a wrong time within the bounds: believed until others
//                   agree, by who has no synchronised clock. It raises the floor by kFloorStepMax a day at most, after
//                   kSettle of agreement, and kFloorSlack less than it says, so that nothing irrevocable comes of a
//                   short confusion. Where a synchronised clock contradicts, it raises nothing.
//
// Who is expired is judged by is_expired(): not before the estimate is kSkew past the end. Lower bound or known, that
// never expires anybody early while the sources hold. Not-yet-valid is judged only when the time is known: a device at
// its base must take a certificate from what looks like the future.
//
// It rolls no dice, reads no clock and writes no file; the caller keeps floor() on disk when it has changed, not more
// often than once an hour (flash).
//
// Invariants
//  1. floor() never falls, and the estimate is never below it.
//  2. At most kVoicesMax voices are kept, each for kVoiceLifetime, one a device; none of a device that is out.
#pragma once

#include <optional>
#include <vector>

#include "net/admission/fields.hpp"
#include "node/core/base/id.hpp"
#include "node/core/base/time.hpp"

namespace chord::net::admission {

/// The device's clock as the driver reads it.
struct WallClock {
    Seconds seconds = 0;        // since 1970; 0: there is none
    bool synchronised = false;  // the kernel says so (adjtimex without STA_UNSYNC)
};

class FleetTime {
public:
    static constexpr Seconds kSkew = 600;
    static constexpr Seconds kAgreement = 600;
    static constexpr Seconds kLeapMax = 5 * 366 * Seconds{86400};
    static constexpr Seconds kFloorSlack = 86400;
    static constexpr Seconds kFloorStepMax = 366 * Seconds{86400};
    static constexpr Duration kSettle = std::chrono::hours(1);
    static constexpr Duration kFloorPause = std::chrono::hours(24);
    static constexpr Duration kVoiceLifetime = std::chrono::minutes(30);
    static constexpr std::size_t kVoicesMax = 64;
    static constexpr std::size_t kVoicesMin = 3;

    /// `floor`: what is on disk, but at least the time at which the program was built: with less, kLeapMax would keep
    /// this node from learning.
    FleetTime(Seconds floor, Time now);

    /// Something that the fleet key signed was issued at `issued`: it cannot be earlier. Ignored when it is more than a
    /// day ahead of a known time, or more than kLeapMax ahead of the base: an operator who once signed with a clock at
    /// 2099 must not make a whole fleet expire for good.
    void learn_signed(Seconds issued, Time now);

    /// A device of this fleet told its time; 0 when it does not know. A table that is full forgets the oldest voice.
    /// `device` is the same whichever of its positions it speaks from (device_id()).
    void hear(const Id& device, Seconds told, Time now);
    /// The device is out, or nobody would notice if it were: it has no voice any more.
    void forget(const Id& device);

    /// To be called once a minute or so, and before judging: takes the clock's reading and counts the voices.
    void update(const WallClock& wall, Time now);

    /// As of the last update() or learn_signed(), moved on to `now`.
    Seconds estimate(Time now) const;
    bool is_known() const { return known_; }

    /// What to tell peers: the estimate if it is known, else the device's clock if that is plausible, else 0. Echoing
    /// only what is known, nodes cannot talk each other into a time that nobody measured.
    Seconds told(Time now) const;

    /// To be kept on disk.
    Seconds floor() const { return floor_; }

    /// `not_after` is the first second in which it counts no more. Expired from kSkew after it on.
    bool is_expired(Seconds not_after, Time now) const { return estimate(now) >= not_after + kSkew; }
    /// True when the time is known and `not_before` is more than a day ahead of it.
    bool is_not_yet(Seconds not_before, Time now) const { return known_ && not_before > estimate(now) + kFloorSlack; }

private:
    struct Voice {
        Id device;
        Seconds told = 0;
        Time at{};
    };

    /// A time as it was at an instant of node time.
    struct Reading {
        Seconds seconds = 0;
        Time at{};
        Seconds moved_on_to(Time now) const;
    };

    std::optional<Seconds> median_of_voices(Time now) const;
    bool is_plausible(Seconds seconds, Time now) const;
    void raise_base(Seconds seconds, Time now);
    void raise_floor_by_agreement(Seconds agreed, Time now);

    Seconds floor_;
    Reading base_;
    Reading current_;
    Reading wall_;  // 0: not plausible
    bool known_ = false;
    std::optional<Time> agreed_since_;
    std::optional<Time> floor_raised_;  // by agreement
    std::vector<Voice> voices_;
};

}  // namespace chord::net::admission
