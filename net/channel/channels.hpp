// Channels: carries plaintexts to addresses and back, each through a session of the peer that is there; begins the
// handshakes that this takes. Sans-I/O, and without timers: what is lost, its sender sends again, and that drives
// handshakes too.
//
// Sessions belong to peers (their static keys), not to addresses. A request says where it goes and which node it is
// meant for, and is sealed for that node only; one that names an address alone, for whoever has answered a handshake
// there. A peer that speaks from a new address keeps its session, and an address in a datagram changes nothing: anybody
// can write one.
//
// Who stays silent to two transmissions, or to one after nothing was heard for kQuietFor, may have started anew and
// know of no session: then a handshake runs beside the next.
//
// Invariants
//  1. To a stranger nothing is ever sent, and nothing that he sends changes anything (responder.hpp has four limits).
//  2. What is handed up was sealed by the peer that is named, for this node, and is handed up once.
//  3. All tables are bounded: ChannelOptions, Initiator, Responder, Backlog. About 190 KiB a node and 1 KiB a peer.
//  4. Keys that are over are wiped when the next datagram comes or goes after kSweepPeriod.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "net/channel/backlog.hpp"
#include "net/channel/initiator.hpp"
#include "net/channel/local_identity.hpp"
#include "net/channel/responder.hpp"
#include "net/channel/session.hpp"
#include "net/counters.hpp"
#include "net/datagram.hpp"
#include "net/guard/keyed_table.hpp"

namespace chord::net {

struct ChannelOptions {
    SessionTableOptions sessions{.confirmed_max = 1024, .unconfirmed_max = 64};
    std::size_t peers_max = 2048;     // whose static keys are known
    std::size_t addresses_max = 256;  // of which it is known who has answered a handshake there
    RekeyPolicy rekey;
};

/// Where a request came from, and under which session: its answer goes back the same way.
struct Asker {
    Asker() = default;
    Asker(const Endpoint& from, SessionIndex under = {}) : address(from), session(under) {}  // NOLINT: for tests

    Endpoint address{};
    SessionIndex session{};
};

class Channels {
public:
    static constexpr int kDoubtfulAttempt = 2;
    static constexpr Duration kQuietFor = std::chrono::seconds(10);
    static constexpr Duration kSweepPeriod = std::chrono::minutes(1);

    /// A handshake with this peer is complete, and what waited for it leaves now; how long the address took to answer,
    /// if this node began.
    using Reached = std::function<void(const Peer&, std::optional<Duration>)>;

    /// `counters` must outlive the channels.
    Channels(LocalIdentity identity, const ChannelOptions& options, RpcCounters& counters, Reached reached);

    /// Sends a request, or keeps it until the handshake that it begins is complete. The plaintext stands in `frame`
    /// with room around it, as for Session::seal(). `attempt`: 0 for the first transmission, then 1, 2, …
    void send_request(const Callee& to, std::uint64_t request, int attempt, std::vector<std::uint8_t> frame, Time now);

    /// Begins a handshake for what will be sent when it is complete.
    void open(const Callee& to, Time now) { open(to.address, key_of(to), now); }

    /// Whether the asker was reached at the address from which it asks: by a handshake, of which it has got the other
    /// half there. What it writes on its datagrams later is a claim.
    bool is_proven(const Asker& asker);
    /// Begins a handshake with the asker where it says that it is; nothing if its session is over.
    void ask_for_proof(const Asker& asker, Time now) {
        if (const PeerKey* const key = sessions_.peer_of(asker.session)) open(asker.address, *key, now);
    }

    struct Manner {
        bool unheard = false;  // nothing comes back, so that the peer may know of no session: a handshake too
        bool answer = false;   // leaves from the own address at which the peer was heard last
    };
    /// Sends what its sender repeats until it is acknowledged, laid out as above; without a session it is dropped and a
    /// handshake begun.
    void send_repeated(const Peer& to, std::vector<std::uint8_t> frame, const Manner& manner, Time now);

    /// Sends an answer; dropped if the session is over. `from` as in Datagram.
    void send_answer(const Asker& asker, const Endpoint& from, std::vector<std::uint8_t> frame, Time now);

    struct Opened {
        Id sender;
        SessionIndex session;
        std::span<std::uint8_t> plaintext;  // a part of the datagram
    };
    /// Any bytes from anybody, which are lost. What is no message is dealt with here; nullopt then. `at`: the own
    /// address at which it came.
    std::optional<Opened> receive(const Endpoint& from, std::span<std::uint8_t> datagram, const Endpoint& at, Time now);

    /// Whether what is sent there now leaves at once.
    bool is_open(const Callee& to, Time now) { return session_to(key_of(to), now) != nullptr; }

    /// Who may answer what was sent there: the node that was meant, else who has answered a handshake at the address.
    std::optional<Id> peer_of(const Callee& to, Time now);

    /// The network's keys from now on: handshakes under all of them are answered, own ones begin with
    /// `keys[begin_with]`. Sessions live on. REQUIRES: 1 to Responder::kNetworkKeysMax; begin_with < keys.size().
    void use_network_keys(std::span<const noise::SecretKey* const> keys, std::size_t begin_with);

    /// Ends all sessions and handshakes of this peer. What it sends under them is a stranger's from now on, and it is
    /// judged anew if it comes again. O(sessions).
    void close(const Id& peer);

    /// Whether there is any session with it, be it one that is only accepted under.
    bool has_session(const Id& peer) const;

    /// When this node was last heard under its newest session; Time{} without one.
    Time heard(const Peer& peer, Time now);

    std::vector<Datagram> take() { return std::exchange(datagrams_, {}); }

private:
    struct Known {
        PeerKey key{};
        Time heard{};
    };

    std::optional<PeerKey> key_of(const Callee& to);
    Session* session_to(const std::optional<PeerKey>& peer, Time now);
    void open(const Endpoint& to, const std::optional<PeerKey>& peer, Time now);
    void sweep(Time now);
    void post(const Endpoint& to, std::vector<std::uint8_t> bytes, const Endpoint& from = {});
    void seal_and_post(Session& session, const Endpoint& to, const Endpoint& from, std::vector<std::uint8_t> frame);
    void reached(const Peer& peer, const PeerKey& key, std::optional<Duration> rtt, Time now);
    std::optional<Opened> receive_data(const FrameHead& head, std::span<std::uint8_t> frame, const Endpoint& from,
                                       const Endpoint& at, Time now);
    void respond(const FrameHead& head, std::span<std::uint8_t> frame, const Endpoint& from, const Endpoint& at,
                 Time now);
    void receive_answer(const FrameHead& head, std::span<std::uint8_t> frame, Time now);
    bool establish(Established established, const Endpoint& address, Time now);

    LocalIdentity identity_;
    ChannelOptions options_;
    RpcCounters& counters_;
    Reached reached_;
    Initiator initiator_;
    Responder responder_;
    SessionTable<Session> sessions_;
    KeyedTable<Known> peers_;      // by ring id, which a handshake has proved
    KeyedTable<Known> addresses_;  // where this node has begun a handshake and who has answered it
    Backlog backlog_;
    std::vector<Datagram> datagrams_;
    Time swept_{};
};

}  // namespace chord::net
