// FingerTable: Chord's long-range pointers. Finger i points at successor(self + 2^i) (ToN 2003, section IV-D; counted
// from 0 here). Only the fingers that reach beyond the first successor are stored: about log2 N of the 256.
//
// Fingers only speed lookups up; a wrong or dead one costs a retry and never the lookup.
#pragma once

#include <optional>
#include <vector>

#include "node/core/base/peer.hpp"

namespace chord {

class FingerTable {
public:
    struct Finger {
        int exponent = 0;
        Peer peer;
    };

    explicit FingerTable(const Id& self) : self_(self) {}

    /// The exponents to keep: those i whose target self + 2^i lies beyond the first successor. Largest first.
    std::vector<int> wanted(const Id& first_successor) const;

    std::optional<Peer> find(int exponent) const;
    void set(int exponent, const Peer& peer);
    void forget(const Id& peer);
    /// The node has answered at another address than was known.
    void readdress(const Peer& peer);
    void clear() { fingers_.clear(); }
    /// Drops the fingers that `wanted` no longer names.
    void keep_only(const std::vector<int>& wanted);

    /// The distinct nodes, at most so many, that of the largest exponent first.
    std::vector<Peer> nodes(std::size_t most) const;
    /// Largest exponent first.
    const std::vector<Finger>& fingers() const { return fingers_; }

private:
    Id self_;
    std::vector<Finger> fingers_;
};

}  // namespace chord
