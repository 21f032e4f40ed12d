// SessionTable: the sessions of this node, found by local index (what a datagram names) and by peer (whom one sends
// to). It knows nothing of what a session is: `Session` is any movable type; it wipes its keys when it is destroyed.
//
// Up to three sessions a peer, after WireGuard (Donenfeld, NDSS 2017, section 6.2 f.):
//   previous  replaced; datagrams under way still open under it
//   current   what is sent under
//   next      made as responder; becomes current when the first datagram under it has been authenticated, which proves
//             that the initiator is alive and no recording
//
// Peers are in two classes with a bound each: confirmed ones, of which something was authenticated, and unconfirmed
// ones, which have a next session only. A full class forgets the peer from which nothing was heard for the longest
// time, with all its sessions.
//
// Invariants
//  1. Initiations, new or recorded, never push a confirmed peer out.
//  2. No two sessions alive have the same index.
//  3. A peer's address changes only by a datagram that is authenticated, the newest of its session, and not of its
//     previous session (RFC 9000 section 9.3): a recording or a straggler does not turn it back.
//  4. Lookups cost O(1). Indices are our own dice, so that nobody can aim at one bucket; a peer's key is hashed by its
//     first bytes, since only admitted peers get here and they cannot choose them at will.
//
// Memory on a 64-bit machine, malloc's own bytes included: sizeof(Session) + 40 bytes a session, 200 bytes a peer. With
// a Session of 224 bytes (two keys, a ReplayWindow, some counters): 1 KiB for a peer that has all three.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "net/session/role.hpp"
#include "node/core/base/check.hpp"
#include "node/core/base/peer.hpp"
#include "node/core/base/result.hpp"

namespace chord::net {

/// Chosen at random by the side that receives under it, so that a stranger cannot guess one.
enum class SessionIndex : std::uint32_t {};

using PeerKey = std::array<std::uint8_t, 32>;  // X25519 static public key

struct SessionTableOptions {
    std::size_t confirmed_max;    // peers; > 0
    std::size_t unconfirmed_max;  // peers; > 0. Each waits one round trip here: some dozens serve a storm of joins.
};

template <typename Session>
class SessionTable {
public:
    struct Outgoing {
        Session* session;  // valid until the next non-const call
        Endpoint to;
    };

    explicit SessionTable(const SessionTableOptions& options) : options_(options) {
        CHORD_CHECK(options.confirmed_max > 0 && options.unconfirmed_max > 0);
    }

    /// A handshake with `peer` at `from` is complete. As initiator (its answer was authenticated) the session is
    /// current at once, and the old current one, or else a next one, becomes previous. As responder it is next, in
    /// place of an earlier next one.
    ///
    /// Errors: already_in_use when a session with this index is alive: nothing is changed. A responder rolls again; an
    /// initiator, whose index the peer knows by now, begins a new handshake (once in 2^32 / sessions).
    Status add(const PeerKey& peer, Role role, SessionIndex index, Session session, const Endpoint& from);

    /// The session that a datagram names, or nullptr; valid until the next non-const call. The datagram proves nothing
    /// yet, so nothing changes.
    Session* find(SessionIndex index) {
        const auto found = sessions_.find(index);
        return found == sessions_.end() ? nullptr : &found->second.session;
    }

    /// The key of the peer whose session it is, or nullptr.
    const PeerKey* peer_of(SessionIndex index) const {
        const auto found = sessions_.find(index);
        return found == sessions_.end() ? nullptr : &found->second.peer->key;
    }

    /// A datagram under this session has been authenticated and is no replay; `newest`: its counter is the greatest of
    /// the session so far. Confirms a next session, moves the peer's address. Whether it has confirmed one: what is
    /// sent goes under this session from now on. REQUIRES: the session is alive.
    bool heard(SessionIndex index, const Endpoint& from, bool newest);

    /// What to send to `peer` under, and where; nullopt while there is no current session.
    std::optional<Outgoing> outgoing(const PeerKey& peer) {
        const auto found = peers_.find(peer);
        if (found == peers_.end() || !found->second->current) return std::nullopt;
        return Outgoing{find(*found->second->current), found->second->address};
    }

    /// Ends all sessions of a peer, as when it has been revoked. No error when there are none.
    void erase(const PeerKey& peer) {
        if (const auto found = peers_.find(peer); found != peers_.end()) forget(found->second);
    }

    /// Ends every session for which `is_over(session)`; a peer without sessions is forgotten. O(sessions).
    template <typename Predicate>
    void erase_if(Predicate is_over);

