// The messages of the fleet between its devices: the bodies behind kFleetTag (net/rpc.hpp). The layout is
// net/WIRE.md's, section "Fleet messages".
//
// Invariants
//  1. What encode() yields is at most kFleetBodyBytesMax long, and each message has one encoding; parse refuses others.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "net/admission/list_exchange.hpp"
#include "net/admission/network_keyring.hpp"
#include "net/admission/request.hpp"
#include "node/core/base/peer.hpp"

namespace chord::net::admission {

/// The ids of calls with this bit are the fleet's, those without it the core's.
inline constexpr std::uint64_t kFleetCallBit = std::uint64_t{1} << 63;

/// What one tells another of itself, as request and as response: whoever has the smaller number asks for what it lacks.
struct Hello {
    std::uint32_t list = 0;         // number of the FleetList that it goes by; 0: none
    Seconds told = 0;               // FleetTime::told()
    std::uint32_t network_key = 0;  // number of the newest network key
    bool is_desk = false;           // it renews certificates
    std::optional<Peer> desk;       // one that does, if it does not itself; hearsay

    friend bool operator==(const Hello&, const Hello&) = default;
};

/// "Give me the list from this offset on" -> ListSlice.
struct ListQuery {
    std::uint32_t offset = 0;
    friend bool operator==(const ListQuery&, const ListQuery&) = default;
};

/// "Which network keys are there?" -> NetworkKeys. Of members only.
struct NetworkKeysQuery {
    friend bool operator==(const NetworkKeysQuery&, const NetworkKeysQuery&) = default;
};

/// A guest's sign_request() -> Granted.
struct Enrol {
    std::vector<std::uint8_t> request;
    friend bool operator==(const Enrol&, const Enrol&) = default;
};

/// "Renew my certificate", the one that the session was made with -> Granted.
struct Renew {
    friend bool operator==(const Renew&, const Renew&) = default;
};

/// "What is your certificate?" -> Granted. So an operator lists all by walking the ring.
struct CertificateQuery {
    friend bool operator==(const CertificateQuery&, const CertificateQuery&) = default;
};

using FleetRequest = std::variant<Hello, ListQuery, NetworkKeysQuery, Enrol, Renew, CertificateQuery>;

/// Signed records, the newest first. Secret.
struct NetworkKeys {
    std::vector<noise::Secret<kNetworkKeyBytes>> records;  // at most two
};

struct Granted {
    std::vector<std::uint8_t> certificate;  // file form
};

struct Refused {
    Error error = Error::wrong_peer;
};

using FleetResponse = std::variant<Hello, ListSlice, NetworkKeys, Granted, Refused>;

/// REQUIRES: within the bounds named; a desk's address that can be carried (is_carried).
std::vector<std::uint8_t> encode(const FleetRequest& request);
std::vector<std::uint8_t> encode(const FleetResponse& response);

/// Errors: bad_message.
Result<FleetRequest> parse_fleet_request(View bytes);
Result<FleetResponse> parse_fleet_response(View bytes);

}  // namespace chord::net::admission
