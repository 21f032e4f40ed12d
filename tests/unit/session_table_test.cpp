// SessionTable: three sessions a peer, indices, roaming and the two bounds; and all of it against plain maps.
#include "net/session/session_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "node/core/base/rng.hpp"

namespace chord::net {
namespace {

using Index = SessionIndex;

Endpoint endpoint(std::uint16_t port) {
    Endpoint made;
    made.ip[15] = 1;
    made.port = port;
    return made;
}

PeerKey key(std::uint8_t byte) {
    PeerKey made{};
    made.fill(byte);
    return made;
}

Index index(std::uint32_t number) {
    return Index{number};
}

/// Movable only, as a session with keys is; counts who is alive.
class Session {
public:
    Session(int number, std::multiset<int>& alive) : number_(number), alive_(&alive) { alive.insert(number); }
    Session(Session&& other) noexcept : number_(other.number_), alive_(std::exchange(other.alive_, nullptr)) {}
    Session& operator=(Session&&) = delete;
    ~Session() {
        if (alive_ != nullptr) alive_->erase(alive_->find(number_));
    }
    int number() const { return number_; }

private:
    int number_;
    std::multiset<int>* alive_;
};

/// A table, whose sessions have the number of their index.
struct Fixture {
    explicit Fixture(std::size_t confirmed_max = 4, std::size_t unconfirmed_max = 2)
        : table({.confirmed_max = confirmed_max, .unconfirmed_max = unconfirmed_max}) {}

    Status add(std::uint8_t peer, Role role, std::uint32_t number, std::uint16_t port = 1) {
        return table.add(key(peer), role, index(number), Session(static_cast<int>(number), alive), endpoint(port));
    }
    void initiate(std::uint8_t peer, std::uint32_t number) { REQUIRE(add(peer, Role::initiator, number)); }
    void respond(std::uint8_t peer, std::uint32_t number) { REQUIRE(add(peer, Role::responder, number)); }
    /// The number of the session to send to the peer under; 0 when there is none.
    int current(std::uint8_t peer) {
        const auto outgoing = table.outgoing(key(peer));
        return outgoing ? outgoing->session->number() : 0;
    }
    std::uint16_t port(std::uint8_t peer) { return table.outgoing(key(peer))->to.port; }
    bool has(std::uint32_t number) {
        const Session* const session = table.find(index(number));
        if (session != nullptr) CHECK_EQ(session->number(), static_cast<int>(number));
        return session != nullptr;
    }

