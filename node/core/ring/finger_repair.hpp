// FingerRepair: fills the finger table after a join and then refreshes one finger a period, in turn (ToN 2003, IV-E.1).
// A finger that still owns its target says so in one exchange; only another one is looked up. A joiner begins with what
// its successor has.
#pragma once

#include "node/core/context.hpp"
#include "node/core/ring/lookup.hpp"

namespace chord {

class FingerRepair {
public:
    FingerRepair(Context& context, Lookup& lookup) : context_(context), lookup_(lookup), wake_(context.scheduler) {}

    /// Goes on for the life of the node.
    Task<void> run();

    /// The node has joined: fill the whole table now.
    void refill() {
        complete_ = false;
        wake_.set();
    }

    /// The table is filled already.
    void assume_complete() { complete_ = true; }

private:
    Task<void> fill(std::vector<int> wanted);
    Task<bool> refresh(int exponent);
    bool set_from_list(int exponent);
    Task<bool> still_right(int exponent);

    Context& context_;
    Lookup& lookup_;
    Signal wake_;
    bool complete_ = false;
    std::size_t next_ = 0;
};

}  // namespace chord
