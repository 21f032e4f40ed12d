// Handshake: one side of one handshake (Noise rev 34, section 5.3), from its first message to the session's ciphers.
//
// It is sans-I/O: messages go in and out as bytes. It knows nothing of datagrams, peers, time, retransmission, cookies
// or certificates, and rolls no dice: the ephemeral key is handed in.
//
// Invariants:
//   1. All or nothing: a message that cannot be written or read changes nothing here, and the right message is accepted
//      afterwards. The specification would throw the state away. Over UDP anybody can send a datagram from the peer's
//      address, and a handshake that dies of a forged answer is one that a stranger can prevent.
//   2. Each message is accepted once, and only in its turn: the transcript has moved on. Yet another Handshake accepts
//      the first message too: who acts upon its payload must bear replays (PROTOCOL-NOTES 10.3).
//   3. Nothing is allocated for what a peer sends: messages are decrypted where they stand.
//   4. After split() no key is left but those it returned.
//
// Who is there, and when is it sure? Whoever reads the last message then knows that its writer holds remote_static()'s
// private key and the pre-shared key, and lives. Whoever writes the last message finishes with anybody, even with a
// replay or without the right pre-shared key, and knows as much only when the first session message decrypts. Until
// then it sends nothing that matters (section 7.7 has the levels; WireGuard does likewise).
//
// The cost is stated in multiplications (X25519): all the rest together takes less time than one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "net/noise/key_pair.hpp"
#include "net/noise/pattern.hpp"
#include "net/noise/symmetric_state.hpp"
#include "net/session/role.hpp"
#include "node/core/base/result.hpp"

namespace chord::net::noise {

struct HandshakeOptions {
    const Pattern& pattern;
    Role role = Role::initiator;
    std::span<const std::uint8_t> prologue;  // what both sides believe to have agreed on before; not secret
    const KeyPair& static_key;               // cloned; need not outlive the handshake, likewise the next
    const SecretKey& pre_shared_key;
    SecretKey ephemeral;                     // 32 random bytes, fresh for each handshake
    std::optional<PublicKey> remote_static;  // the responder's, where the pattern wants it known; else nothing
};

/// What encrypts and decrypts the session's messages, each with its own counters from 0.
struct SessionCiphers {
    Cipher send;
    Cipher receive;
};

class Handshake {
public:
    /// Costs no multiplication. REQUIRES: options.remote_static is given exactly to the initiator of a pattern with
    /// responder_static_known.
    explicit Handshake(HandshakeOptions options);

    bool is_finished() const { return progress_.messages == pattern_->messages.size(); }

    /// Whether the next message is this side's to write; false too when it is finished.
    bool is_my_turn() const;

    /// Appends the next message, message_overhead() longer than its payload, to `datagram`. To send it again, keep it:
    /// it is written once. Costs 1 + 2 (IKpsk2) or 1 (XXpsk3) multiplications for the first message, 1 + 2 for the
    /// second, 1 for the third.
    /// REQUIRES: is_my_turn(), and the payload is not part of `datagram`.
    /// Errors: too_big when the message would have more than 65,535 bytes; bad_message when a key that the peer sent,
    /// or that was given as remote_static, is of low order.
    Status write_message(std::span<const std::uint8_t> payload, std::vector<std::uint8_t>& datagram);

    /// Reads the peer's next message and decrypts its payload in place; the result is the payload, a part of `message`.
    /// Costs 2 and 2 multiplications for the messages of IKpsk2, 0, 2 and 1 for those of XXpsk3. A forged one costs
    /// what comes before its first tag, 1 and 2, 0, 1 and 0; one that is too short costs nothing. Errors: bad_message
    /// when it is not this handshake's next one: shorter than message_overhead() or longer than 65,535 bytes, changed,
    /// written under another prologue, static or pre-shared key, replayed, not in its turn, or with a key of low order.
    /// The bytes of `message` are lost then.
    Result<std::span<std::uint8_t>> read_message(std::span<std::uint8_t> message);

    /// The peer's static key, as soon as a message named it, or as given. For when it is proved see the head of this
    /// file; a responder should refuse a key that it does not admit before it writes its answer.
    const std::optional<PublicKey>& remote_static() const { return progress_.remote_static; }

    /// Names this session and no other one to both sides (section 11.2). Not secret. REQUIRES: is_finished().
    const Hash& handshake_hash() const;

    /// Ends the handshake; only remote_static() and handshake_hash() mean anything afterwards.
    /// REQUIRES: is_finished(), and split() was not called before.
    SessionCiphers split();

private:
    /// What messages change. Each works on a clone, which takes the place of the original when all went well.
    struct Progress {
        SymmetricState symmetric;
        std::optional<PublicKey> remote_static;
        std::optional<PublicKey> remote_ephemeral;
        std::size_t messages = 0;

        Progress clone() const { return {symmetric.clone(), remote_static, remote_ephemeral, messages}; }
    };

    const KeyPair& ephemeral();
    Status mix_secret(Token token, Progress& progress);
    Status append_token(Token token, Progress& progress, std::vector<std::uint8_t>& datagram);
    Status take_token(Token token, Progress& progress, std::span<std::uint8_t>& rest);

    const Pattern* pattern_;
    Role role_;
    Progress progress_;
    std::optional<KeyPair> static_key_;     // the keys are there until split()
    std::optional<KeyPair> ephemeral_key_;  // made of ephemeral_ when first needed
    SecretKey ephemeral_;
    SecretKey pre_shared_key_;
    bool split_ = false;
};

}  // namespace chord::net::noise