    std::multiset<int> alive;
    SessionTable<Session> table;
};

TEST_CASE("session_table: an initiator's session is current at once") {
    Fixture f;
    CHECK_EQ(f.current(1), 0);
    f.initiate(1, 10);
    CHECK_EQ(f.current(1), 10);
    CHECK(f.has(10));
    CHECK(*f.table.peer_of(index(10)) == key(1));
    CHECK(f.table.peer_of(index(11)) == nullptr);
    CHECK_FALSE(f.has(11));
}

TEST_CASE("session_table: a responder sends only after it was confirmed by a datagram") {
    Fixture f;
    f.respond(1, 10);
    CHECK(f.has(10));
    CHECK_EQ(f.current(1), 0);
    f.table.heard(index(10), endpoint(1), true);
    CHECK_EQ(f.current(1), 10);
}

TEST_CASE("session_table: previous, current and next live side by side, and each ends when its place is taken") {
    Fixture f;
    f.initiate(1, 10);
    f.initiate(1, 11);
    f.respond(1, 12);
    CHECK_EQ(f.alive, std::multiset<int>{10, 11, 12});
    CHECK_EQ(f.current(1), 11);

    f.respond(1, 13);  // in place of 12
    CHECK_EQ(f.alive, std::multiset<int>{10, 11, 13});
    f.table.heard(index(10), endpoint(1), true);  // stragglers confirm nothing new
    f.table.heard(index(11), endpoint(1), true);
    CHECK_EQ(f.current(1), 11);

    f.table.heard(index(13), endpoint(1), true);
    CHECK_EQ(f.alive, std::multiset<int>{11, 13});
    CHECK_EQ(f.current(1), 13);
    f.table.heard(index(13), endpoint(1), true);
    CHECK_EQ(f.alive, std::multiset<int>{11, 13});
}

TEST_CASE("session_table: after two crossed handshakes both sides can read what the other sends") {
    Fixture a;
    Fixture z;
    a.initiate(26, 1);  // the old session, A's index 1, Z's 2
    z.respond(1, 2);
    z.table.heard(index(2), endpoint(1), true);
    z.respond(1, 4);   // A's handshake: A's index 3, Z's 4
    a.respond(26, 5);  // Z's handshake: A's index 5, Z's 6
    a.initiate(26, 3);
    z.initiate(1, 6);
    const std::map<int, std::uint32_t> at_z = {{1, 2}, {3, 4}, {5, 6}};
    const std::map<int, std::uint32_t> at_a = {{2, 1}, {4, 3}, {6, 5}};
    for (int round = 0; round < 4; ++round) {
        const std::uint32_t to_z = at_z.at(a.current(26));
        const std::uint32_t to_a = at_a.at(z.current(1));
        REQUIRE(a.has(to_a));
        REQUIRE(z.has(to_z));
        a.table.heard(index(to_a), endpoint(1), true);
        z.table.heard(index(to_z), endpoint(1), true);
    }
    CHECK_LE(a.alive.size(), 3);
    CHECK_LE(z.alive.size(), 3);
}

TEST_CASE("session_table: an index alive is not given again, one that ended is") {
    Fixture f;
    f.initiate(1, 10);
    const Status again = f.add(2, Role::responder, 10);
    REQUIRE_FALSE(again);
    CHECK(again.error() == Error::already_in_use);
    CHECK(*f.table.peer_of(index(10)) == key(1));
    CHECK_EQ(f.table.peers(), 1);
    CHECK_EQ(f.alive, std::multiset<int>{10});
    f.table.erase(key(1));
    CHECK(f.add(2, Role::responder, 10));
}

TEST_CASE("session_table: the peer's address follows its newest datagram") {
    Fixture f;
    f.initiate(1, 10);
    CHECK_EQ(f.port(1), 1);
    f.table.heard(index(10), endpoint(2), true);
    CHECK_EQ(f.port(1), 2);
    f.table.heard(index(10), endpoint(3), false);  // a straggler
    CHECK_EQ(f.port(1), 2);

    f.initiate(1, 11);
    CHECK_EQ(f.port(1), 1);                       // the address that answered
    f.table.heard(index(10), endpoint(4), true);  // the newest of the previous session is old all the same
    CHECK_EQ(f.port(1), 1);

    REQUIRE(f.add(1, Role::responder, 12, 7));  // may be a recording
    CHECK_EQ(f.port(1), 1);
    f.table.heard(index(12), endpoint(8), true);
    CHECK_EQ(f.port(1), 8);
}

TEST_CASE("session_table: a full table forgets the confirmed peer heard longest ago, with all its sessions") {
    Fixture f(3, 2);
    for (std::uint8_t peer = 1; peer <= 3; ++peer) f.initiate(peer, peer);
    f.respond(2, 20);
    f.table.heard(index(1), endpoint(1), false);
    f.initiate(4, 4);
    CHECK_EQ(f.alive, std::multiset<int>{1, 3, 4});
    CHECK_EQ(f.current(2), 0);
    f.respond(5, 5);
    CHECK_EQ(f.alive, std::multiset<int>{1, 3, 4, 5});
    f.table.heard(index(5), endpoint(1), true);
    CHECK_EQ(f.alive, std::multiset<int>{1, 4, 5});
}

TEST_CASE("session_table: sending does not keep a peer that is silent") {
    Fixture f(2, 1);
    f.initiate(1, 1);
    f.initiate(2, 2);
    CHECK_EQ(f.current(1), 1);
    f.initiate(3, 3);
    CHECK_EQ(f.alive, std::multiset<int>{2, 3});
}

TEST_CASE("session_table: initiations without number push out no confirmed peer") {
    Fixture f(3, 2);
    for (std::uint8_t peer = 1; peer <= 3; ++peer) f.initiate(peer, peer);
    for (std::uint8_t peer = 10; peer < 200; ++peer) {
        f.respond(peer, peer);
        REQUIRE_EQ(f.table.peers(), std::min<std::size_t>(5, 3U + peer - 9U));
        REQUIRE(f.has(peer));
    }
    CHECK_EQ(f.alive, std::multiset<int>{1, 2, 3, 198, 199});
    f.respond(1, 250);  // a known peer needs no place of the unconfirmed
    CHECK_EQ(f.alive, std::multiset<int>{1, 2, 3, 198, 199, 250});
}

TEST_CASE("session_table: erase ends all of one peer, erase_if whatever is over") {
    Fixture f;
    f.initiate(1, 10);
    f.initiate(1, 11);
    f.respond(1, 12);
    f.initiate(2, 20);
    f.respond(3, 30);
    f.table.erase_if([](const Session& session) { return session.number() == 11 || session.number() == 30; });
    CHECK_EQ(f.alive, std::multiset<int>{10, 12, 20});
    CHECK_EQ(f.table.peers(), 2);
    CHECK_EQ(f.current(1), 0);
    f.table.heard(index(12), endpoint(1), true);
    CHECK_EQ(f.current(1), 12);
    f.table.erase(key(1));
    f.table.erase(key(9));
    CHECK_EQ(f.alive, std::multiset<int>{20});
    f.table.erase_if([](const Session&) { return true; });
    CHECK_EQ(f.table.peers(), 0);
    CHECK_EQ(f.table.sessions(), 0);
}

/// The contract once more, in plain vectors.
struct Model {
    struct Peer {
        std::uint8_t peer = 0;
        std::uint32_t previous = 0;
        std::uint32_t current = 0;
        std::uint32_t next = 0;
        std::uint16_t port = 0;
        bool has(std::uint32_t number) const { return number == previous || number == current || number == next; }
    };
    std::vector<Peer> confirmed;
    std::vector<Peer> unconfirmed;
    std::size_t confirmed_max = 0;
    std::size_t unconfirmed_max = 0;

