// Identity: the two private keys that make a device this node, kept in the state directory.
//
//   file        credential          what
//   identity    chordd.identity     Ed25519 (RFC 8032): the node's id is made from its public key, and it signs
//   static.key  chordd.static-key   X25519 (RFC 7748): the static key of the node's handshakes
//
// Each file is 72 bytes, mode 0600: eight that name its kind ("chordid1", "chordst1"), the 32-byte private key, the
// 32-byte public key. The public key is recomputed at each start, so a damaged file is noticed; but for the five bits
// of an X25519 private key that everybody overwrites (RFC 7748, section 5), which change nothing.
//
// A credential, lent by systemd (LoadCredential=), is used in place of the file of the same content, which then need
// not be there and is not looked at.
//
// Invariants
//  1. An existing file is never written to, whatever it holds.
//  2. Both keys are made once. A node whose static key is lost makes another and goes on with its id and its data; one
//     whose identity is lost is another node, so none is made beside a store.
#pragma once

#include <string>

#include "net/noise/key_pair.hpp"
#include "node/host/fault.hpp"

namespace chord::daemon {

struct KeyPlaces {
    std::string state_dir;
    std::string credentials_dir;  // empty: systemd lends nothing
};

/// The Ed25519 seed (RFC 8032's private key): lent, found, or made now from the system's randomness, and then on disk
/// before the call ends.
OrFault<net::noise::SecretKey> open_identity(const KeyPlaces& places);

/// The X25519 private key, likewise.
OrFault<net::noise::SecretKey> open_static_key(const KeyPlaces& places);

}  // namespace chord::daemon
