// Faults of the network: each sets its own part of the conditions, so that several can go on at a time.
#include <algorithm>

#include "tests/sim/nemesis/deeds.hpp"

namespace chord::sim::deeds {

namespace {

constexpr PerMillion kTenth = kAlways / 10;

template <typename Change>
void change(Nemesis& nemesis, const Change& change) {
    NetworkConditions conditions = nemesis.world().network().conditions();
    change(conditions);
    nemesis.world().network().change(conditions);
}

void begin_parts(Nemesis& nemesis, ActiveFault& fault, std::uint64_t parts) {
    for (std::size_t device = 0; device < nemesis.world().devices(); ++device) {
        fault.sides.push_back(static_cast<std::uint8_t>(fault.dice.below(parts)));
    }
    nemesis.split_anew();
}

}  // namespace

void begin_halves(Nemesis& nemesis, ActiveFault& fault) {
    begin_parts(nemesis, fault, 2);
}

void begin_thirds(Nemesis& nemesis, ActiveFault& fault) {
    begin_parts(nemesis, fault, 3);
}

void begin_minority(Nemesis& nemesis, ActiveFault& fault) {
    fault.sides.resize(nemesis.world().devices());
    for (const std::size_t device : nemesis.pick(kTenth, fault.dice)) {
        fault.sides[device] = 1;
    }
    nemesis.split_anew();
}

void end_partition(Nemesis& nemesis, ActiveFault&) {
    nemesis.split_anew();  // it is no longer among the active ones
}

void begin_cut_pairs(Nemesis& nemesis, ActiveFault& fault) {
    change(nemesis, [&](NetworkConditions& now) { now.cut_pairs = fault.plan.share; });
}

void end_cut_pairs(Nemesis& nemesis, ActiveFault&) {
    change(nemesis, [&](NetworkConditions& now) { now.cut_pairs = nemesis.calm().cut_pairs; });
}

void begin_one_way(Nemesis& nemesis, ActiveFault& fault) {
    change(nemesis, [&](NetworkConditions& now) { now.one_way = fault.plan.share; });
}

void end_one_way(Nemesis& nemesis, ActiveFault&) {
    change(nemesis, [&](NetworkConditions& now) { now.one_way = nemesis.calm().one_way; });
}

void begin_flapping(Nemesis& nemesis, ActiveFault& fault) {
    change(nemesis, [&](NetworkConditions& now) {
        now.flapping = fault.plan.share;
        now.flap_period = fault.plan.period;
    });
}

void end_flapping(Nemesis& nemesis, ActiveFault&) {
    change(nemesis, [&](NetworkConditions& now) { now.flapping = nemesis.calm().flapping; });
}

void begin_slow(Nemesis& nemesis, ActiveFault& fault) {
    change(nemesis, [&](NetworkConditions& now) {
        now.slow = fault.plan.share;
        now.slow_by = fault.plan.period;
    });
}

void end_slow(Nemesis& nemesis, ActiveFault&) {
    change(nemesis, [&](NetworkConditions& now) { now.slow = nemesis.calm().slow; });
}

void begin_loss(Nemesis& nemesis, ActiveFault& fault) {
    change(nemesis, [&](NetworkConditions& now) { now.loss = fault.plan.share; });
}

void end_loss(Nemesis& nemesis, ActiveFault&) {
    change(nemesis, [&](NetworkConditions& now) { now.loss = nemesis.calm().loss; });
}

void begin_disorder(Nemesis& nemesis, ActiveFault& fault) {
    change(nemesis, [&](NetworkConditions& now) {
        now.duplicate = now.reorder = fault.plan.share;
        now.reorder_delay = fault.plan.period;
    });
}

void end_disorder(Nemesis& nemesis, ActiveFault&) {
    change(nemesis, [&](NetworkConditions& now) {
        now.duplicate = nemesis.calm().duplicate;
        now.reorder = nemesis.calm().reorder;
    });
}

}  // namespace chord::sim::deeds
