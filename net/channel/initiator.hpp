// Initiator: the handshakes that this node began and that have not been answered yet.
//
// It has no timers. Whoever wants to send and has no session calls open() again and again, as its own retransmissions
// fall due; each time, unless it is too early, a new first message goes out, with a new number: a recording of an old
// one is worth nothing, and nothing has to be kept to be sent again.
//
// Invariants
//  1. At most kApproachesMax addresses are being approached, the one tried longest ago is forgotten first; of each, the
//     last kAttemptsMax messages may be answered.
//  2. An approach is made under the network key that was to be begun with when its message left; an answer under the
//     one before still counts.
//  3. Between two messages to one address the pause grows from kPauseMin, twofold each time, to kPauseMax; a cookie
//     that came shortens one pause.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "net/channel/handshake_frames.hpp"
#include "node/core/base/peer.hpp"

namespace chord::net {

class Initiator {
public:
    static constexpr std::size_t kApproachesMax = 256;
    static constexpr std::size_t kAttemptsMax = 2;
    static constexpr Duration kPauseMin = std::chrono::milliseconds(100);
    static constexpr Duration kPauseMax = std::chrono::seconds(3);
    static constexpr Duration kForgottenAfter = std::chrono::seconds(90);  // RekeyPolicy's give_up_after

    /// `identity` must outlive this object.
    explicit Initiator(const LocalIdentity& identity)
        : identity_(identity),
          network_key_(identity.network_key.clone()),
          mac_key_(mac_key_of(network_key_)),
          next_number_(identity.first_initiation) {}

    /// From now on handshakes begin with this key of the network.
    void begin_with(const noise::SecretKey& network_key) {
        network_key_ = network_key.clone();
        mac_key_ = mac_key_of(network_key_);
    }

    /// The next first message for `to`, unless it is too early. `known`: the key of who was there last; it is tried by
    /// IKpsk2 first, and by XXpsk3, which finds whoever is there, every other time.
    std::optional<std::vector<std::uint8_t>> open(const Endpoint& to, const std::optional<PeerKey>& known, Time now);

    struct Answered {
        Established established;
        Endpoint to;  // the address that was approached
        Duration rtt;
        std::vector<std::uint8_t> finish;  // of XXpsk3: to be sent before anything else
    };
    /// What an answer leads to; it ends the approach. Errors: bad_message, and nothing has changed.
    Result<Answered> take_answer(const FrameHead& head, std::span<std::uint8_t> frame, Time now);

    /// The new first message that a cookie allows, and to whom.
    struct Again {
        Endpoint to;
        std::vector<std::uint8_t> frame;
    };
    std::optional<Again> take_cookie(const FrameHead& head, std::span<const std::uint8_t> frame, Time now);

    /// Ends what was begun with the peer of this key.
    void forget(const PeerKey& peer) {
        std::erase_if(approaches_, [&](const auto& entry) { return entry.second.known == peer; });
    }

    std::size_t approaches() const { return approaches_.size(); }

private:
    struct Attempt {
        SessionIndex index;
        FrameKind kind;
        ResponderKey mac_key;
        noise::Handshake handshake;
        Time sent;
    };
    struct Approach {
        ResponderKey mac_key{};
        std::optional<CookieHolder> cookies;  // for that mac key
        std::optional<PeerKey> known;
        std::vector<Attempt> attempts;  // oldest first
        int opened = 0;
        Time last{};
        bool hastened = false;  // a cookie has shortened this pause
    };
    using Position = std::map<Endpoint, Approach>::iterator;

    Position approach(const Endpoint& to, Time now);
    std::vector<std::uint8_t> open_now(const Endpoint& to, Approach& approach, Time now);
    struct Found {
        Position approach;
        std::vector<Attempt>::iterator attempt;
    };
    std::optional<Found> find(SessionIndex index);

    const LocalIdentity& identity_;
    noise::SecretKey network_key_;
    ResponderKey mac_key_;
    std::uint64_t next_number_;
    std::map<Endpoint, Approach> approaches_;
};

}  // namespace chord::net