    /// Whether `holds(session)` for some session. O(sessions).
    template <typename Predicate>
    bool any(Predicate holds) const {
        return std::any_of(sessions_.begin(), sessions_.end(),
                           [&](const auto& entry) { return holds(entry.second.session); });
    }

    std::size_t sessions() const { return sessions_.size(); }
    std::size_t peers() const { return peers_.size(); }

private:
    using Slot = std::optional<SessionIndex>;

    struct Entry {
        PeerKey key;
        Endpoint address;
        Slot previous;
        Slot current;
        Slot next;
        bool confirmed;
    };
    using Peers = std::list<Entry>;
    using Position = typename Peers::iterator;

    struct Held {
        Session session;
        Position peer;
    };
    struct FirstBytes {
        std::size_t operator()(const PeerKey& key) const noexcept {
            std::size_t hash = 0;
            std::memcpy(&hash, key.data(), sizeof hash);
            return hash;
        }
    };
    struct Itself {
        std::size_t operator()(SessionIndex index) const noexcept { return static_cast<std::size_t>(index); }
    };

    Position enter(const PeerKey& key, const Endpoint& from);
    void confirm(Position peer);
    void forget(Position peer);
    void drop(Slot& slot) {
        if (slot) sessions_.erase(*slot);
        slot.reset();
    }
    /// The session in `from` moves to `to`; what was there ends.
    void move(Slot& from, Slot& to) {
        drop(to);
        to = std::exchange(from, std::nullopt);
    }

    SessionTableOptions options_;
    Peers confirmed_;    // the one heard longest ago first
    Peers unconfirmed_;  // the oldest first
    std::unordered_map<PeerKey, Position, FirstBytes> peers_;
    std::unordered_map<SessionIndex, Held, Itself> sessions_;
};

template <typename Session>
Status SessionTable<Session>::add(const PeerKey& peer, Role role, SessionIndex index, Session session,
                                  const Endpoint& from) {
    if (sessions_.contains(index)) return Error::already_in_use;
    const auto known = peers_.find(peer);
    const Position position = known == peers_.end() ? enter(peer, from) : known->second;
    if (role == Role::responder) {
        if (unconfirmed_.size() > options_.unconfirmed_max) forget(unconfirmed_.begin());  // never the one just entered
        drop(position->next);
        position->next = index;
    } else {
        confirm(position);
        position->address = from;
        move(position->next ? position->next : position->current, position->previous);
        drop(position->current);
        position->current = index;
    }
    sessions_.emplace(index, Held{std::move(session), position});
    return Success{};
}

template <typename Session>
bool SessionTable<Session>::heard(SessionIndex index, const Endpoint& from, bool newest) {
    const auto found = sessions_.find(index);
    CHORD_CHECK(found != sessions_.end());
    const Position peer = found->second.peer;
    confirm(peer);
    const bool first = peer->next == index;
    if (first) {
        move(peer->current, peer->previous);
        move(peer->next, peer->current);
    }
    if (newest && peer->previous != index) peer->address = from;
    return first;
}

template <typename Session>
template <typename Predicate>
void SessionTable<Session>::erase_if(Predicate is_over) {
    for (Peers* peers : {&confirmed_, &unconfirmed_}) {
        for (Position peer = peers->begin(); peer != peers->end();) {
            const Position here = peer++;
            for (Slot* slot : {&here->previous, &here->current, &here->next}) {
                if (*slot && is_over(std::as_const(*find(**slot)))) drop(*slot);
            }
            if (!here->previous && !here->current && !here->next) forget(here);
        }
    }
}

/// A new, unconfirmed peer; the caller keeps the bound.
template <typename Session>
auto SessionTable<Session>::enter(const PeerKey& key, const Endpoint& from) -> Position {
    const Position position = unconfirmed_.insert(unconfirmed_.end(), Entry{key, from, {}, {}, {}, false});
    peers_.emplace(key, position);
    return position;
}

/// Something of this peer has been authenticated: it is confirmed, and the one heard last.
template <typename Session>
void SessionTable<Session>::confirm(Position peer) {
    if (!peer->confirmed) {
        if (confirmed_.size() == options_.confirmed_max) forget(confirmed_.begin());
        peer->confirmed = true;
        confirmed_.splice(confirmed_.end(), unconfirmed_, peer);
    } else {
        confirmed_.splice(confirmed_.end(), confirmed_, peer);
    }
}

template <typename Session>
void SessionTable<Session>::forget(Position peer) {
    for (Slot* slot : {&peer->previous, &peer->current, &peer->next}) drop(*slot);
    peers_.erase(peer->key);
    (peer->confirmed ? confirmed_ : unconfirmed_).erase(peer);
}

}  // namespace chord::net
