// Request: a device asks to be admitted. As a file it is carried to the fleet key, as a message it goes to an inviter.
//
//   version 1 (1) ‖ sign key (32) ‖ static key (32) ‖ capacity (1) ‖ name wished (1+20 at most) ‖
//   tag wished (1+11 at most) ‖ signature by the sign key, purpose `request`, over all before it (64)
//
// The signature proves that the sender holds the sign key. That it holds the static key is proved by the handshake
// where there is one, and needs no proof in a file: with a static key that is not its own it can finish no handshake,
// and its owner shows another certificate. Names and tags are wishes; whoever admits decides.
//
// It names no fleet: a device need not know whose it will be, and can be admitted by several.
//
// Invariants
//  1. One encoding per content: parse accepts exactly what sign_request() makes.
#pragma once

#include <string>
#include <vector>

#include "net/admission/certificate.hpp"

namespace chord::net::admission {

inline constexpr std::size_t kRequestBytesMax =
    1 + 32 + 32 + 1 + 1 + kNameBytesMax + 1 + kTagBytesMax + kSignatureBytes;

struct Request {
    VerifyKey sign_key{};
    noise::PublicKey static_key{};
    std::uint8_t capacity = 0;
    std::string name;  // is_name(), or empty: no wish
    std::string tag;   // is_tag()

    friend bool operator==(const Request&, const Request&) = default;
};

/// The request signed by the device's key, which it gets as its sign key. REQUIRES: name and tag as above.
std::vector<std::uint8_t> sign_request(Request request, const SigningKey& device);

/// What the request in these bytes says, its signature not looked at: for what may be refused without public-key work.
/// Errors: bad_message.
Result<Request> parse_request(View bytes);

/// The request in these bytes, its signature checked. Errors: bad_message.
Result<Request> read_request(View bytes);

/// What the one who admits decides.
struct AdmissionTerms {
    NetworkId network{};
    std::string name;  // empty: the wish; without one, as default_name() says
    std::string tag;   // empty: the wish
    std::uint8_t roles = 0;
    Seconds issued = 0;
    std::uint32_t lifetime = 366 * 86400;  // seconds
    std::array<std::uint8_t, 16> nonce{};  // fresh random bytes: they place the device on the ring
    std::uint32_t invite = 0;
    std::uint32_t use = 0;
};

/// The certificate for the request under these terms, signed by `issuer`. Errors: bad_message when the terms or wishes
/// give no well-formed certificate.
Result<SignedCertificate> admit(const Request& request, const AdmissionTerms& terms, const SigningKey& issuer);

/// The certificate in the answer to `asked`: of that network, for these keys, signed by `issuer`, which the asker knows
/// from the session (the inviter) or from the invite (the fleet key). One signature check. Errors: bad_message.
/// Whether the issuer may issue shows when the asker has the FleetList: standing_of().
Result<SignedCertificate> read_grant(View certificate, const Request& asked, const NetworkId& network,
                                     const VerifyKey& issuer);

/// "barn-7f3a": the tag, or "node", and four hex digits of the key's id.
std::string default_name(const VerifyKey& device, const std::string& tag);

}  // namespace chord::net::admission
