// Certificate: what the fleet says of one device. Its name, its keys, the eight ring positions it may choose from, what
// it may do, and for how long.
//
//   file form     offset  bytes
//     version          0      1   1
//     network id       1     16
//     sign key        17     32   Ed25519, the device's identity
//     static key      49     32   X25519, the device's side of handshakes
//     nonce           81     16   the enroller's; with the sign key it fixes the positions
//     positions       97      1   K, 1…8
//     roles           98      1   bits of Role; unknown bits are kept and mean nothing
//     capacity        99      1   capacity class, 0 = not said
//     not before     100      5   seconds since 1970: when it was issued
//     lifetime       105      4   seconds, at least 1
//     issuer         109      8   issuer_id of the key that signs
//     serial         117      8   invite number (4; 0: admitted by file) ‖ number of the use (4)
//     name           125   1+20   at most
//     tag           n       1+11   at most
//     signature     n         64   Ed25519 by the issuer, purpose `certificate`, over all before it
//
//   shown form, in handshakes: kind 2 (1) ‖ position index (1) ‖ file form; at most 224 bytes, kCredentialBytesMax.
//
// The position index is the node's own choice among K and changes while it runs, so no issuer can have signed it; it
// stands before what is signed. A node that shows two at once is held to the later one (FleetCredentials).
//
// It is not a judgement: whether the issuer may issue, and whether it has expired or been revoked, is said by
// standing_of() in standing.hpp.
//
// Invariants
//  1. One encoding per content: parse() accepts exactly the bytes that encode() makes.
//  2. Nothing outside the signature matters but the position index.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/admission/fields.hpp"
#include "net/channel/credentials.hpp"

namespace chord::net::admission {

inline constexpr std::uint8_t kCertificateKind = 2;  // first byte of what is shown; trial credentials have 1
inline constexpr std::uint8_t kPositionsMax = 8;     // K
inline constexpr std::size_t kCertificateBytesMax = kCredentialBytesMax - 2;

/// Who has none of these bits may store, serve and be served.
enum class Role : std::uint8_t {
    inviter = 1,  // may be delegated the right to admit and to renew; the delegation itself is in the FleetList
    admin = 2,    // may change the ring's settings from afar
};
constexpr bool has_role(std::uint8_t roles, Role role) {
    return (roles & static_cast<std::uint8_t>(role)) != 0;
}

struct Certificate {
    NetworkId network{};
    VerifyKey sign_key{};
    noise::PublicKey static_key{};
    std::array<std::uint8_t, 16> nonce{};
    std::uint8_t positions = kPositionsMax;
    std::uint8_t roles = 0;
    std::uint8_t capacity = 0;
    Seconds not_before = 0;
    std::uint32_t lifetime = 1;  // seconds
    IssuerId issuer{};
    std::uint32_t invite = 0;  // number of the invite by which it was admitted; 0: by file
    std::uint32_t use = 0;     // which of that invite's uses; by file, a random number
    std::string name;
    std::string tag;

    friend bool operator==(const Certificate&, const Certificate&) = default;

    /// The first second in which it counts no more.
    Seconds not_after() const { return not_before + lifetime; }
    /// When it is to be renewed: two thirds of its life are over.
    Seconds renew_from() const { return not_before + std::uint64_t{lifetime} * 2 / 3; }
    /// Invite and use in one, as people see it.
    std::uint64_t serial() const { return std::uint64_t{invite} << 32 | use; }
    /// Ring position `index` (node/core/base/hash.hpp). REQUIRES: index < positions.
    Id position(std::uint8_t index) const;
};

/// A certificate as its issuer signed it.
struct SignedCertificate {
    Certificate content;
    Signature signature{};

    friend bool operator==(const SignedCertificate&, const SignedCertificate&) = default;
};

/// True for content that can be encoded: name and tag, 1 <= positions <= 8, lifetime >= 1, not_before with it within
/// kSecondsMax.
bool is_well_formed(const Certificate& certificate);

/// True when `renewed` can take the place of `old` without the node noticing: the same network, keys and positions, and
/// it ends later. Says nothing about its signature.
bool is_renewal(const Certificate& old, const Certificate& renewed);

/// The certificate signed by `issuer`, whose id it gets. REQUIRES: is_well_formed.
SignedCertificate issue(Certificate content, const SigningKey& issuer);

/// True when `issuer` signed it. One signature check; says nothing about whether that key may.
bool is_issued_by(const SignedCertificate& certificate, const VerifyKey& issuer);

/// The file form. REQUIRES: is_well_formed.
std::vector<std::uint8_t> encode(const SignedCertificate& certificate);
/// Errors: bad_message for everything that encode() does not make.
Result<SignedCertificate> parse_certificate(View file_form);

/// The shown form. REQUIRES: is_well_formed, position < positions.
std::vector<std::uint8_t> shown_form(const SignedCertificate& certificate, std::uint8_t position);
struct ShownCertificate {
    SignedCertificate certificate;
    std::uint8_t position = 0;
};
/// Errors: bad_message for everything that shown_form() does not make.
Result<ShownCertificate> parse_shown_certificate(View shown);

}  // namespace chord::net::admission
