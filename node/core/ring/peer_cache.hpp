// PeerCache: the peers that this node remembers beyond its ring state, so that it finds back after a restart, a split
// or the loss of its whole successor list (PROTOCOL-NOTES 2.6, 9). Hints only: a peer from here is asked before it is
// adopted.
//
// Also remembers for a while who stayed silent, so that lookups pass over it.
//
// Invariants
//  1. At most kPeersMax peers and kSuspectsMax suspects; the peers longest unheard of go first.
//  2. Never holds the node itself.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "node/core/base/bytes.hpp"
#include "node/core/base/peer.hpp"
#include "node/core/base/rng.hpp"
#include "node/core/base/time.hpp"

namespace chord {

class PeerCache {
public:
    static constexpr std::size_t kPeersMax = 64;
    static constexpr std::size_t kSuspectsMax = 64;

    explicit PeerCache(const Id& self) : self_(self) {}

    /// The peer answered or called just now.
    void heard_from(const Peer& peer, Time now);
    /// Somebody else named the peer; kept if there is room.
    void heard_of(const Peer& peer);
    void forget(const Id& peer);
    void silent(const Id& peer, Time suspect_until);

    std::optional<Peer> find(const Id& peer) const;
    /// Whether the peer itself was heard after `since`.
    bool heard_after(const Id& peer, Time since) const;
    bool is_suspect(const Id& peer, Time now) const;

    std::vector<Peer> peers() const;
    /// Up to `count` peers, walking clockwise from `point`.
    std::vector<Peer> peers_near(const Id& point, std::size_t count) const;
    /// Up to `count` peers in a random order.
    std::vector<Peer> sample(std::size_t count, Rng& rng) const;

    /// The peers as bytes to persist, 54 a peer: id, address, scope, port, big-endian.
    Bytes serialized() const;
    /// Adds the peers of serialized(); ignores what is not well-formed.
    void restore(BytesView bytes);
    /// Rises with each change of membership, so that the owner knows when to persist.
    std::uint64_t revision() const { return revision_; }

private:
    struct Entry {
        Peer peer;
        Time heard{};  // the epoch for peers known by hearsay or from before a restart
    };

    std::vector<Entry>::const_iterator at_or_behind(const Id& point) const;
    void insert(const Peer& peer, Time heard);

    Id self_;
    std::vector<Entry> entries_;  // by id; every message touches it, and a tree of nodes is slower by far
    std::map<Id, Time> suspects_;
    std::uint64_t revision_ = 0;
};

}  // namespace chord
