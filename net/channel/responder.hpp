// Responder: the handshakes that others begin with this node.
//
// The cheapest checks first: mac1, the opener and its number, whether the same bytes came lately, the load, and only
// then public-key work. Whoever is not in the network gets no answer to anything that he makes, and none of what he
// recorded is answered to him a second time, except
//  - recordings from before a restart of this node, in their order and as long as their initiator has not come again:
//    the numbers seen are not kept on disk;
//  - an opener, once, by another member that a NAT may be in front of (opener.hpp, may_arrive_at);
//  - what never arrived, since it was lost or held back, or arrives first from another address, and an opener whose
//    handshake was never finished, once it has left the last kSeenMax: those are no repetitions here;
//  - more than twenty recorded ik_open within a second, none of them among the last few hundred, put this node under
//    load, and each further one gets a cookie: its number is seen after public-key work only.
//
// Invariants
//  1. At most kHalfOpenMax handshakes of XXpsk3 wait for their third message, each for kHalfOpenFor; the oldest goes.
//  2. Handshakes under any of at most kNetworkKeysMax network keys are answered, each under its own; which one a frame
//     was made with, its mac1 says.
//  3. What is answered is at most three times as long as what came (RFC 9000 section 8.1), one datagram for one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <vector>

#include "net/channel/handshake_frames.hpp"
#include "net/channel/opener.hpp"
#include "net/guard/handshake_gate.hpp"
#include "net/guard/initiation_log.hpp"
#include "net/guard/keyed_table.hpp"

namespace chord::net {

class Responder {
public:
    static constexpr std::size_t kHalfOpenMax = 64;
    static constexpr Duration kHalfOpenFor = std::chrono::seconds(5);
    static constexpr std::size_t kInitiatorsMax = 1024;  // numbers remembered, for each pattern
    static constexpr std::size_t kSeenMax = 1024;        // first messages remembered
    static constexpr std::size_t kNetworkKeysMax = 2;

    /// Why nothing came of a frame.
    enum class Drop : std::uint8_t { none, stranger, load, replayed, own, malformed };

    struct Outcome {
        Drop drop = Drop::none;
        std::vector<std::uint8_t> answer{};  // empty: none
        bool is_cookie = false;
        std::optional<Established> established{};
        bool confirmed = false;  // the initiator has proved to be alive; else its first data frame will
    };

    /// `identity` must outlive this object.
    Responder(const LocalIdentity& identity, const TableSecret& secret);

    /// Takes an xx_open, ik_open or xx_finish that came from `from` to the own address `at`. The frame's bytes are
    /// lost.
    Outcome receive(const FrameHead& head, std::span<std::uint8_t> frame, const Endpoint& from, const Endpoint& at,
                    Time now);

    /// From now on handshakes under these keys are answered, the most likely first, and no others. REQUIRES: 1 to
    /// kNetworkKeysMax.
    void accept(std::span<const noise::SecretKey* const> network_keys);

    /// Whether a handshake frame of whatever kind was made by a member for this network.
    bool is_from_member(std::span<const std::uint8_t> frame) { return network_of(frame) != nullptr; }

    /// Forgets the handshakes that await the third message of whoever claims this key.
    void forget(const PeerKey& claimed);

private:
    /// What a network key is used for, and how.
    struct NetworkKeyUse {
        explicit NetworkKeyUse(const noise::SecretKey& network_key);
        noise::SecretKey key;
        CookieIssuer issuer;
        CookieHolder macs;  // of answers; never has a cookie
    };

    struct HalfOpen {
        SessionIndex index;
        SessionIndex theirs;
        PeerKey claimed;
        std::uint64_t number;  // of the opener; counts when the claim is proved, else one member could use up another's
        noise::Handshake handshake;
        Time since;
    };

    bool came_before(std::span<const std::uint8_t> frame, Time now);
    NetworkKeyUse* network_of(std::span<const std::uint8_t> frame);
    Outcome answer_by_key(NetworkKeyUse& network, const FrameHead& head, std::span<std::uint8_t> frame, Time now);
    Drop read_opener(const NetworkKeyUse& network, const FrameHead& head, std::span<const std::uint8_t> frame,
                     const Endpoint& at, std::optional<Opener>& opener);
    Outcome answer_anybody(NetworkKeyUse& network, const FrameHead& head, std::span<std::uint8_t> frame,
                           const Opener& opener, Time now);
    Outcome finish(const FrameHead& head, std::span<std::uint8_t> frame, Time now);

    const LocalIdentity& identity_;
    std::list<NetworkKeyUse> networks_;
    HandshakeGate gate_;
    KeyedTable<Time> seen_;          // by mac1: a first message is never sent twice
    InitiationLog proved_;           // numbers by IKpsk2
    InitiationLog claimed_;          // numbers by openers
    std::list<HalfOpen> half_open_;  // oldest first
};

}  // namespace chord::net
