// FleetKey: the file that makes its holder the operator of a fleet: the key that signs everything, and the network's
// pre-shared keys. It stays on the operator's machine; no node ever holds it.
//
//   plain content   version 1 (1) ‖ fleet name (1+20 at most) ‖ seed (32) ‖ list number (4) ‖ signed last (5) ‖
//                   keys (1) ‖ each: number (4) ‖ key (32)
//   file            armour CHORD FLEET KEY over
//                     0 ‖ plain content ‖ BLAKE2b-128 of it                                    without a passphrase
//                     1 ‖ salt (16) ‖ operations (4) ‖ memory KiB (4) ‖ nonce (24) ‖ secretbox   with one
//
// The passphrase makes the key by Argon2id (RFC 9106, crypto_pwhash), the box is XSalsa20-Poly1305 (crypto_secretbox).
// Cost and nonce stand in the file, the cost within bounds, so that a planted file cannot eat all memory.
//
// It is text in memory: reading and writing files, mode 0600, and asking for the passphrase are the caller's.
//
// Invariants
//  1. `signed last` falls by trust_clock() only: the operator's machine with a clock in the past does not sign lists
//  that look older
//     than the ones before; the tool asks when the clock is far from it.
//  2. One or two network keys, the newest first, numbers descending.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/admission/fleet_list.hpp"
#include "net/admission/network_keyring.hpp"

namespace chord::net::admission {

struct FleetKey {
    std::string name;  // is_name()
    SigningKey key;
    std::uint32_t list_number = 0;  // of the last list that was signed with it here
    Seconds signed_last = 0;
    std::vector<NetworkKey> network_keys;

    NetworkId network() const { return network_id(key.public_key()); }
    /// The issue time to write into what is signed now: the machine's clock, or what was written last if that is later;
    /// it is remembered. REQUIRES: wall <= kSecondsMax. Whether the clock may be right is the tool's question to ask.
    Seconds issue_time(Seconds wall);
    /// The operator vouches for the clock: what is signed next is dated so, also when the key once signed with a clock
    /// that was ahead. REQUIRES: wall <= kSecondsMax.
    void trust_clock(Seconds wall);
    /// The list, signed as the next one: its network, a number above its own and above all that were signed with this
    /// file, and its issue time are set. REQUIRES: fewer than 2^32 lists. The file is to be written before the list is
    /// shown to anybody.
    std::vector<std::uint8_t> sign_next(FleetList& list, Seconds wall);
    /// Puts a new network key first and keeps the last two in all. REQUIRES: fewer than 2^32 rotations.
    void rotate_network_key(noise::SecretKey fresh);
};

/// A new fleet with network key number 1. REQUIRES: is_name(name).
FleetKey make_fleet(std::string name, const SigningKey::Seed& seed, noise::SecretKey network_key);

/// Argon2id's cost. The default is libsodium's "moderate": 256 MiB and a second or so, on the operator's machine.
struct PassphraseCost {
    std::uint32_t operations = 3;
    std::uint32_t memory_kib = 256 * 1024;
};
inline constexpr std::uint32_t kPassphraseOperationsMax = 16;
inline constexpr std::uint32_t kPassphraseMemoryKibMax = 1024 * 1024;

/// Fresh random bytes, needed with a passphrase.
struct FleetKeyDice {
    std::array<std::uint8_t, 16> salt{};
    std::array<std::uint8_t, 24> nonce{};
};

/// The file's text. Secret; the caller wipes it.
std::string fleet_key_file(const FleetKey& fleet);
/// Errors: overloaded when there is not enough memory for the cost. REQUIRES: cost between libsodium's minimum and the
/// maxima above.
Result<std::string> fleet_key_file(const FleetKey& fleet, std::string_view passphrase, const FleetKeyDice& dice,
                                   PassphraseCost cost = {});

/// True when the text is a fleet key file that needs a passphrase.
bool needs_passphrase(std::string_view file);

/// The fleet in the file. Errors: foreign when it is no fleet key file, newer_schema for one of a later version,
/// corrupt when it is damaged or the passphrase is wrong (nobody can tell which), overloaded as above.
Result<FleetKey> read_fleet_key(std::string_view file, std::string_view passphrase = {});

}  // namespace chord::net::admission