    Peer take(std::vector<Peer>& peers, std::size_t at) {
        const Peer taken = peers[at];
        peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(at));
        return taken;
    }
    void confirm(const Peer& peer) {
        if (confirmed.size() == confirmed_max) confirmed.erase(confirmed.begin());
        confirmed.push_back(peer);
    }
    void add(std::uint8_t key, Role role, std::uint32_t number, std::uint16_t port) {
        for (std::vector<Peer>* peers : {&confirmed, &unconfirmed}) {
            for (std::size_t i = 0; i < peers->size(); ++i) {
                if ((*peers)[i].peer != key) continue;
                if (role == Role::responder) {
                    (*peers)[i].next = number;
                    return;
                }
                Peer peer = take(*peers, i);
                peer.previous = peer.next != 0 ? peer.next : peer.current;
                peer.next = 0;
                peer.current = number;
                peer.port = port;
                confirm(peer);
                return;
            }
        }
        if (role == Role::initiator) return confirm(Peer{key, 0, number, 0, port});
        if (unconfirmed.size() == unconfirmed_max) unconfirmed.erase(unconfirmed.begin());
        unconfirmed.push_back(Peer{key, 0, 0, number, port});
    }
    void heard(std::uint32_t number, std::uint16_t port, bool newest) {
        for (std::vector<Peer>* peers : {&confirmed, &unconfirmed}) {
            for (std::size_t i = 0; i < peers->size(); ++i) {
                if (!(*peers)[i].has(number)) continue;
                Peer peer = take(*peers, i);
                if (peer.next == number) {
                    peer.previous = std::exchange(peer.current, std::exchange(peer.next, 0));
                }
                if (newest && number != peer.previous) peer.port = port;
                return confirm(peer);
            }
        }
    }
    std::multiset<int> alive() const {
        std::multiset<int> numbers;
        for (const auto* peers : {&confirmed, &unconfirmed}) {
            for (const Peer& peer : *peers) {
                for (const std::uint32_t number : {peer.previous, peer.current, peer.next}) {
                    if (number != 0) numbers.insert(static_cast<int>(number));
                }
            }
        }
        return numbers;
    }
};

TEST_CASE("session_table: random handshakes and datagrams leave what plain lists would hold") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Rng rng(seed);
        Model model;
        model.confirmed_max = 1 + rng.below(5);
        model.unconfirmed_max = 1 + rng.below(3);
        Fixture f(model.confirmed_max, model.unconfirmed_max);
        std::uint32_t number = 0;
        for (int i = 0; i < 400; ++i) {
            CAPTURE(seed);
            CAPTURE(i);
            const auto port = static_cast<std::uint16_t>(1 + rng.below(9));
            const std::multiset<int> alive = model.alive();
            if (alive.empty() || rng.chance(1, 3)) {
                const auto peer = static_cast<std::uint8_t>(1 + rng.below(8));
                const Role role = rng.chance(1, 2) ? Role::initiator : Role::responder;
                REQUIRE(f.add(peer, role, ++number, port));
                model.add(peer, role, number, port);
            } else {
                const auto heard = *std::next(alive.begin(), static_cast<std::ptrdiff_t>(rng.below(alive.size())));
                const bool newest = rng.chance(1, 2);
                f.table.heard(index(static_cast<std::uint32_t>(heard)), endpoint(port), newest);
                model.heard(static_cast<std::uint32_t>(heard), port, newest);
            }
            REQUIRE_EQ(f.alive, model.alive());
            for (const Model::Peer& peer : model.confirmed) {
                REQUIRE_EQ(f.current(peer.peer), static_cast<int>(peer.current));
                if (peer.current != 0) REQUIRE_EQ(f.port(peer.peer), peer.port);
            }
        }
    }
}

}  // namespace
}  // namespace chord::net
