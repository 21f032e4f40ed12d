// Session: what a finished handshake leaves: two keys, the counter of what is sent, the window of what has come. Seals
// and opens data frames.
//
//   data frame = head (16, clear, authenticated) ‖ ChaCha20-Poly1305(plaintext) ‖ tag (16)
//
// Invariants
//  1. No counter is used twice, and none beyond what RekeyPolicy allows.
//  2. A frame opens once; what is forged or repeated changes nothing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "net/channel/frame.hpp"
#include "net/noise/handshake.hpp"
#include "net/session/rekey_policy.hpp"
#include "net/session/replay_window.hpp"
#include "node/core/base/id.hpp"

namespace chord::net {

inline constexpr std::size_t kDataOverheadBytes = kFrameHeadBytes + noise::kCipherTagBytes;
inline constexpr std::size_t kPlaintextBytesMax = kDatagramBytesMax - kDataOverheadBytes;

class Session {
public:
    Session(noise::SessionCiphers ciphers, SessionIndex theirs, const Id& peer, Role role, Time born)
        : ciphers_(std::move(ciphers)), theirs_(theirs), peer_(peer), role_(role), born_(born), heard_(born) {}

    /// The ring id that the peer has shown to be its own.
    const Id& peer() const { return peer_; }

    Freshness freshness(const RekeyPolicy& policy, Time now) const {
        return policy.judge(now - born_, std::max(next_counter_, greatest_received_), role_);
    }

    /// Makes a frame of a plaintext, which stands in `frame` between kFrameHeadBytes and kCipherTagBytes bytes of room.
    /// REQUIRES: freshness is not `refuse`, and frame.size() <= kDatagramBytesMax.
    void seal(std::span<std::uint8_t> frame);

    struct Opened {
        std::span<std::uint8_t> plaintext;  // a part of the frame
        bool newest = false;                // the greatest counter so far
    };
    /// Opens a frame in place. REQUIRES: `head` is that of `frame`, of kind data.
    /// Errors: bad_message when it is forged, already_in_use when it has come before or is too old to tell.
    Result<Opened> open(const FrameHead& head, std::span<std::uint8_t> frame);

    /// When the peer was last heard under this session, or made it.
    Time heard() const { return heard_; }
    void note_heard(Time now, const Endpoint& from, const Endpoint& at) {
        heard_ = now;
        heard_from_ = from;
        heard_at_ = at;
    }
    /// The own address at which the peer was heard last, if it spoke from `peer`; of port 0 otherwise.
    Endpoint own_address_towards(const Endpoint& peer) const { return peer == heard_from_ ? heard_at_ : Endpoint{}; }

    /// Where the other half of the handshake went to and came back from: the peer is there, whatever it writes on its
    /// datagrams since. Of port 0 if that is not known.
    const Endpoint& proven() const { return proven_; }
    void prove(const Endpoint& address) { proven_ = address; }

    /// The third message of XXpsk3, for the initiator to repeat: empty from the first frame on that opened, which shows
    /// that it has come.
    const std::vector<std::uint8_t>& finish() const { return finish_; }
    void keep_finish(std::vector<std::uint8_t> finish) { finish_ = std::move(finish); }

private:
    noise::SessionCiphers ciphers_;
    SessionIndex theirs_;
    Id peer_;
    Role role_;
    Time born_;
    Time heard_;
    Endpoint heard_from_{}, heard_at_{};
    Endpoint proven_{};
    std::uint64_t next_counter_ = 0;
    std::uint64_t greatest_received_ = 0;
    ReplayWindow window_;
    std::vector<std::uint8_t> finish_;
};

}  // namespace chord::net
