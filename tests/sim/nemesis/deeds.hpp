// What the rows of the table of faults do (fault.cpp). Each is begun, struck or ended by the Nemesis alone.
#pragma once

#include "tests/sim/nemesis/nemesis.hpp"

namespace chord::sim::deeds {

using Deed = void(Nemesis&, ActiveFault&);

// device_faults.cpp
Deed begin_poisson_churn, begin_heavy_churn, strike_churn, end_churn;
Deed strike_at_once, strike_join_storm;
Deed begin_mass_failure, end_mass_failure;
Deed strike_reboot, strike_move;
Deed strike_lost_disk, begin_stale_disk, strike_stale_disk;
Deed strike_clock, end_clock;

// network_faults.cpp
Deed begin_halves, begin_minority, begin_thirds, end_partition;
Deed begin_cut_pairs, end_cut_pairs;
Deed begin_one_way, end_one_way;
Deed begin_flapping, end_flapping;
Deed begin_slow, end_slow;
Deed begin_loss, end_loss;
Deed begin_disorder, end_disorder;

}  // namespace chord::sim::deeds
