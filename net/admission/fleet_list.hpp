// FleetList: the one numbered document that the fleet key signs for everybody. It says who is out (revocations), and
// which devices may admit others in the fleet key's stead (delegations).
//
//   offset  bytes
//        0      1   version 1
//        1     16   network id
//       17      4   number, from 1; the greater one wins
//       21      5   issued, seconds since 1970
//       26      1   delegations, 0…16, each, by ascending key:
//                     inviter's sign key 32 ‖ roles 1 ‖ lifetime max 4 ‖ from 5 ‖ until 5 ‖ tag 1+11 at most
//        n      2   revocations, 0…1024, each, by ascending kind and subject:
//                     kind 1 ‖ subject 16 ‖ reason 1 ‖ at 5
//        n     64   Ed25519 by the fleet key, purpose `fleet_list`, over all before it
//
// Why both in one document? A chain (certificate, and below it the inviter's own with the fleet's signature) would be
// the usual thing, but takes two keys and two signatures, 192 bytes, and a handshake has room for 224 in all. So a
// certificate only names its issuer, and the few issuers spread the way revocations have to: one number in the
// heartbeats, one fetch, one rule for what is newer. What it costs: a device that was away while an inviter was
// delegated, and meets none but devices admitted by that inviter, knows none of them. It needs to meet one that the
// fleet key admitted (each inviter is one), or to be handed the list as a file.
//
// What a revocation of an inviter does: everything it issued counts no more, since its thief could date certificates
// back. An inviter that retires is not revoked: its delegation ends (`until`), what it issued lives on.
//
// What the thief of an inviter can do until then: issue certificates for any keys within the delegation, also in the
// name and at the place of devices that exist, since a handshake has no room for the device's own signature. Tags and
// short lifetimes bound it; the count of invites does not.
//
// Forks: an operator who signs two different lists of one number (two machines) has a fleet in which each node keeps
// the one that it saw first, until the next number. The tool therefore fetches the ring's list before it signs.
//
// Dropping entries: once `issued` is a longest lifetime after `at`, all certificates from before have expired, and
// whoever takes the list has its time floor raised to `issued` (fleet_time.hpp): the entry is not needed.
//
// Invariants
//  1. One encoding per content: parse() accepts exactly what encode() makes; order and uniqueness included.
//  2. At most kFleetListBytesMax bytes, whatever a peer says.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "net/admission/certificate.hpp"

namespace chord::net::admission {

inline constexpr std::size_t kDelegationsMax = 16;
inline constexpr std::size_t kRevocationsMax = 1024;
inline constexpr std::size_t kFleetListBytesMax = 26 + 1 + kDelegationsMax * (32 + 1 + 4 + 5 + 5 + 1 + kTagBytesMax) +
                                                  2 + kRevocationsMax * (1 + 16 + 1 + 5) + kSignatureBytes;

/// The right of one device to issue certificates and invites. It names the device's sign key itself, so that a renewal
/// of the device's certificate does not touch it.
struct Delegation {
    VerifyKey inviter{};
    std::uint8_t roles = 0;          // it may grant no other
    std::uint32_t lifetime_max = 0;  // seconds, of a certificate
    Seconds from = 0;                // certificates issued (not_before) in [from, until]
    Seconds until = 0;
    std::string tag;  // if not empty: of every certificate

    friend bool operator==(const Delegation&, const Delegation&) = default;
};

enum class Reason : std::uint8_t { unsaid = 0, lost = 1, stolen = 2, left = 3, superseded = 4 };

struct Revocation {
    enum class Kind : std::uint8_t {
        key = 1,     // key_id of a sign key or static key: the device is out, whatever certificate it shows
        serial = 2,  // issuer id ‖ serial: this certificate only
        invite = 3,  // invite number ‖ 12 zeros: everybody that came in by it, and the invite itself
    };
    Kind kind = Kind::key;
    std::array<std::uint8_t, 16> subject{};
    Reason reason = Reason::unsaid;  // for people; all weigh the same
    Seconds at = 0;

    friend bool operator==(const Revocation&, const Revocation&) = default;

    static Revocation of_key(const std::array<std::uint8_t, 32>& key, Reason reason, Seconds at);
    static Revocation of_serial(const IssuerId& issuer, std::uint64_t serial, Reason reason, Seconds at);
    static Revocation of_invite(std::uint32_t number, Reason reason, Seconds at);
};

struct FleetList {
    NetworkId network{};
    std::uint32_t number = 0;  // 0: no list yet
    Seconds issued = 0;
    std::vector<Delegation> delegations;
    std::vector<Revocation> revocations;

    friend bool operator==(const FleetList&, const FleetList&) = default;

    /// The delegation of that issuer, or null. One that has been revoked is none.
    const Delegation* delegation(const IssuerId& issuer) const;
    /// Why that key, certificate or invite is out; null when it is not. Costs one or a few binary searches.
    const Revocation* revocation_of_key(const std::array<std::uint8_t, 32>& key) const;
    const Revocation* revocation_of(const Certificate& certificate) const;
    const Revocation* revocation_of_invite(std::uint32_t invite) const;

    /// Adds the revocation, or replaces that of the same subject. Errors: full.
    Status revoke(const Revocation& revocation);
    /// Drops what was revoked before `at`; how many. When that may be done: see above.
    std::size_t drop_revocations_before(Seconds at);
    /// Adds the delegation, or replaces that of the same key. Errors: full.
    Status delegate(const Delegation& delegation);
};

/// The list as bytes, signed. REQUIRES: number > 0, sorted and within bounds (as revoke() and delegate() leave it), all
/// tags and times valid.
std::vector<std::uint8_t> sign_list(const FleetList& list, const SigningKey& fleet_key);

/// The list in these bytes. One signature check, after the bytes are well-formed and of this network.
/// Errors: bad_message; wrong_peer for a list of another network.
Result<FleetList> read_list(View bytes, const VerifyKey& fleet_key);

}  // namespace chord::net::admission
