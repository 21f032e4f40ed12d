// OwnAddresses: tells the neighbours at which addresses this node can be reached, if there are several, so that they
// find it when the one that they know fails. Not told to all: who hears of this node from a neighbour gets the address
// that works for that one.
//
// Invariants
//  1. A node with one address says nothing, unless it had several before.
//  2. Each neighbour is told once of a set of addresses; if it did not answer, again at the next change of neighbours.
#pragma once

#include <vector>

#include "node/core/context.hpp"

namespace chord {

class OwnAddresses {
public:
    explicit OwnAddresses(Context& context) : context_(context) {}

    /// What the machine has now, the best first; all but the first kAlsoAtMax are left out.
    void set(std::vector<Endpoint> addresses);

    /// To be called when neighbours have come or gone.
    void tell_neighbors();

private:
    Task<void> tell(Peer neighbor);

    Context& context_;
    std::vector<Endpoint> addresses_;
    bool worth_telling_ = false;
    std::vector<Id> told_;  // the neighbours that know addresses_, or are being told
};

}  // namespace chord
