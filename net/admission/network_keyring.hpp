// NetworkKeyring: the pre-shared keys with which the fleet's handshakes begin, the last two of them, each with its
// number. They keep strangers out before any certificate is read; they say nothing of who is inside.
//
//   network key  version 1 (1) ‖ network id (16) ‖ number (4) ‖ key (32) ‖ signature by the fleet key (64): 117 bytes
//
// Signed, so that a member cannot give the others a key of its own. It travels inside sessions only, from member to
// member, like the FleetList: who is revoked does not get the next one.
//
// Why two? While a new one spreads, and for devices that were asleep. A handshake is begun with the newest key that the
// initiator has; the responder finds by mac1 which of its two was meant (XX), or tries both. Who has slept through two
// rotations needs an invite or a file.
//
// Invariants
//  1. At most two keys, the ones with the greatest numbers ever taken; no two of one number.
#pragma once

#include <cstdint>
#include <vector>

#include "net/admission/fields.hpp"
#include "net/noise/key_pair.hpp"

namespace chord::net::admission {

inline constexpr std::size_t kNetworkKeyBytes = 1 + 16 + 4 + 32 + kSignatureBytes;

struct NetworkKey {
    std::uint32_t number = 0;  // from 1
    noise::SecretKey key;
};

/// The record of one key, for disk and sessions. Secret; the caller wipes it. REQUIRES: number > 0.
noise::Secret<kNetworkKeyBytes> sign_network_key(const NetworkKey& key, const SigningKey& fleet_key);

class NetworkKeyring {
public:
    explicit NetworkKeyring(const VerifyKey& fleet_key) : fleet_key_(fleet_key) {}

    /// Takes a signed record; true when it is new and among the two greatest. One signature check.
    /// Errors: bad_message; wrong_peer for another network's.
    Result<bool> offer(View record);

    /// Takes a key on the word of whoever invites (the invite carries it without the fleet's signature); only into an
    /// empty ring, so that it never displaces a signed one. REQUIRES: key.number > 0.
    void begin_with(NetworkKey key);

    /// Both for the disk, secret: record after record. A key that came by invite is a record of version 0 with no
    /// signature.
    std::vector<std::uint8_t> saved() const;
    /// REQUIRES: an empty ring. Errors: corrupt for what saved() does not make, or another network's.
    Status restore(View saved);

    /// The newest first; no, one or two.
    const std::vector<NetworkKey>& keys() const { return keys_; }
    /// The signed record of keys()[index], to pass on; empty for a key that came by invite.
    View record(std::size_t index) const;

private:
    using Record = noise::Secret<kNetworkKeyBytes>;

    VerifyKey fleet_key_;
    std::vector<NetworkKey> keys_;
    std::vector<Record> records_;  // in the order of keys_; all zeros for a key that came by invite
};

}  // namespace chord::net::admission
