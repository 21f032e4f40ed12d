// Which FleetList the operator goes on from, and how the next one is signed, kept and given to the ring.
//
// Invariants
//  1. What any list of this fleet says that is within reach (the ring's, the one kept beside the key, one given with
//     --list) is in the next one too, also when two of them have one number.
//  2. Nothing is signed when this key is known to have signed a later list than any within reach, unless --force.
//  3. The list is kept on disk before the key file says that it was signed, and that before anybody sees it: an
//     interruption leaves no list that the next one could miss.
#pragma once

#include <optional>
#include <string>

#include "net/admission/fleet_list.hpp"
#include "node/cli/fleet/key_file.hpp"
#include "node/cli/fleet/ring_side.hpp"

namespace chord::cli {

struct ListBase {
    net::admission::FleetList list;  // number 0: the fleet's first list is to come
    std::string origin;              // "the ring's list 8"
    bool ring = false;               // a node of the fleet answers
};

/// The list to read from: the newest within reach, with what only an older one says. `to_sign`: see invariant 2.
/// Says in a note when no node is reachable.
Outcome<ListBase> reach_list(Call& call, const KeyFile& key, RingSide& ring, bool to_sign);

/// The list kept beside the key alone; number 0 when there is none.
Outcome<net::admission::FleetList> kept_list(const KeyFile& key);

/// What became of the signed list.
struct SignedList {
    std::uint32_t number = 0;
    bool given = false;  // a node took it
    std::string file;    // where it lies
};

/// Signs `base.list`, changed by the caller, as the next one, at `now`; writes it to --out FILE or gives it to the
/// node. Failure: also when the node does not take it; then it is kept, and the sentence says where.
Outcome<SignedList> sign_list(Call& call, KeyFile& key, RingSide& ring, ListBase base, net::admission::Seconds now);

/// "list 9 is with the ring", or where it lies and what to do with it. One line.
std::string signed_text(const SignedList& made);

}  // namespace chord::cli
