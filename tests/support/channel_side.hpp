// Somebody who holds the network key and speaks through channels of his own, for tests and fuzz targets: he seals
// whatever he likes and reads what he gets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "net/channel/channels.hpp"
#include "net/envelope.hpp"
#include "node/core/base/check.hpp"
#include "tests/support/test_identity.hpp"

namespace chord::testing {

/// Of datagrams with an envelope in them if they are data: their label says what they are.
inline bool is_handshake(const net::Datagram& datagram) {
    return datagram.label == std::array<std::uint8_t, 3>{};
}

class ChannelSide {
public:
    using Raw = std::vector<std::uint8_t>;

    struct HandedUp {
        Id sender;
        net::SessionIndex session;
        Raw plaintext;
    };

    ChannelSide(const Endpoint& at, net::LocalIdentity identity, const net::ChannelOptions& options = {})
        : address(at),
          channels(std::move(identity), options, counters, [this](const Peer& peer, std::optional<Duration> rtt) {
              if (rtt) measured.emplace_back(peer.address, *rtt);
          }) {}
    ChannelSide(const ChannelSide&) = delete;
    ChannelSide& operator=(const ChannelSide&) = delete;

    /// Room, plaintext, room: as Session::seal() wants it.
    static Raw frame_of(const Raw& plaintext) {
        Raw frame(net::kDataOverheadBytes + plaintext.size());
        std::ranges::copy(plaintext, frame.begin() + net::kFrameHeadBytes);
        return frame;
    }

    void send(const Callee& to, const Raw& plaintext, Time now, std::uint64_t request = 1, int attempt = 0) {
        const std::optional<Id> expected = to.id || !who ? to.id : who(to.address);
        channels.send_request(Callee(to.address, expected), request, attempt, frame_of(plaintext), now);
    }

    bool is_open(const Endpoint& to, Time now) {
        return channels.is_open(Callee(to, who ? who(to) : std::nullopt), now);
    }

    /// Answers who was heard last, at this address.
    void answer(const Endpoint& to, const Raw& plaintext, Time now, const Endpoint& from = {}) {
        const net::SessionIndex session = handed_up.empty() ? net::SessionIndex{} : handed_up.back().session;
        channels.send_answer(net::Asker{to, session}, from, frame_of(plaintext), now);
    }

    /// Whether something was handed up. The bytes are a copy.
    bool receive(const Endpoint& from, Raw datagram, Time now, const Endpoint& at = {}) {
        ++received;
        const auto opened = channels.receive(from, datagram, at, now);
        if (!opened) return false;
        handed_up.push_back({opened->sender, opened->session, {opened->plaintext.begin(), opened->plaintext.end()}});
        return true;
    }

    /// A plaintext under the session with whoever is at `to`. REQUIRES: there is one.
    Raw sealed(const Endpoint& to, const Raw& plaintext, Time now) {
        CHORD_CHECK(is_open(to, now));
        send(to, plaintext, now);
        auto datagrams = channels.take();
        CHORD_CHECK(!datagrams.empty());  // the second one, if there is one, is the opening of a rekey
        return std::move(datagrams.front().bytes);
    }

    Raw sealed(const Endpoint& to, const net::Envelope& envelope, const Raw& body, Time now) {
        const auto head = net::encode(envelope);
        Raw plaintext(head.begin(), head.end());
        plaintext.insert(plaintext.end(), body.begin(), body.end());
        return sealed(to, plaintext, now);
    }

    /// Shakes hands with `target` (an Rpc in its turn, or a ChannelSide) and says nothing to it.
    /// REQUIRES: the target has heard no opening of this key for InitiationLog::kPause.
    template <typename Receive, typename Take>
    void connect(const Endpoint& to, Time now, Receive receive, Take take) {
        send(to, Raw(net::kEnvelopeBytes, 1), now);
        for (int i = 0; i < 4 && !channels.is_open(to, now); ++i) {
            for (const net::Datagram& datagram : channels.take()) receive(datagram.bytes);
            for (const net::Datagram& datagram : take()) {
                if (datagram.to == address) this->receive(to, datagram.bytes, now);
            }
        }
        CHORD_CHECK(is_open(to, now));
        for (const net::Datagram& datagram : channels.take()) {
            if (is_handshake(datagram)) receive(datagram.bytes);
        }
    }

    Endpoint address;
    net::RpcCounters counters;
    std::vector<HandedUp> handed_up;
    std::vector<std::pair<Endpoint, Duration>> measured;
    /// Whom this side believes to be at an address, and means by it; if empty, it means whoever is there.
    std::function<std::optional<Id>(const Endpoint&)> who;
    std::uint64_t received = 0;
    net::Channels channels;
};

}  // namespace chord::testing
