// Invite: a string that a person pastes into a device, which is admitted by it without the fleet key at hand.
//
// How it works
//   An invite is a fresh key pair together with a token, signed by the fleet key or by an inviter, that says what the
//   pair's holder may ask for. The string carries the pair's secret, the token, the fleet's public key, the network's
//   pre-shared key and addresses to knock at. The device makes keys of its own, handshakes with an inviter under the
//   pre-shared key, showing the token and the invite key's signature over its static key (a guest, see below), and
//   sends a Request in the session. The inviter checks token, time, list and count, and answers with a certificate
//   that it issues under its own delegation (FleetList). From then on the invite is no longer needed.
//
// Why so, and not otherwise
//   - The fleet key is offline, so somebody else must issue; no node may hold the fleet key; so issuing is delegated,
//     by the FleetList, with bounds on roles, tag and lifetime.
//   - An invite that is itself a ready certificate for keys in the string would need no issuer, but whoever ever read
//     the string would be that device until it expires, and it could not be counted.
//   - The token has a public key in it, not a password: inviters and those who see a token cannot use it.
//   - It is signed, so that any inviter can check one that it has never seen, made offline.
//   - It carries the pre-shared key in clear: without it the device could not even begin a handshake with nodes that
//     answer no stranger. A string that leaks lets its finder learn that nodes exist until that key has been rotated
//     twice; he enters only if uses are left.
//
// Who counts, and what does a split do?
//   The token names one node that counts (`counter`); only there is it redeemed, and its ledger is on disk before the
//   certificate leaves. So the count holds in every split; the price is that nobody is admitted by this invite on a
//   side without that node, or while it is down. With counter 0 every inviter admits and counts for itself: at most
//   uses × inviters devices get in. The operator chooses when he makes it. A counter restored from a backup gives uses
//   out twice. Revoking the invite's number shuts out everybody who came in by it.
//
//   token         offset  bytes
//     version          0      1   1
//     network id       1     16
//     invite key      17     32   Ed25519
//     number          49      4   random, not 0
//     not after       53      5   seconds since 1970: the first second in which it counts no more
//     uses            58      2   1…kInviteUsesMax
//     roles           60      1
//     lifetime        61      4   of the certificate, seconds
//     counter         65      8   issuer_id of the node that counts; zeros: each inviter for itself
//     issuer          73      8
//     tag             81   1+11   at most; empty: what the device wishes
//     signature        n     64   by the issuer, purpose `invite`, over all before it
//
//   shown form    kind 3 (1) ‖ token ‖ signature by the invite key, purpose `invite use`, over token ‖ static key (64):
//                 at most 222 bytes
//   string        "chord1:" fleet name ":" base32( secret (16) ‖ fleet key (32) ‖ network key's number (4) ‖ its bytes
//                 (32) ‖ token from `number` on ‖ bootstrap ‖ checksum (4) )
//                 invite key's seed = BLAKE2b-256("chordd invite key" ‖ secret)
//                 checksum = first 4 bytes of BLAKE2b-256("chordd invite text" ‖ fleet name ‖ all before it)
//
// Invariants
//  1. One encoding per token. Of the string, letters may be written in several ways (armor.hpp); it is no name.
//  2. Who a token admits is bound to the static key that its handshake proves: a recorded one admits nobody else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/admission/bootstrap.hpp"
#include "net/admission/network_keyring.hpp"
#include "net/admission/standing.hpp"

namespace chord::net::admission {

inline constexpr std::uint8_t kInviteKind = 3;  // first byte of what is shown
inline constexpr std::uint16_t kInviteUsesMax = 1000;
inline constexpr std::size_t kTokenBytesMax = 81 + 1 + kTagBytesMax + kSignatureBytes;
inline constexpr std::size_t kInviteTextBytesMax = 512;

struct InviteTerms {
    std::uint32_t number = 1;
    Seconds not_after = 0;
    std::uint16_t uses = 1;
    std::uint8_t roles = 0;
    std::uint32_t lifetime = 1;
    IssuerId counter{};
    std::string tag;

    friend bool operator==(const InviteTerms&, const InviteTerms&) = default;
};

struct InviteToken {
    NetworkId network{};
    VerifyKey invite_key{};
    InviteTerms terms;
    IssuerId issuer{};
    Signature signature{};

    friend bool operator==(const InviteToken&, const InviteToken&) = default;
};

using InviteSecret = noise::Secret<16>;

/// What the string holds. Secret but for the token.
struct Invite {
    std::string fleet_name;
    VerifyKey fleet_key{};
    InviteSecret secret;
    NetworkKey network_key;
    InviteToken token;
    Bootstrap bootstrap;
};

/// The key pair of the invite with this secret.
SigningKey invite_key(const InviteSecret& secret);

/// number > 0, 1 <= uses <= kInviteUsesMax, lifetime >= 1, not_after within kSecondsMax, is_tag().
bool is_well_formed(const InviteTerms& terms);

/// A token for the invite with this secret. REQUIRES: is_well_formed(terms).
InviteToken make_token(const NetworkId& network, const InviteSecret& secret, const InviteTerms& terms,
                       const SigningKey& issuer);

std::vector<std::uint8_t> encode(const InviteToken& token);
/// Errors: bad_message for all that encode() does not make.
Result<InviteToken> parse_token(View bytes);

/// What a guest shows in its handshakes with `static_key`.
std::vector<std::uint8_t> shown_form(const InviteToken& token, const InviteSecret& secret,
                                     const noise::PublicKey& static_key);
/// The token, proved to be used by the holder of the invite's secret for this static key. One signature check.
/// Errors: bad_message.
Result<InviteToken> parse_shown_invite(View shown, const noise::PublicKey& static_key);

/// The token's standing, as of certificates (standing.hpp): `revoked` by its number, `beyond_delegation` when its
/// issuer may not grant so much. The issuer's signature is checked last. Uses are not its matter.
Standing standing_of(const InviteToken& token, const Judgement& by, bool signature_known = false);

/// The string. Secret; the caller wipes it once shown. REQUIRES: well-formed parts, and that the token is of the secret
/// and of the fleet.
std::string invite_text(const Invite& invite);

/// Errors: bad_message for what is no invite, mistyped (the checksum) or of another form.
Result<Invite> read_invite(std::string_view text);

}  // namespace chord::net::admission
