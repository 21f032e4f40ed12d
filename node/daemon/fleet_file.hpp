// FleetFile: one of the small files that a device of a fleet keeps in its state directory, and how it is told from a
// damaged or a foreign one. What is inside is fleet_state.hpp's.
//
//   file            holds                                                           written
//   fleet           the fleet's public key, its name, where to knock                at admission
//   certificate     this device's certificate                                       at admission, at each renewal
//   network-keys    the pre-shared keys; secret                                     at admission, at each rotation
//   list            the fleet list that the node goes by                            with each newer one
//   time            the time floor                                                  once an hour at most
//   invite-ledger   who came in by which invite, on nodes that admit                before each certificate they issue
//   invite          the invite by which the device asks to be let in; secret        until it is admitted
//
//   each: "chord", two letters of its kind, its version '1' (8) ‖ network id (16) ‖ content ‖
//         the first 8 bytes of the BLAKE2b-256 of all before it
//
// The network id stands in each, so that a file that was copied from another fleet's device is noticed whatever it
// holds.
//
// Invariants
//  1. Each has mode 0600, and is refused with a looser one. It is replaced as a whole, or stays as it was, wherever the
//     power goes.
//  2. A file that cannot be read is never written to: reading says so in one sentence, and the node does not start.
#pragma once

#include <optional>
#include <string>

#include "net/admission/keys.hpp"
#include "node/core/base/bytes.hpp"
#include "node/host/fault.hpp"

namespace chord::daemon {

enum class FleetFile : std::uint8_t { fleet, certificate, network_keys, list, time, invite_ledger, invite };

/// The content of a file with its head and check, and the reverse.
Bytes encode_fleet_file(FleetFile file, const net::admission::NetworkId& network, BytesView content);
struct FleetFileContent {
    net::admission::NetworkId network{};
    Bytes content;
};
/// `why` is set when the result is nullopt: "is damaged", "was not written by chordd", "was written by a later chordd".
std::optional<FleetFileContent> decode_fleet_file(FleetFile file, BytesView bytes, std::string& why);

/// What the file in `directory` holds; nullopt when there is none. The caller wipes what is secret.
OrFault<std::optional<FleetFileContent>> read_fleet_file(const std::string& directory, FleetFile file);

/// Replaces the file, on disk when the call returns.
std::optional<Fault> write_fleet_file(const std::string& directory, FleetFile file,
                                      const net::admission::NetworkId& network, BytesView content);

/// Overwrites the file with zeros and removes it. Does nothing when there is none.
void wipe_fleet_file(const std::string& directory, FleetFile file);

/// "the certificate file DIR/certificate <why>; <what to do about this kind of file>".
Fault bad_fleet_file(const std::string& directory, FleetFile file, const std::string& why);

}  // namespace chord::daemon
