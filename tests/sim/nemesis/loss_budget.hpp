// LossBudget: when a device may lose what its disk held, so that the nemesis breaks no more than the product promises
// to survive. Every loss of a disk goes through here: an empty disk, an old copy of it, a device that never comes back.
//
// The promise: an acknowledged write is on the disks of W = 2 holders at least. So one disk may be lost, and the next
// one only when the ring has made good the first. One instant proves that it has: every device that has not gone for
// good is alive, the ring is ideal and every arc agrees with its R holders (Cluster::settled). From such an instant on
// one disk, whichever, may be lost; what was acknowledged before is on its other holders then, and what is acknowledged
// after it is on two disks.
//
// A ring of one acknowledges what only its own disk holds (a device that finds nobody, or whom everybody has left in
// order, is all there is). So the right to lose a disk is void while a live device stands alone among several, and has
// to be earned again.
//
// Devices that crash and come back with their disks are no loss, however many: they may take their keys out of reach,
// but all return in the quiet phase.
#pragma once

#include <set>

#include "tests/sim/cluster.hpp"

namespace chord::sim {

class LossBudget {
public:
    explicit LossBudget(const Cluster& world) : world_(world) {}

    /// To be called often: it finds the instants that give the right to lose a disk.
    void look();
    /// Whether one disk may be lost now.
    bool may_lose() const { return whole_; }
    /// The disk of `device` is lost; `for_good` if the device is never seen again. REQUIRES: may_lose().
    void lose(std::size_t device, bool for_good);

    bool gone_for_good(std::size_t device) const { return gone_.contains(device); }
    std::uint64_t lost() const { return lost_; }

private:
    bool someone_alone() const;

    const Cluster& world_;
    std::set<std::size_t> gone_;
    bool whole_ = false;  // there was such an instant, and no loss since
    std::uint64_t lost_ = 0;
};

}  // namespace chord::sim
