// AdmissionFile: the answer to a request file. It holds all that a device needs to enter a fleet it has never heard of:
// its certificate, the fleet's public key, where to knock, and the network's pre-shared key, sealed for this device.
//
//   version 1 (1) ‖ fleet key (32) ‖ certificate length (2) ‖ certificate ‖ list length (2) ‖ fleet list ‖ bootstrap ‖
//   ephemeral key (32) ‖ box (117 + 16): the network key's signed record
//
//   box = ChaCha20-Poly1305-IETF(k, zero nonce), k = BLAKE2b-256("chordd admission" ‖ X25519(ephemeral, static key) ‖
//   ephemeral key ‖ static key): each ephemeral key seals once.
//
// The list may be left out (length 0) when the fleet key signed the certificate; one that an inviter signed is proved
// by the list, which names the inviter.
//
// Whoever finds the file on a USB stick learns the device's name and where the fleet is, not the network key. That the
// fleet key is the right one is for the person to see: the device has nothing to compare it with (fingerprint()).
#pragma once

#include <vector>

#include "net/admission/bootstrap.hpp"
#include "net/admission/certificate.hpp"
#include "net/admission/fleet_list.hpp"
#include "net/admission/network_keyring.hpp"

namespace chord::net::admission {

struct AdmissionFile {
    VerifyKey fleet_key{};
    SignedCertificate certificate;
    Bootstrap bootstrap;
    std::vector<std::uint8_t> list{};  // as the fleet key signed it; may be empty
};

/// The file's bytes, to be armoured as a CHORD CERTIFICATE. `ephemeral`: fresh. REQUIRES: what the parts require.
/// Errors: bad_message when the certificate's static key is no point that can be sealed for.
Result<std::vector<std::uint8_t>> admission_file(const AdmissionFile& file, const NetworkKey& network_key,
                                                 const SigningKey& fleet_key, const noise::KeyPair& ephemeral);

/// The same with the network key's signed record, by whoever has only that: an inviter.
Result<std::vector<std::uint8_t>> admission_file(const AdmissionFile& file,
                                                 std::span<const std::uint8_t, kNetworkKeyBytes> network_key_record,
                                                 const noise::KeyPair& ephemeral);

/// What everybody may read of such a file, its certificate's signature checked. Errors: bad_message.
Result<AdmissionFile> read_admission_file(View bytes);

/// What the file holds. Errors: bad_message unless it is well-formed, of one fleet throughout, its certificate signed
/// by the fleet key, or by whom the list in it delegates that much, and made out for `own`, and its box opens with it.
struct OpenedAdmission {
    AdmissionFile file;
    noise::Secret<kNetworkKeyBytes> network_key;  // for NetworkKeyring::offer()
};
Result<OpenedAdmission> open_admission_file(View bytes, const noise::KeyPair& own);

}  // namespace chord::net::admission
