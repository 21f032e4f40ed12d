// The handshake patterns as data: which keys each message carries and which secrets are mixed in (Noise rev 34,
// sections 7.5 and 9.4). Handshake interprets them; nothing else knows one pattern from another.
//
// IKpsk2 is for peers whose static key is known: one round trip, and the initiator's key is hidden from all but that
// peer. XXpsk3 is for an address of which nothing is known: both keys are learnt, one message later. The pre-shared key
// goes in last. It keeps everybody else out of the session, but a responder of XXpsk3 answers anybody, and one of
// IKpsk2 whoever has its public key: silence toward strangers needs a check of the datagram in front (mac1).
//
//   IKpsk2:  <- s                           XXpsk3:  -> e
//            ...                                     <- e, ee, s, es
//            -> e, es, s, ss                         -> s, se, psk
//            <- e, ee, se, psk
//
// Invariants, checked below while compiling:
//   1. Every message, and every static key on the way, is encrypted: a pattern begins with e, which gives a key when
//      there is a psk in the pattern (section 9.2). There is no plaintext mode to fall back to.
//   2. Each side has the keys that a token needs when it comes to it.
//   3. Each side's ephemeral key is sent once, and mixed with something before a psk goes in (section 9.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "net/noise/cipher.hpp"

namespace chord::net::noise {

enum class Token : std::uint8_t { e, s, ee, es, se, ss, psk };  // es: the initiator's e with the responder's s

struct Pattern {
    std::string_view protocol_name;
    bool responder_static_known;                       // the pre-message "<- s"
    std::span<const std::span<const Token>> messages;  // the first is the initiator's, then in turn
};

namespace pattern_table {

inline constexpr Token kIkFirst[] = {Token::e, Token::es, Token::s, Token::ss};
inline constexpr Token kIkSecond[] = {Token::e, Token::ee, Token::se, Token::psk};
inline constexpr std::span<const Token> kIkMessages[] = {kIkFirst, kIkSecond};

inline constexpr Token kXxFirst[] = {Token::e};
inline constexpr Token kXxSecond[] = {Token::e, Token::ee, Token::s, Token::es};
inline constexpr Token kXxThird[] = {Token::s, Token::se, Token::psk};
inline constexpr std::span<const Token> kXxMessages[] = {kXxFirst, kXxSecond, kXxThird};

}  // namespace pattern_table

inline constexpr Pattern kIkPsk2{"Noise_IKpsk2_25519_ChaChaPoly_BLAKE2b", true, pattern_table::kIkMessages};
inline constexpr Pattern kXxPsk3{"Noise_XXpsk3_25519_ChaChaPoly_BLAKE2b", false, pattern_table::kXxMessages};

/// How many bytes message `index` (from 0) has besides its payload: 96 and 48 for IKpsk2, 48, 96 and 64 for XXpsk3.
constexpr std::size_t message_overhead(const Pattern& pattern, std::size_t index) {
    std::size_t bytes = kCipherTagBytes;
    for (const Token token : pattern.messages[index]) {
        if (token == Token::e) bytes += kKeyBytes;
        if (token == Token::s) bytes += kKeyBytes + kCipherTagBytes;
    }
    return bytes;
}

/// The invariants at the head of this file.
constexpr bool is_sound(const Pattern& pattern) {
    struct Sent {
        bool ephemeral = false;
        bool statik = false;
    };
    Sent sent[2] = {{false, false}, {false, pattern.responder_static_known}};  // of the initiator, of the responder
    bool psk_mixed = false;
    if (pattern.messages.empty() || pattern.messages[0].empty() || pattern.messages[0][0] != Token::e) return false;
    for (std::size_t i = 0; i < pattern.messages.size(); ++i) {
        Sent& sender = sent[i % 2];
        for (const Token token : pattern.messages[i]) {
            bool& once = token == Token::e ? sender.ephemeral : token == Token::s ? sender.statik : psk_mixed;
            switch (token) {
                case Token::e:
                case Token::s:
                case Token::psk:
                    if (once || (token == Token::psk && !sender.ephemeral)) return false;
                    once = true;
                    break;
                case Token::ee:
                    if (!sent[0].ephemeral || !sent[1].ephemeral) return false;
                    break;
                case Token::es:
                    if (!sent[0].ephemeral || !sent[1].statik) return false;
                    break;
                case Token::se:
                    if (!sent[0].statik || !sent[1].ephemeral) return false;
                    break;
                case Token::ss:
                    if (!sent[0].statik || !sent[1].statik) return false;
                    break;
            }
        }
    }
    return psk_mixed && sent[1].ephemeral;
}

static_assert(is_sound(kIkPsk2) && is_sound(kXxPsk3));

}  // namespace chord::net::noise
